"""Conversations that we wrote ourselves, annotated where the words stand; `finetune.annotation` reads them."""
