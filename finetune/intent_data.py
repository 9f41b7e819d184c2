"""What the intent model learns from and is judged by: sessions and conversations as feature values and outcomes."""

from __future__ import annotations

import csv
import gzip
import json
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.intent import behaviour_features, conversation_features
from assistant.records import Conversation, Event, Item, State
from finetune.conversations import chains

REES46_NAMES = {"view": "view_item", "cart": "add_to_cart", "purchase": "purchase"}
BUYING = "buying"


@dataclass(frozen=True)
class Example:
    """Feature values by name, and whether it came to what is predicted."""

    values: dict[str, float]
    bought: bool


def uci_sessions(path: str | Path) -> list[Example]:
    """Sessions of the UCI set, with the features that a live session has too: product pages, time on them, weekend.

    `PageValues` is left out, since it is computed from transactions; so is all that a chat does not know.
    """
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [_uci(row) for row in csv.DictReader(file)]


def _uci(row: dict[str, str]) -> Example:
    values = {
        "product views": math.log1p(float(row["ProductRelated"])),
        "minutes on products": math.log1p(float(row["ProductRelated_Duration"]) / 60.0),
        "weekend": float(row["Weekend"].strip().upper() in ("YES", "TRUE", "1")),
    }
    return Example(values, row["Revenue"].strip().upper() in ("YES", "TRUE", "1"))


def demo_sessions(path: str | Path, seed: int) -> list[Example]:
    """Sample sessions of the demo shop (`{"events", "purchased"}`, one a line), each cut at a random moment before its
    purchase, as a chat finds them: what a shopper has not done yet they may still do."""
    rng = random.Random(seed)
    with Path(path).open(encoding="utf-8") as file:
        return [_demo(json.loads(line), rng) for line in file if line.strip()]


def _demo(record: dict[str, Any], rng: random.Random) -> Example:
    events = before_purchase([Event.model_validate(event) for event in record["events"]])
    return Example(behaviour_features(events[: rng.randint(1, len(events))]), bool(record["purchased"]))


def rees46_sessions(path: str | Path) -> list[Example]:
    """Sessions of the REES46 morning, each cut right before its first purchase. For measuring only."""
    sessions: dict[str, list[Event]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sessions[row["user_session"]].append(_rees46(row))
    return list(_sessions(sessions.values()))


def _rees46(row: dict[str, str]) -> Event:
    moment = row["event_time"].removesuffix(" UTC").replace(" ", "T")
    return Event(
        event_name=REES46_NAMES[row["event_type"]],  # type: ignore[arg-type]
        timestamp=moment,
        items=(Item(item_id=row["product_id"]),),
    )


def _sessions(sessions: Iterable[Sequence[Event]]) -> Iterator[Example]:
    for events in sessions:
        ordered = sorted(events, key=lambda event: event.timestamp or "")
        before = before_purchase(ordered)
        if before:
            yield Example(behaviour_features(before), len(before) < len(ordered))


def before_purchase(events: Sequence[Event]) -> list[Event]:
    """The events before the first purchase; all of them where there is none."""
    cut = next((i for i, event in enumerate(events) if event.event_name == "purchase"), len(events))
    return list(events[:cut])


def conversation_prefixes(conversations: Iterable[Conversation]) -> list[Example]:
    """What labelled conversations show before they come to buying, and whether they come to it later.

    No conversation tells whether it was paid in the end; that the shopper comes to buy is the nearest thing they tell.
    """
    return [example for chain in chains(conversations) for example in _prefixes(chain)]


def _prefixes(chain: Sequence[Conversation]) -> Iterator[Example]:
    labels = [State.model_validate(conversation.label or {}) for conversation in chain]
    first = next((i for i, state in enumerate(labels) if state.stage == BUYING), None)
    before = len(chain) - 1 if first is None else first
    for conversation, state in zip(chain[:before], labels[:before], strict=True):
        yield Example(conversation_features(conversation, state), first is not None)
