"""Conversations made up on the spot, labelled after every shopper message, in the layout of the hand-labelled ones.

`generate` composes them from tables of products, phrases and voices; the label is kept while the talk is made, so
that it
is right by construction. What it can say is divided in two: with `holdout` it speaks only of kinds, brands and values
that it never uses without.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.records import Conversation, Event, Message
from finetune.generator.dialogue import converse
from finetune.generator.vocabulary import vocabulary

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Where the public sets lie beside a checkout; their words are used too where they are there."""

__all__ = ["SHARED", "generate"]


def generate(
    n_conversations: int, seed: int, *, holdout: bool = False, shared: Path | None = SHARED
) -> Iterator[list[Conversation]]:
    """Makes `n_conversations` conversations, each as its prefixes in order, one for each shopper message.

    The same seed gives the same conversations, conversation by conversation, whatever their number. `shared` is the
    folder
    of public sets to take more kinds, brands and values from (`None` or a missing folder: own tables only).
    """
    words = vocabulary(holdout, shared if shared is not None and shared.is_dir() else None)
    for number in range(n_conversations):
        name = f"{'h' if holdout else 'g'}{seed}-{number:05}"
        yield _prefixes(converse(name, words, random.Random(f"{seed}:{holdout}:{number}")))


def _prefixes(made: dict[str, Any]) -> list[Conversation]:
    messages = tuple(Message.model_validate(message) for message in made["messages"])
    events = tuple(Event.model_validate(event) for event in made["events"])
    return [
        Conversation(id=f"{made['id']}.{turn}", messages=messages[:end], events=events, label=label)
        for turn, (end, label) in enumerate(made["states"], start=1)
    ]
