"""The form that a state is corrected in: all text, as a browser sends it, and what is wrong with it in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import InvalidInput
from assistant.records import Act, Constraint, Conversation, Stage, State
from finetune.labels import CURRENCY, NUMERIC, label_faults
from retrieval.conditions import Attribute, Op

ACTS: tuple[Act, ...] = get_args(Act)
STAGES: tuple[Stage, ...] = get_args(Stage)
ATTRIBUTES: tuple[str, ...] = get_args(Attribute)
OPERATORS: tuple[str, ...] = get_args(Op)
MOST = 60


@dataclass(frozen=True)
class Trouble:
    """Something that cannot be saved: which field of the form (`need-0-constraint-1-value`), and a sentence."""

    field: str
    sentence: str


class Fields(BaseModel):
    """Base of the form's parts: frozen, and nothing else is in them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(Fields):
    """One constraint. `source` is `message 3` or `event 0`; `quote` belongs to a message."""

    attribute: str = Field(default="feature", max_length=MOST)
    op: str = Field(default="is", max_length=MOST)
    value: str = Field(default="", max_length=500)
    unit: str = Field(default="", max_length=MOST)
    strength: str = Field(default="must", max_length=MOST)
    source: str = Field(default="", max_length=MOST)
    quote: str = Field(default="", max_length=4000)


class NeedRows(Fields):
    """One need and its constraints."""

    product: str = Field(default="", max_length=500)
    active: bool = False
    constraints: tuple[Row, ...] = Field(default=(), max_length=MOST)


