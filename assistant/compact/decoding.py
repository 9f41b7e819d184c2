"""From the network's scores to a reading: spans by Viterbi, then what each is, whose it is, where it was said."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from assistant.amounts import currency, number
from assistant.compact.encoding import Encoded, Place, Segment
from assistant.compact.network import ACTIONS, ACTS, ATTRIBUTES, OPS, OUTSIDE, STAGES, STRENGTHS, SUPPORT, TAGS, Network
from assistant.records import Added, Constraint, Conversation, Named, Reading, Ref, Source, State, SupportIntent

Floats = NDArray[np.float32]
NUMERIC = ("price", "rating", "quantity")
FAR = -1e9
PRODUCT = ATTRIBUTES.index("product")
UNPARTED = "\u0e00"
"""From Thai on, scripts that write words without a space between them (Korean, which does, is taken as one of them)."""
SERVICE = frozenset({"order_status", "change_order", "return_refund", "policy", "complaint", "ask_human"})


@dataclass(frozen=True)
class Thresholds:
    """Where a probability counts as yes, and how the network's score of a constraint becomes the probability that it
    is right (`slope` and `offset` on the log odds); set on development data when the reader was trained."""

    act: float = 0.5
    span: float = 0.5
    change: float = 0.5
    close: float = 0.5
    slope: float = 1.0
    offset: float = 0.0

    def confidence(self, score: float) -> float:
        """The calibrated probability for a score between 0 and 1."""
        odds = math.log(max(score, 1e-6)) - math.log(max(1 - score, 1e-6))
        return 1 / (1 + math.exp(-(self.slope * odds + self.offset)))


@dataclass(frozen=True)
class Span:
    """Tokens `start` to `end` (inclusive) with tag probability `sure`, the attribute scores of its tag."""

    start: int
    end: int
    attribute: int
    sure: float


@dataclass(frozen=True)
class Scored:
    """What the network says of one encoded turn, before any threshold: scores of the turn by name, the spans of its
    best tags, and scores of each span by name."""

    encoded: Encoded
    turn: dict[str, Floats]
    spans: list[Span]
    details: dict[str, Floats]


def score(network: Network, encoded: Encoded) -> Scored:
    """One pass of the network over an encoded turn."""
    ids = torch.tensor([encoded.ids])
    segments = torch.tensor([[int(s) for s in encoded.segments]])
    with torch.inference_mode():
        states = network.hidden(ids, segments, torch.ones_like(ids))
        turn = {name: scores[0].numpy() for name, scores in network.turn(states, segments).items()}
        spans = find_spans(encoded, turn["tags"])
        details = _details(network, states, spans)
    return Scored(encoded, turn, spans, details)


def decode(scored: Scored, state: State, conversation: Conversation, thresholds: Thresholds) -> Reading:
    """The reading under these thresholds. Always a valid one; every value and quote is an exact substring."""
    return _Decoder(scored, state, conversation, thresholds).reading()


def find_spans(encoded: Encoded, tags: Floats) -> list[Span]:
    """The best sequence of tags in which no span starts or ends inside a word, as spans. `tags` is (T, TAGS) scores."""
    scores = tags - _logsumexp(tags)
    readable = [i for i, place in enumerate(encoded.places) if place is not None]
    best: Floats = np.zeros(0, dtype=np.float32)
    back: list[NDArray[np.int64]] = []
    previous: Place | None = None
    for i in readable:
        place = encoded.places[i]
        assert place is not None
        connected = previous is not None and (previous.segment, previous.index) == (place.segment, place.index)
        if connected and _inside_word(encoded.texts[place.segment, place.index], place.start):
            best, pointers = _step_inside(best, scores[i])
        else:
            best, pointers = _step(best, scores[i], connected)
        back.append(pointers)
        previous = place
    path = _trace(best, back)
    return _collect(readable, path, np.exp(scores))


def _step(best: Floats, scores: Floats, connected: bool) -> tuple[Floats, NDArray[np.int64]]:
    if not len(best):
        start = np.where(INSIDE, FAR, 0.0)
        return start + scores, np.zeros(TAGS, dtype=np.int64)
    top = int(best.argmax())
    pointers = np.full(TAGS, top)
    arrived = np.full(TAGS, best[top])
    pointers[WITHIN] = _before(best)
    arrived[WITHIN] = best[pointers[WITHIN]] if connected else FAR
    return arrived + scores, pointers


def _inside_word(text: str, start: int) -> bool:
    """Whether the token that starts here goes on with the letters before it, in a script that parts words."""
    before, here = text[max(start - 1, 0) : start], text[start : start + 1]
    return before.isalpha() and here.isalpha() and max(before, here) < UNPARTED


def _step_inside(best: Floats, scores: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """A step within a word: what is outside stays outside, what is a span goes on."""
    pointers = np.arange(TAGS)
    pointers[WITHIN] = _before(best)
    arrived = np.full(TAGS, FAR)
    arrived[OUTSIDE] = best[OUTSIDE]
    arrived[WITHIN] = best[pointers[WITHIN]]
    return arrived + scores, pointers


def _before(best: Floats) -> NDArray[np.int64]:
    """For each tag within a span the better of the two that it can follow: itself, or the one that begins the span."""
    return np.where(best[WITHIN] > best[WITHIN - 1], WITHIN, WITHIN - 1)


def _trace(best: Floats, back: list[NDArray[np.int64]]) -> list[int]:
    if not back:
        return []
    path = [int(best.argmax())]
    for pointers in reversed(back[1:]):
        path.append(int(pointers[path[-1]]))
    return path[::-1]


def _collect(readable: list[int], path: list[int], probability: Floats) -> list[Span]:
    spans: list[Span] = []
    for i, tag in zip(readable, path, strict=True):
        if tag == OUTSIDE:
            continue
        attribute = (tag - 1) // 2
        sure = float(probability[i, tag])
        if INSIDE[tag] and spans:
            last = spans[-1]
            spans[-1] = Span(last.start, i, last.attribute, min(last.sure, sure))
        else:
            spans.append(Span(i, i, attribute, sure))
    return spans


def _details(network: Network, states: torch.Tensor, spans: list[Span]) -> dict[str, Floats]:
    if not spans:
        return {}
    rows = torch.zeros(len(spans), dtype=torch.long)
    scores = network.spans(
        states, rows, torch.tensor([s.start for s in spans]), torch.tensor([s.end for s in spans])
    )
    return {name: value.numpy() for name, value in scores.items()}


class _Decoder:
    def __init__(self, scored: Scored, state: State, conversation: Conversation, thresholds: Thresholds) -> None:
        self.encoded, self.state, self.conversation = scored.encoded, state, conversation
        self.thresholds, self.turn = thresholds, scored.turn
        kept = [s for s, span in enumerate(scored.spans) if span.sure >= thresholds.span]
        self.spans = [scored.spans[s] for s in kept]
        self.details = {name: scores[kept] for name, scores in scored.details.items()}
        self.anchors: dict[int, int] = {position: i for i, position in enumerate(self.encoded.needs)}
        self.named: list[Named] = []
        self.message = len(conversation.messages) - 1

    def reading(self) -> Reading:
        products, values = self._kinds()
        for s in products:
            self._name(s)
        self._open_unnamed(values)
        added = [a for s in values if (a := self._added(s)) is not None]
        closed = self._closed()
        active = self._active(closed)
        acts = self._acts()
        return Reading(
            closed=closed,
            named=tuple(self.named),
            added=tuple(a for a in added if a.need not in closed),
            active=active,
            acts=acts,
            stage=STAGES[int(self.turn["stage"].argmax())],  # type: ignore[arg-type]
            support=self._support(acts),
            **self._held(closed),
        )

    def _kinds(self) -> tuple[list[int], list[int]]:
        """Numbers of the spans that name a product, and of those that are values of constraints."""
        products: list[int] = []
        values: list[int] = []
        for s, span in enumerate(self.spans):
            is_name = self._attribute(s) == PRODUCT and OPS[int(self.details["op"][s].argmax())] != "is_not"
            (products if is_name and span.attribute == PRODUCT else values).append(s)
        return products, values

    def _attribute(self, s: int) -> int:
        if self.spans[s].attribute == PRODUCT:
            return PRODUCT
        scores = self.details["attribute"][s].copy()
        scores[PRODUCT] = FAR
        return int(scores.argmax())

    def _name(self, s: int) -> None:
        span = self.spans[s]
        text = self._text(span)
        candidates = [*self.anchors, span.start]
        owner = candidates[int(self.details["owner"][s][candidates].argmax())]
        need = self.anchors.get(owner)
        if need is None or any(n.need == need for n in self.named):
            need = len(self.state.needs) + sum(n.need >= len(self.state.needs) for n in self.named)
            self.anchors[span.start] = need
        self.named.append(Named(need=need, product=text))

    def _open_unnamed(self, values: list[int]) -> None:
        """A need without a product, where the network says that the message opens one or nothing else can own
        what it sets."""
        opens = _softmax(self.turn["opens"][self.encoded.new])[1]
        if opens >= 0.5 or (values and not self.anchors):
            need = len(self.state.needs) + sum(n.need >= len(self.state.needs) for n in self.named)
            self.anchors[self.encoded.new] = need
            self.named.append(Named(need=need))

    def _added(self, s: int) -> Added | None:
        span = self.spans[s]
        attribute = ATTRIBUTES[self._attribute(s)]
        op, strength = _softmax(self.details["op"][s]), _softmax(self.details["strength"][s])
        candidates = list(self.anchors)
        owner = _softmax(self.details["owner"][s][candidates])
        source = self._source(s)
        text = self._text(span)
        value = number(text) if attribute in NUMERIC else text
        if value is None or (isinstance(value, float) and value < 0):
            return None
        need = self.anchors[candidates[int(owner.argmax())]]
        return Added(
            need=need,
            constraint=Constraint(
                attribute=attribute,
                op=OPS[int(op.argmax())],
                value=value,
                unit=self._unit(need, source, text) if attribute == "price" else None,
                strength=STRENGTHS[int(strength.argmax())],
                source=source,
                confidence=round(self.thresholds.confidence(float(span.sure * op.max() * owner.max())), 4),
            ),
        )

    def _source(self, s: int) -> Source:
        place = self.encoded.places[self.spans[s].start]
        assert place is not None
        if place.segment == Segment.EVENT:
            return Source(event=place.index)
        message = [i for i, p in enumerate(self.encoded.places) if p and p.segment == Segment.MESSAGE]
        if not message:
            return Source(message=self.message, quote="")
        inside = place.segment == Segment.MESSAGE
        span = self.spans[s]
        starts = [i for i in message if not inside or i <= span.start]
        first = starts[int(self.details["quote_start"][s][starts].argmax())]
        ends = [i for i in message if i >= (span.end if inside else first)]
        last = ends[int(self.details["quote_end"][s][ends].argmax())]
        return Source(message=self.message, quote=self._between(first, last))

    def _unit(self, need: int, source: Source, text: str) -> str | None:
        said = currency(source.quote or "") or currency(text)
        if said or need >= len(self.state.needs):
            return said
        return next((c.unit for c in self.state.needs[need].constraints if c.unit), None)

    def _text(self, span: Span) -> str:
        return " ".join(self._between(span.start, span.end).lower().split())

    def _between(self, first: int, last: int) -> str:
        a, b = self.encoded.places[first], self.encoded.places[last]
        assert a is not None and b is not None
        return self.encoded.texts[a.segment, a.index][a.start : b.end]

    def _closed(self) -> tuple[int, ...]:
        limit = self.thresholds.close
        return tuple(
            i for i, p in enumerate(self.encoded.needs) if _softmax(self.turn["close"][p])[1] >= limit
        )

    def _active(self, closed: tuple[int, ...]) -> int | None:
        candidates = [0, *(p for p, need in self.anchors.items() if need not in closed)]
        best = candidates[int(self.turn["active"][candidates].argmax())]
        return self.anchors.get(best) if best else None

    def _acts(self) -> tuple[str, ...]:
        probability = 0.5 * (1 + np.tanh(self.turn["acts"] / 2))
        chosen = [a for a, p in zip(ACTS, probability, strict=True) if p >= self.thresholds.act]
        return tuple(chosen or [ACTS[int(probability.argmax())]])

    def _support(self, acts: tuple[str, ...]) -> SupportIntent | None:
        asks = SERVICE & set(acts)
        return SUPPORT[int(self.turn["support"].argmax())] if asks else None  # type: ignore[return-value]

    def _held(self, closed: tuple[int, ...]) -> dict[str, tuple[Ref, ...]]:
        changed: dict[str, list[Ref]] = {"drop": [], "soften": [], "harden": []}
        for (need, constraint), position in self.encoded.constraints.items():
            probability = _softmax(self.turn["constraints"][position])
            action = int(probability.argmax())
            if probability[0] < 1 - self.thresholds.change:
                action = 1 + int(probability[1:].argmax())
            if ACTIONS[action] != "keep" and need not in closed:
                changed[ACTIONS[action]].append(Ref(need=need, constraint=constraint))
        names = {"drop": "dropped", "soften": "softened", "harden": "hardened"}
        return {names[k]: tuple(v) for k, v in changed.items()}


INSIDE = np.array([tag > 0 and tag % 2 == 0 for tag in range(TAGS)])
WITHIN = np.flatnonzero(INSIDE)


def _logsumexp(scores: Floats) -> Floats:
    top = scores.max(-1, keepdims=True)
    return top + np.log(np.exp(scores - top).sum(-1, keepdims=True))


def _softmax(scores: Floats) -> Floats:
    return np.exp(scores - _logsumexp(scores))
