"""What the compact reader should have answered: a labelled reading, laid over the tokens of its turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.amounts import number
from assistant.compact.encoding import Encoded, Segment
from assistant.compact.network import ACTIONS, ACTS, ATTRIBUTES, OPS, OUTSIDE, STAGES, STRENGTHS, SUPPORT, begin
from assistant.records import Added, Constraint, Conversation, Reading

IGNORE = -100
WORD = re.compile(r"[\d][\d.,]*\s?k\b|\d[\d.,]*\d|\d|\w+")
MAX_NUMBER_WORDS = 5
SEARCHED = (Segment.MESSAGE, Segment.ANSWER, Segment.EVENT)


@dataclass(frozen=True)
class Span:
    """A value in the tokens `start` to `end` (inclusive) and what is known of it. `owner` is the token that
    anchors its need; `quote` the first and last token of the words it comes from. `IGNORE` where unknown."""

    start: int
    end: int
    attribute: int
    op: int
    strength: int
    owner: int
    quote: tuple[int, int]


@dataclass(frozen=True)
class Target:
    """Everything the network is asked about one turn. Keys of `constraints` and `close` are token positions."""

    tags: tuple[int, ...]
    spans: tuple[Span, ...]
    constraints: dict[int, int]
    close: dict[int, int]
    opens: int
    active: int
    acts: tuple[float, ...] | None
    stage: int
    support: int
    lost: int


def align(encoded: Encoded, reading: Reading, conversation: Conversation) -> Target:
    """Lay a reading over a turn; what has no words in it (`lost` counts them) cannot be learned and is left out."""
    anchors: dict[int, int] = dict(enumerate(encoded.needs))
    spans: list[Span] = []
    lost = 0
    opens = 0
    for named in reading.named:
        place = _find(encoded, named.product, None) if named.product else None
        if place is None:
            lost += named.product is not None
            if named.need >= len(encoded.needs):
                anchors[named.need] = encoded.new
                opens = 1
            continue
        anchors.setdefault(named.need, place[0])
        product = ATTRIBUTES.index("product")
        owner = anchors[named.need]
        spans.append(Span(*place, product, OPS.index("is"), IGNORE, owner, (IGNORE, IGNORE)))
    for added in reading.added:
        span = _span(encoded, added, anchors)
        lost += span is None
        if span is not None:
            spans.append(span)
    spans = _apart(spans)
    label = conversation.label or {}
    return Target(
        tags=tuple(_tags(encoded, spans)),
        spans=tuple(spans),
        constraints=_actions(encoded, reading),
        close={position: int(i in reading.closed) for i, position in enumerate(encoded.needs)},
        opens=opens,
        active=anchors.get(reading.active, IGNORE) if reading.active is not None else 0,
        acts=tuple(float(a in reading.acts) for a in ACTS) if "acts" in label else None,
        stage=STAGES.index(reading.stage) if "stage" in label else IGNORE,
        support=SUPPORT.index(label["support"]) if "support" in label else IGNORE,
        lost=lost,
    )


def _actions(encoded: Encoded, reading: Reading) -> dict[int, int]:
    actions = dict.fromkeys(encoded.constraints.values(), 0)
    for action, refs in (("drop", reading.dropped), ("soften", reading.softened), ("harden", reading.hardened)):
        for ref in refs:
            position = encoded.constraints.get((ref.need, ref.constraint))
            if position is not None:
                actions[position] = ACTIONS.index(action)
    return actions


def _span(encoded: Encoded, added: Added, anchors: dict[int, int]) -> Span | None:
    constraint = added.constraint
    quote = _quote(encoded, constraint)
    place = _find(encoded, constraint.value, constraint)
    if place is None:
        return None
    return Span(
        *place,
        ATTRIBUTES.index(constraint.attribute),
        OPS.index(constraint.op),
        STRENGTHS.index(constraint.strength),
        anchors.get(added.need, IGNORE),
        quote or (IGNORE, IGNORE),
    )


def _quote(encoded: Encoded, constraint: Constraint) -> tuple[int, int] | None:
    source = constraint.source
    if source is None or source.quote is None or source.message is None:
        return None
    text = encoded.texts.get((Segment.MESSAGE, source.message))
    start = text.find(source.quote) if text is not None else -1
    if start < 0:
        return None
    return _tokens(encoded, Segment.MESSAGE, source.message, start, start + len(source.quote))


def _find(encoded: Encoded, value: str | float | None, constraint: Constraint | None) -> tuple[int, int] | None:
    """The tokens that say the value: inside its quote, else in the message, the assistant's words, the clicks."""
    source = constraint.source if constraint else None
    if source is not None and source.event is not None:
        return _in_text(encoded, Segment.EVENT, source.event, value, None)
    quote = source.quote if source else None
    for segment in SEARCHED:
        for (kind, index), text in encoded.texts.items():
            if kind != segment:
                continue
            within = (text.find(quote), len(quote)) if quote and segment == Segment.MESSAGE else None
            place = _in_text(encoded, segment, index, value, within if within and within[0] >= 0 else None)
            place = place or _in_text(encoded, segment, index, value, None)
            if place:
                return place
    return None


def _in_text(
    encoded: Encoded, segment: Segment, index: int, value: str | float | None, within: tuple[int, int] | None
) -> tuple[int, int] | None:
    text = encoded.texts.get((segment, index))
    if text is None or value is None:
        return None
    offset, length = within or (0, len(text))
    part = text[offset : offset + length]
    candidates = _amounts(part, value) if isinstance(value, int | float) else _words(part, value)
    for start, end in candidates:
        tokens = _tokens(encoded, segment, index, offset + start, offset + end)
        if tokens:
            return tokens
    return None


def _words(text: str, value: str) -> Iterator[tuple[int, int]]:
    found = list(re.finditer(re.escape(value.lower()), text.lower()))
    whole = [m for m in found if not _inside_word(text, m)]
    for m in whole or found:
        yield m.span()


def _inside_word(text: str, m: re.Match[str]) -> bool:
    before = m.start() > 0 and text[m.start() - 1].isalnum() and text[m.start()].isalnum()
    after = m.end() < len(text) and text[m.end()].isalnum() and text[m.end() - 1].isalnum()
    return before or after


def _amounts(text: str, value: float) -> Iterator[tuple[int, int]]:
    words = [m.span() for m in WORD.finditer(text)]
    for count in range(1, MAX_NUMBER_WORDS + 1):
        for i in range(len(words) - count + 1):
            start, end = words[i][0], words[i + count - 1][1]
            if number(text[start:end]) == value:
                yield start, end


def _tokens(encoded: Encoded, segment: Segment, index: int, start: int, end: int) -> tuple[int, int] | None:
    covered = [
        i
        for i, place in enumerate(encoded.places)
        if place and place.segment == segment and place.index == index and place.start < end and place.end > start
    ]
    return (covered[0], covered[-1]) if covered else None


def _apart(spans: list[Span]) -> list[Span]:
    """Spans that share no token, the longer ones winning."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: s.start - s.end):
        if all(span.end < other.start or span.start > other.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s.start)


def _tags(encoded: Encoded, spans: list[Span]) -> list[int]:
    tags = [OUTSIDE if place else IGNORE for place in encoded.places]
    for span in spans:
        first = begin(ATTRIBUTES[span.attribute])
        tags[span.start : span.end + 1] = [first] + [first + 1] * (span.end - span.start)
    return tags