class Form(Fields):
    """A state as text."""

    needs: tuple[NeedRows, ...] = Field(default=(), max_length=MOST)
    acts: tuple[str, ...] = Field(default=(), max_length=MOST)
    stage: str = Field(default="", max_length=MOST)

    @classmethod
    def of(cls, state: State) -> Form:
        """The form of a state."""
        needs = tuple(
            NeedRows(product=_line(n.product or ""), active=n.active, constraints=tuple(_row(c) for c in n.constraints))
            for n in state.needs
        )
        return cls(needs=needs, acts=tuple(act for act in ACTS if act in state.acts), stage=state.stage)

    @classmethod
    def sent(cls, text: str) -> Form:
        """The form that a page sent. Raises `InvalidInput` for what no page of this program sends."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise InvalidInput("The page sent a form that is not understood: reload it.") from error

    def label(self, conversation: Conversation) -> tuple[dict[str, Any], list[Trouble]]:
        """The label that the form says of the last message of `conversation`, and what keeps it from being saved."""
        troubles: list[Trouble] = []
        needs = [_need(n, need, conversation, troubles) for n, need in enumerate(self.needs)]
        troubles += _repeated(needs)
        if unknown := [act for act in self.acts if act not in ACTS]:
            troubles.append(Trouble("acts", f"There is no act {unknown[0]!r}."))
        if not self.acts:
            troubles.append(Trouble("acts", "Choose what the message does: at least one act."))
        if self.stage not in STAGES:
            troubles.append(Trouble("stage", "Choose the stage that the shopper is in."))
        if sum(need.active for need in self.needs) > 1:
            troubles.append(Trouble("needs", "Only one need can be the one that the message is about."))
        label: dict[str, Any] = {"needs": needs, "acts": [act for act in ACTS if act in self.acts], "stage": self.stage}
        if not troubles:
            faults = label_faults(conversation.model_copy(update={"label": label}))
            troubles = [Trouble("needs", f"{fault.field}: {fault.message}.") for fault in faults]
        return label, troubles

def _row(constraint: Constraint) -> Row:
    value, source = constraint.value, constraint.source
    place = f"message {source.message}" if source is not None else ""
    place = f"event {source.event}" if source is not None and source.event is not None else place
    return Row(
        attribute=constraint.attribute,
        op=constraint.op,
        value=f"{value:g}" if isinstance(value, float) and value < 1e6 else _line(str(value)),
        unit=constraint.unit or "",
        strength=constraint.strength,
        source=place,
        quote=_line(source.quote or "") if source is not None else "",
    )


def _line(text: str) -> str:
    """Text as it fits into a field of one line."""
    return " ".join(text.split())


def _need(n: int, need: NeedRows, conversation: Conversation, troubles: list[Trouble]) -> dict[str, Any]:
    constraints = []
    seen: set[tuple[object, ...]] = set()
    for c, row in enumerate(need.constraints):
        constraint, found = _Row(row, conversation).constraint()
        same = tuple(constraint.get(name) for name in ("attribute", "op", "value"))
        if not found and same in seen:
            found = [Trouble("value", f"{row.attribute} {row.op} {row.value} is already in this need: remove one.")]
        seen.add(same)
        troubles += [Trouble(f"need-{n}-constraint-{c}-{t.field}", t.sentence) for t in found]
        constraints.append(constraint)
    return {"product": _line(need.product.lower()) or None, "active": need.active, "constraints": constraints}


def _repeated(needs: list[dict[str, Any]]) -> Iterator[Trouble]:
    named: set[str | None] = set()
    for n, need in enumerate(needs):
        if need["product"] in named and need["product"] is not None:
            yield Trouble(f"need-{n}-product", f"{need['product']!r} is a need already: put its points there.")
        named.add(need["product"])


class _Row:
    """One row being understood."""

    def __init__(self, row: Row, conversation: Conversation) -> None:
        self.row = row
        self.conversation = conversation

    def constraint(self) -> tuple[dict[str, Any], list[Trouble]]:
        """The constraint, as far as it can be understood, and what is wrong."""
        row = self.row
        troubles = [
            Trouble(field, f"There is no {what} {found!r}.")
            for field, what, found, known in (
                ("attribute", "attribute", row.attribute, ATTRIBUTES),
                ("op", "comparison", row.op, OPERATORS),
                ("strength", "strength", row.strength, ("must", "prefer")),
            )
            if found not in known
        ]
        if row.attribute == "product" and row.op != "is_not":
            troubles.append(Trouble("op", "product is only for what is not wanted: choose is not, or name the need."))
        value, wrong = self._value()
        unit = row.unit.strip().upper()
        if unit and row.attribute != "price":
            wrong.append(Trouble("unit", f"Only a price has a currency: empty it for {row.attribute}."))
        elif unit and not CURRENCY.match(unit):
            wrong.append(Trouble("unit", f"{unit!r} is no currency: three letters, such as USD."))
        source, missing = self._source()
        constraint = {"attribute": row.attribute, "op": row.op, "value": value}
        if unit:
            constraint["unit"] = unit
        return constraint | {"strength": row.strength, "source": source}, troubles + wrong + missing

    def _value(self) -> tuple[str | float, list[Trouble]]:
        text = _line(self.row.value).lower()
        if not text:
            return "", [Trouble("value", f"The {self.row.attribute} has no value: fill it in, or remove the row.")]
        if self.row.attribute not in NUMERIC:
            return text, []
        if not re.fullmatch(r"\d{1,12}(\.\d+)?", text.replace(",", "")):
            return text, [Trouble("value", f"The {self.row.attribute} needs a number, found {text[:40]!r}.")]
        number = float(text.replace(",", ""))
        return int(number) if number.is_integer() else number, []

    def _source(self) -> tuple[dict[str, Any], list[Trouble]]:
        kind, _, text = self.row.source.partition(" ")
        place = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
        if kind == "event" and 0 <= place < len(self.conversation.events):
            if self.row.strength == "must":
                return {}, [Trouble("strength", "What is inferred from an event is a wish, never a must.")]
            return {"event": place}, []
        if kind != "message" or not 0 <= place < len(self.conversation.messages):
            return {}, [Trouble("source", "Choose the message or event that it comes from.")]
        return self._quoted(place)

    def _quoted(self, place: int) -> tuple[dict[str, Any], list[Trouble]]:
        """The quote as it stands in the message, whatever case and spaces it was typed in."""
        message = self.conversation.messages[place]
        if message.role != "user":
            return {}, [Trouble("source", f"Message {place} is not the shopper's: choose one of theirs.")]
        words = self.row.quote.split()
        if not words:
            return {}, [Trouble("quote", f"Quote the words of message {place} that say it.")]
        if self.row.quote in message.content:
            return {"message": place, "quote": self.row.quote}, []
        found = re.search(r"\s+".join(map(re.escape, words)), message.content, re.IGNORECASE)
        if found is None:
            return {}, [Trouble("quote", f"Message {place} does not say {self.row.quote.strip()[:60]!r}.")]
        return {"message": place, "quote": found[0]}, []


def as_mapping(troubles: list[Trouble]) -> Mapping[str, str]:
    """Field -> the first thing that is wrong with it."""
    found: dict[str, str] = {}
    for trouble in troubles:
        found.setdefault(trouble.field, trouble.sentence)
    return found
