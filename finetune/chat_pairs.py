"""Prompts with their answers as training examples: which tokens a chat model sees, and which it is trained on.

Prompts are rendered by the code that serves them (`assistant.generation.render`); only the answer and the token that
ends it are trained.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.generation import harmless, render


@dataclass(frozen=True)
class Pair:
    """A chat, as messages with role and content, what the model should answer, and whose words they are."""

    messages: tuple[dict[str, str], ...]
    answer: str
    customer: str = ""


@dataclass(frozen=True)
class Example:
    """A pair as tokens. The first `prompt` of `ids` are seen only; the others are trained."""

    ids: tuple[int, ...]
    prompt: int
    customer: str = ""

    @property
    def trained(self) -> int:
        """How many tokens are trained on."""
        return len(self.ids) - self.prompt


def data_sha256(pairs: Sequence[Pair]) -> str:
    """A hash of everything in the pairs, in order."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps([list(pair.messages), pair.answer], ensure_ascii=False).encode())
    return digest.hexdigest()


def encode_pair(tokenizer: Any, pair: Pair) -> Example:
    """Prompt and answer, each tokenised on its own as in serving, and the end of the turn."""
    prompt = tokenizer.encode(render(tokenizer, pair.messages), add_special_tokens=False)
    answer = tokenizer.encode(harmless(tokenizer, pair.answer), add_special_tokens=False)
    return Example((*prompt, *answer, tokenizer.eos_token_id), len(prompt), pair.customer)


def encode_pairs(tokenizer: Any, pairs: Sequence[Pair], longest: int) -> tuple[list[Example], int]:
    """The examples of at most `longest` tokens, and how many pairs were longer and left out."""
    examples = [encode_pair(tokenizer, pair) for pair in pairs]
    kept = [example for example in examples if len(example.ids) <= longest]
    return kept, len(examples) - len(kept)
