"""What differs between a label and the state that was read, named so that a person can act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.records import Constraint, Conversation, Need, State
from finetune.agreement import (
    POLARITY,
    constraints,
    match,
    match_strictly,
    pair_needs,
    same_attribute,
    same_relaxed,
    same_strictly,
    same_value,
)
from finetune.scoring import label_state

Kind = Literal[
    "missed", "invented", "value", "operator", "attribute", "need", "strength", "product", "active", "acts", "stage"
]
MEANING: dict[str, str] = {
    "missed": "in the label and not read at all",
    "invented": "read and not in the label",
    "value": "right attribute and operator, another value",
    "operator": "right attribute and value, another operator",
    "attribute": "right value, another attribute",
    "need": "right in itself, but given to another need",
    "strength": "right but for must or prefer",
    "product": "another product, or a need too many or too few",
    "active": "another need taken for the one that the last message is about",
    "acts": "acts too many or too few",
    "stage": "another stage",
}
OF_CONSTRAINTS = ("missed", "invented", "value", "operator", "attribute", "need")


@dataclass(frozen=True)
class Mistake:
    """One difference: its kind, what the label says and what was read, each in words ("" for nothing)."""

    kind: Kind
    expected: str
    found: str
    quote: str = ""

    @property
    def weight(self) -> float:
        """How bad it is when the worst conversations are looked for: wrong constraints and products count whole."""
        return 1.0 if self.kind in OF_CONSTRAINTS or self.kind == "product" else 0.25


def mistakes(conversation: Conversation, found: State) -> list[Mistake]:
    """Every difference between the label of a conversation and the state read from it; of what the label holds."""
    label, expected = conversation.label or {}, label_state(conversation)
    rows: list[Mistake] = []
    if "needs" in label:
        rows += _needs(expected, found)
        rows += _constraints(expected, found)
    if "acts" in label and {*expected.acts} != {*found.acts}:
        rows.append(Mistake("acts", ", ".join(sorted(expected.acts)), ", ".join(sorted(found.acts))))
    if "stage" in label and expected.stage != found.stage:
        rows.append(Mistake("stage", expected.stage, found.stage))
    return rows


def in_words(constraint: Constraint) -> str:
    """`price at most 120 USD`, with `(prefer)` behind a wish."""
    value = f"{constraint.value:g}" if isinstance(constraint.value, int | float) else f"“{constraint.value}”"
    wish = "(prefer)" if constraint.strength == "prefer" else ""
    op = constraint.op.replace("_", " ")
    return " ".join(part for part in (constraint.attribute, op, value, constraint.unit or "", wish) if part)


def _needs(expected: State, found: State) -> Iterator[Mistake]:
    pairs = pair_needs(expected.needs, found.needs)
    for i, j in pairs:
        if not same_value(expected.needs[i].product, found.needs[j].product):
            yield Mistake("product", _named(expected.needs[i]), _named(found.needs[j]))
    for i in sorted(set(range(len(expected.needs))) - {i for i, _ in pairs}):
        yield Mistake("product", _named(expected.needs[i]), "")
    for j in sorted(set(range(len(found.needs))) - {j for _, j in pairs}):
        yield Mistake("product", "", _named(found.needs[j]))
    active = [i for i, need in enumerate(expected.needs) if need.active]
    if [dict(pairs).get(i) for i in active] != [j for j, need in enumerate(found.needs) if need.active]:
        yield Mistake("active", _active(expected), _active(found))


def _constraints(expected: State, found: State) -> Iterator[Mistake]:
    hits = match_strictly(expected, found)
    for wanted, given in hits:
        if wanted.strength != given.strength:
            yield Mistake("strength", in_words(wanted), in_words(given), _quote(given))
    left = _without(constraints(expected), [wanted for wanted, _ in hits])
    right = _without(constraints(found), [given for _, given in hits])
    for kind, same in NEARLY:
        pairs = match(left, right, same)
        for i, j in pairs:
            yield Mistake(kind, in_words(left[i]), in_words(right[j]), _quote(right[j]) or _quote(left[i]))
        left, right = _without(left, [left[i] for i, _ in pairs]), _without(right, [right[j] for _, j in pairs])
    for wanted in left:
        yield Mistake("missed", in_words(wanted), "", _quote(wanted))
    for given in right:
        yield Mistake("invented", "", in_words(given), _quote(given))


def _but_operator(a: Constraint, b: Constraint) -> bool:
    return same_attribute(a.attribute, b.attribute) and same_value(a.value, b.value)


def _but_value(a: Constraint, b: Constraint) -> bool:
    return a.attribute == b.attribute and POLARITY[a.op] == POLARITY[b.op]


NEARLY: tuple[tuple[Kind, Callable[[Constraint, Constraint], bool]], ...] = (
    ("need", same_strictly),
    ("operator", _but_operator),
    ("attribute", same_relaxed),
    ("value", _but_value),
)
"""In how far two constraints agree that do not strictly, the nearest first."""


def _without(all_of: Sequence[Constraint], some: Sequence[Constraint]) -> list[Constraint]:
    gone = {id(each) for each in some}
    return [each for each in all_of if id(each) not in gone]


def _quote(constraint: Constraint) -> str:
    return (constraint.source.quote or "") if constraint.source else ""


def _named(need: Need) -> str:
    return need.product or "(no product said)"


def _active(state: State) -> str:
    return _named(state.active) if state.active else "none"
