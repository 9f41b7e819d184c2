"""Conversations annotated in plain text, which a person writes and checks faster than JSON, and the labels they mean.

    == boots-1
    E: view_item | b-12 | Ridge 2 walking boot | Shoes > Boots | 89.95
    U: {hiking boots|product} {under 120|price at_most 120}, {waterproof|feature}, {not black|color is_not ? black} ok?
    > greet state_need | exploring
    A: The Ridge 2 is waterproof, 89.95, in brown.
    U: {make it 150|@boots price at_most 150}, and a {tent|product} for {two people|size}
    > refine_need state_need | comparing | @boots drop price

`{words|spec}` marks words of a message. A spec is `ATTRIBUTE [OP] [?] [VALUE] [CURRENCY]`: the operator is `is` unless
said, `?` makes a wish, the value is the words themselves unless said. `&` joins two specs of the same words. `product`
opens a need, `rename` names the need anew. A constraint belongs to the need that its message opens, else to the active
one; a spec that begins with `@boots` names another by a part of its product (`@-` for the one without a name).

Below a shopper's message stand its acts, the stage, and what else it changed, `;` between two changes, each with an
`@need` before it where it is not the need that was active: `drop ATTRIBUTE [VALUE]`, `soften …`, `harden …` (of the
state before the message), `close`, `active` (or `active none`), `open` (a need without a product), and
`infer ATTRIBUTE VALUE from N` for a wish seen in event N, counted from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from assistant.records import (
    Act,
    Added,
    Constraint,
    Conversation,
    Event,
    Item,
    Message,
    Named,
    Reading,
    Ref,
    Source,
    Stage,
    State,
)
from assistant.state import update
from retrieval.conditions import Attribute, Op

HERE = Path(__file__).parent / "annotated"
ATTRIBUTES = set(get_args(Attribute))
OPERATORS = set(get_args(Op))
NUMERIC = {"price", "rating", "quantity"}
MARK = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class AnnotationError(ValueError):
    """What is wrong, and where."""


def read_annotated(paths: Sequence[Path] = ()) -> Iterator[list[Conversation]]:
    """Each conversation as its prefixes, one for each shopper message, with the state that holds after it. Its id is
    the file's name and its own.

    Reads the project's own files unless `paths` are named. Raises `AnnotationError` with file and line.
    """
    for path in paths or sorted(HERE.glob("*.txt")):
        yield from _conversations(path)


def _conversations(path: Path) -> Iterator[list[Conversation]]:
    draft: _Draft | None = None
    ids: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        try:
            if not text or text.startswith("#"):
                continue
            if text.startswith("=="):
                if draft:
                    yield draft.finished()
                name = text[2:].strip()
                if not name or name in ids:
                    raise AnnotationError(f"each conversation needs an id of its own, found {name!r} again")
                ids.add(name)
                draft = _Draft(f"{path.stem}/{name}")
            elif draft is None:
                raise AnnotationError("expected '== ID' before the first message")
            else:
                draft.read(text)
        except (AnnotationError, ValidationError) as error:
            raise AnnotationError(f"{path.name}:{number}: {error}") from error
    if draft:
        try:
            yield draft.finished()
        except AnnotationError as error:
            raise AnnotationError(f"{path.name}:{number}: {error}") from error


@dataclass
class _Draft:
    """A conversation as far as it is read."""

    id: str
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    chain: list[tuple[int, int, State]] = field(default_factory=list)
    state: State = field(default_factory=State)
    marks: list[tuple[str, str]] | None = None

    def read(self, text: str) -> None:
        kind, _, rest = text.partition(" ")
        rest = rest.strip()
        if self.marks is not None and kind != ">":
            raise AnnotationError("expected '> ACTS | STAGE' below the shopper's message")
        if kind == "U:":
            self.marks = MARK.findall(rest)
            if misplaced := [words for words, _ in self.marks if words.startswith("@")]:
                raise AnnotationError(f"@need belongs behind the bar, before the attribute; found {misplaced[0]!r}")
            self._say("user", MARK.sub(r"\1", rest))
        elif kind in ("A:", "H:"):
            self._say("assistant" if kind == "A:" else "agent", rest)
        elif kind == "E:":
            self.events.append(_event(rest, self._now()))
        elif kind == ">" and self.marks is not None:
            reading = _Change(self.state, len(self.messages) - 1, self.messages[-1].content, len(self.events))
            self.state = update(self.state, reading.of(self.marks, rest))
            self.chain.append((len(self.messages), len(self.events), self.state))
            self.marks = None
        else:
            raise AnnotationError(f"expected U:, A:, H:, E: or >, found {text[:30]!r}")

    def finished(self) -> list[Conversation]:
        if self.marks is not None or not self.chain:
            raise AnnotationError(f"{self.id} ends without '> ACTS | STAGE'")
        timed = bool(self.events)
        return [
            Conversation(
                id=f"{self.id}.{i}",
                messages=tuple(m if timed else m.model_copy(update={"timestamp": None}) for m in self.messages[:end]),
                events=tuple(self.events[:known]),
                label=_label(state),
            )
            for i, (end, known, state) in enumerate(self.chain, start=1)
        ]

    def _say(self, role: Any, text: str) -> None:
        if not text or set(text) & set("{}|"):
            raise AnnotationError("a message is empty, or has a brace or bar that is no mark")
        self.messages.append(Message(role=role, content=text, timestamp=self._now()))

    def _now(self) -> str:
        steps = len(self.messages) + len(self.events)
        return (START + timedelta(seconds=40 * steps)).isoformat().replace("+00:00", "Z")


class _Change:
    """What one message changes, put together as a `Reading`."""

    def __init__(self, before: State, message: int, text: str, events: int) -> None:
        self.before, self.message, self.text, self.events = before, message, text, events
        self.products: list[str | None] = [need.product for need in before.needs]
        self.held = len(before.needs)
        self.active = next((i for i, need in enumerate(before.needs) if need.active), None)
        self.named: dict[int, str | None] = {}
        self.added: list[Added] = []
        self.refs: dict[str, list[Ref]] = {"drop": [], "soften": [], "harden": []}
        self.closed: list[int] = []

    def of(self, marks: Sequence[tuple[str, str]], line: str) -> Reading:
        acts, stage, *rest = [part.strip() for part in f"{line} | ".split("|")]
        changes = [change.strip() for change in rest[0].split(";") if change.strip()] if rest else []
        unknown = sorted(set(acts.split()) - set(get_args(Act)))
        if unknown or not acts or stage not in get_args(Stage):
            raise AnnotationError(f"expected acts and a stage of the formats, found {unknown or (acts, stage)}")
        before_active = self.active
        specs = [(quote, _Spec.of(part, quote)) for quote, specs in marks for part in specs.split("&")]
        if "open" in changes:
            self._open(None)
        for _, spec in specs:
            if spec.attribute == "product" and spec.op == "is":
                self._open(str(spec.value))
        for quote, spec in specs:
            if spec.attribute == "rename":
                need = self._need(spec.need, self.active)
                self.products[need] = self.named[need] = str(spec.value)
            elif not (spec.attribute == "product" and spec.op == "is"):
                self._add(spec, Source(message=self.message, quote=quote))
        if specs and self.active is None:
            self.active = len(self.products) - 1
        for change in changes:
            self._apply(change, before_active)
        return Reading(
            closed=tuple(self.closed),
            named=tuple(Named(need=i, product=name) for i, name in sorted(self.named.items())),
            dropped=tuple(self.refs["drop"]),
            softened=tuple(self.refs["soften"]),
            hardened=tuple(self.refs["harden"]),
            added=tuple(self.added),
            active=None if self.active in self.closed else self.active,
            acts=tuple(acts.split()),  # type: ignore[arg-type]
            stage=stage,  # type: ignore[arg-type]
        )

    def _open(self, product: str | None) -> None:
        self.products.append(product)
        self.active = len(self.products) - 1
        self.named[self.active] = product

    def _add(self, spec: _Spec, source: Source) -> None:
        opened = len(self.products) - self.held
        if spec.need is None and opened > 1:
            raise AnnotationError(f"two needs are opened here: say @need for {spec.attribute} {spec.value!r}")
        if spec.need is None and self.active is None and not opened:
            self._open(None)
        need = self._need(spec.need, len(self.products) - 1 if opened else self.active)
        constraint = Constraint(
            attribute=spec.attribute,  # type: ignore[arg-type]
            op=spec.op,  # type: ignore[arg-type]
            value=spec.value,
            unit=spec.unit,
            strength="prefer" if spec.wish or source.event is not None else "must",
            source=source,
        )
        self.added.append(Added(need=need, constraint=constraint))

    def _apply(self, change: str, before_active: int | None) -> None:
        where = None
        if change.startswith("@"):
            where, _, change = change[1:].partition(" ")
        verb, _, rest = change.partition(" ")
        if verb in self.refs:
            self.refs[verb].append(self._ref(self._need(where, before_active), rest))
        elif verb == "close":
            self.closed.append(self._need(where, before_active))
        elif verb == "active":
            self.active = None if rest == "none" else self._need(where, before_active)
        elif verb == "infer":
            wish, _, number = rest.rpartition(" from ")
            if not number.isdigit() or int(number) >= self.events:
                raise AnnotationError(f"{change!r} names no event before this message: there are {self.events}")
            spec = _Spec.of(wish, "")
            spec.need = where
            self._add(spec, Source(event=int(number)))
        elif verb != "open":
            raise AnnotationError(f"unknown change {change!r}")

    def _need(self, words: str | None, default: int | None) -> int:
        if words is None:
            if default is None:
                raise AnnotationError("no need is active here: say @need")
            return default
        wanted = words.replace("_", " ")
        exact = [i for i, product in enumerate(self.products) if (product or "-") == wanted]
        found = exact or [i for i, product in enumerate(self.products) if product and wanted in product]
        if len(found) != 1:
            raise AnnotationError(f"@{words} names {len(found)} of the needs {self.products}")
        return found[0]

    def _ref(self, need: int, rest: str) -> Ref:
        attribute, _, value = rest.partition(" ")
        if need >= self.held:
            raise AnnotationError(f"{rest!r} is looked for in a need that this message opens: say @need")
        found = [
            Ref(need=need, constraint=i)
            for i, held in enumerate(self.before.needs[need].constraints)
            if held.attribute == attribute and value.strip() in ("", str(held.value), _plain(held.value), held.op)
        ]
        if len(found) != 1:
            held_now = [(c.attribute, c.op, c.value) for c in self.before.needs[need].constraints]
            raise AnnotationError(f"{rest!r} fits {len(found)} of {held_now}")
        return found[0]


@dataclass
class _Spec:
    """One `ATTRIBUTE [OP] [?] [VALUE] [CURRENCY]`."""

    attribute: str
    op: str
    value: str | float
    unit: str | None = None
    wish: bool = False
    need: str | None = None

    @classmethod
    def of(cls, text: str, quote: str) -> _Spec:
        words = text.split()
        need = words.pop(0)[1:] if words and words[0].startswith("@") else None
        attribute = words.pop(0) if words else ""
        if attribute not in ATTRIBUTES | {"rename"}:
            raise AnnotationError(f"unknown attribute {attribute!r} in {text!r}")
        op = words.pop(0) if words and words[0] in OPERATORS else "is"
        wish = bool(words) and words[0] == "?"
        words = words[1:] if wish else words
        unit = words.pop() if attribute == "price" and len(words) > 1 and re.fullmatch("[A-Z]{3}", words[-1]) else None
        value = " ".join(words) or quote.strip().lower()
        if attribute == "product" and op == "is" and wish:
            raise AnnotationError("a product is never a wish: wishes are constraints")
        if attribute not in NUMERIC:
            return cls(attribute, op, value.lower(), None, wish, need)
        try:
            return cls(attribute, op, float(value), unit, wish, need)
        except ValueError as error:
            raise AnnotationError(f"{attribute} needs a number after it, found {value!r}") from error


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _event(text: str, timestamp: str) -> Event:
    name, *rest = [part.strip() for part in text.split("|")]
    if name == "search":
        return Event(event_name="search", timestamp=timestamp, search_term=rest[0] if rest else "")
    if not rest:
        raise AnnotationError("expected 'EVENT | id | name | category | price'")
    id_, title, category, price = [*rest, "", "", "", ""][:4]
    item = Item(
        item_id=id_, item_name=title or None, item_category=category or None, price=float(price) if price else None
    )
    return Event.model_validate({"event_name": name, "timestamp": timestamp, "items": (item,)})


def _label(state: State) -> dict[str, Any]:
    return state.model_dump(mode="json", exclude_none=True) | {
        "needs": [
            {"product": need.product} | need.model_dump(mode="json", exclude_none=True) for need in state.needs
        ]
    }
