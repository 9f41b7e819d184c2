"""One turn as tokens: the state held, the assistant's last words, the shopper's message, what they clicked.

The same code serves training and reading. Every token of a message or event knows the characters it stands for,
so a value that the network points at is an exact substring of what the shopper wrote or clicked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from assistant.records import Constraint, Conversation, Event, State

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_TOKENS = 448
BUDGET = {"state": 176, "answer": 96, "events": 120, "constraint": 20, "item": 28}
LAST_EVENTS = 8
MAX_WINDOWS = 16
"""Of a message beyond 16 windows (some 20,000 characters of English) the rest is not read."""


class Segment(IntEnum):
    """What a token is part of; each has an embedding of its own."""

    SPECIAL = 0
    NEED = 1
    CONSTRAINT = 2
    NEW = 3
    STATE = 4
    ANSWER = 5
    MESSAGE = 6
    EVENT = 7


MARKERS = {Segment.NEED: "[unused1]", Segment.CONSTRAINT: "[unused2]", Segment.NEW: "[unused3]"}


@dataclass(frozen=True)
class Place:
    """The characters `start` to `end` of message or event number `index` that a token stands for."""

    segment: Segment
    index: int
    start: int
    end: int


@dataclass(frozen=True)
class Encoded:
    """A turn as token ids with, for each, its segment and place; and where the anchors stand.

    `needs[i]` is the position of held need i, `constraints[i, j]` that of its constraint j, `new` that of the
    need that a message without a product may open. `texts` holds the text of each message and event by
    `(segment, index)`.
    """

    ids: tuple[int, ...]
    segments: tuple[Segment, ...]
    places: tuple[Place | None, ...]
    needs: tuple[int, ...]
    constraints: dict[tuple[int, int], int]
    new: int
    texts: dict[tuple[Segment, int], str]


class _Sequence:
    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.ids: list[int] = []
        self.segments: list[Segment] = []
        self.places: list[Place | None] = []

    def copy(self) -> _Sequence:
        other = _Sequence(self.tokenizer)
        other.ids, other.segments, other.places = list(self.ids), list(self.segments), list(self.places)
        return other

    def special(self, token: str, segment: Segment = Segment.SPECIAL) -> int:
        known = self.tokenizer.token_to_id(token)
        if known is None:
            raise ValueError(f"The tokenizer has no token {token}: it is not the one of the built-in encoder.")
        self.ids.append(known)
        self.segments.append(segment)
        self.places.append(None)
        return len(self.ids) - 1

    def words(self, text: str, segment: Segment, limit: int) -> None:
        ids = self.tokenizer.encode(text, add_special_tokens=False).ids[:limit]
        self.ids += ids
        self.segments += [segment] * len(ids)
        self.places += [None] * len(ids)

    def text(self, text: str, segment: Segment, index: int, window: slice) -> None:
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        ids, offsets = encoding.ids[window], encoding.offsets[window]
        self.ids += ids
        self.segments += [segment] * len(ids)
        self.places += [Place(segment, index, start, end) for start, end in offsets]


def encode(tokenizer: Tokenizer, state: State, conversation: Conversation) -> Iterator[Encoded]:
    """The turn as one sequence, or as several when the message is too long for one: each reads a window of it.

    The last message of `conversation` is the shopper's; `state` held before it.
    """
    sequence = _Sequence(tokenizer)
    sequence.special("[CLS]")
    needs, constraints = _held(sequence, state)
    new = sequence.special(MARKERS[Segment.NEW], Segment.NEW)
    sequence.special("[SEP]")
    texts: dict[tuple[Segment, int], str] = {}
    _answer(sequence, conversation, texts)
    head = sequence.copy()
    tail = _Sequence(tokenizer)
    _events(tail, conversation.events, texts)
    last = len(conversation.messages) - 1
    content = conversation.messages[last].content
    texts[Segment.MESSAGE, last] = content
    room = max(MAX_TOKENS - len(head.ids) - len(tail.ids) - 2, 32)
    length = len(tokenizer.encode(content, add_special_tokens=False).ids)
    for start in range(0, max(min(length, MAX_WINDOWS * room), 1), room):
        sequence = head.copy()
        sequence.special("[SEP]")
        sequence.text(content, Segment.MESSAGE, last, slice(start, start + room))
        sequence.special("[SEP]")
        yield Encoded(
            ids=(*sequence.ids, *tail.ids),
            segments=(*sequence.segments, *tail.segments),
            places=(*sequence.places, *tail.places),
            needs=tuple(needs),
            constraints=constraints,
            new=new,
            texts=texts,
        )


def event_text(event: Event) -> str:
    """An event in words: what was done, and each item's name, brand, category and price."""
    items = (
        ", ".join(str(v) for v in (i.item_name or i.item_id, i.item_brand, i.item_category, i.price) if v is not None)
        for i in event.items
    )
    said = [event.event_name.replace("_", " "), event.search_term or "", *items]
    return " ; ".join(part for part in said if part)


def _held(sequence: _Sequence, state: State) -> tuple[list[int], dict[tuple[int, int], int]]:
    sequence.words(state.stage.replace("_", " "), Segment.STATE, 4)
    needs: list[int] = []
    constraints: dict[tuple[int, int], int] = {}
    for i, need in enumerate(state.needs):
        needs.append(sequence.special(MARKERS[Segment.NEED], Segment.NEED))
        said = (need.product or "something") + (" active" if need.active else "")
        sequence.words(said, Segment.STATE, BUDGET["constraint"])
        for j, constraint in enumerate(need.constraints):
            if len(sequence.ids) > BUDGET["state"]:
                break
            constraints[i, j] = sequence.special(MARKERS[Segment.CONSTRAINT], Segment.CONSTRAINT)
            sequence.words(_in_words(constraint), Segment.STATE, BUDGET["constraint"])
    return needs, constraints


def _in_words(constraint: Constraint) -> str:
    value = constraint.value
    amount = f"{value:g}" if isinstance(value, float | int) else value
    said = (constraint.attribute, constraint.op, amount, constraint.unit or "", constraint.strength)
    return " ".join(part.replace("_", " ") for part in said if part)


def _answer(sequence: _Sequence, conversation: Conversation, texts: dict[tuple[Segment, int], str]) -> None:
    before = len(conversation.messages) - 2
    if before < 0 or conversation.messages[before].role == "user":
        return
    content = conversation.messages[before].content
    texts[Segment.ANSWER, before] = content
    sequence.text(content, Segment.ANSWER, before, slice(-BUDGET["answer"], None))


def _events(sequence: _Sequence, events: tuple[Event, ...], texts: dict[tuple[Segment, int], str]) -> None:
    first = max(len(events) - LAST_EVENTS, 0)
    for index in range(first, len(events)):
        texts[Segment.EVENT, index] = event_text(events[index])
        if len(sequence.ids) < BUDGET["events"]:
            sequence.text(texts[Segment.EVENT, index], Segment.EVENT, index, slice(BUDGET["item"]))
            sequence.special("[SEP]")
