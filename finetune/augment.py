"""Labelled conversations with other words in them: the same sentences about other products, colours and features.

A reader that saw "waterproof hiking boots" once learns the words; seen again as "dishwasher safe soup bowls", it learns
the sentence. Values are swapped for values that other conversations hold under the same attribute, everywhere in a
conversation and its labels alike.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from assistant.records import Conversation, State

SWAPPED = frozenset({"product", "brand", "color", "material", "style", "feature", "recipient", "occasion", "use"})
MOST_WORDS = 3
KEPT = frozenset(
    {"id", "role", "timestamp", "event_name", "attribute", "op", "strength", "unit", "acts", "stage", "item_id"}
    | {"support"}
)
"""Keys of a record whose values are no words of a conversation."""

Bank = Mapping[tuple[str, int], Sequence[str]]
"""Values by attribute and number of words."""


def bank_of(chains: Iterable[Sequence[Conversation]]) -> Bank:
    """The values that the shoppers of these conversations put into words."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for chain in chains:
        for attribute, value in _values(chain):
            found[attribute, len(value.split())].add(value)
    return {key: sorted(values) for key, values in found.items()}


def swapped(chain: Sequence[Conversation], bank: Bank, rng: random.Random, share: float = 0.6) -> list[Conversation]:
    """The conversation with about `share` of its values swapped; as it was where that breaks a quote."""
    swaps = {
        value: rng.choice(bank[attribute, len(value.split())])
        for attribute, value in sorted(_values(chain))
        if (attribute, len(value.split())) in bank and rng.random() < share
    }
    if not swaps:
        return list(chain)
    longest_first = sorted(swaps, key=len, reverse=True)
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)", re.IGNORECASE)

    def swap(text: str) -> str:
        return pattern.sub(lambda match: swaps[match.group().lower()], text)

    changed = [_changed(conversation, swap) for conversation in chain]
    return changed if all(map(_sound, changed)) else list(chain)


def _values(chain: Sequence[Conversation]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for conversation in chain:
        for need in State.model_validate(conversation.label).needs:
            if need.product:
                found.add(("product", need.product))
            found |= {
                (c.attribute, c.value)
                for c in need.constraints
                if isinstance(c.value, str) and c.source is not None and c.source.message is not None
            }
    return {(a, v) for a, v in found if a in SWAPPED and len(v.split()) <= MOST_WORDS and not re.search(r"\d", v)}


def _changed(conversation: Conversation, swap: Callable[[str], str]) -> Conversation:
    record = json.loads(conversation.model_dump_json())
    return Conversation.model_validate(_walk(record, swap))


def _walk(value: Any, swap: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {k: (v if k in KEPT else _walk(v, swap)) for k, v in value.items()}
    if isinstance(value, list):
        return [_walk(v, swap) for v in value]
    return swap(value) if isinstance(value, str) else value




def _sound(conversation: Conversation) -> bool:
    """Whether every quote still stands in its message."""
    return all(
        c.source.quote in conversation.messages[c.source.message].content
        for need in State.model_validate(conversation.label).needs
        for c in need.constraints
        if c.source and c.source.quote and c.source.message is not None
    )
