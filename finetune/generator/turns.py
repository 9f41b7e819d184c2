"""One conversation under construction: its needs, and one shopper's turn with what it changes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from assistant.records import Act, Stage
from finetune.generator.markup import Span, quote, read, value
from finetune.generator.vocabulary import Kind
from finetune.generator.voices import speak
from finetune.generator.wishes import Shopper, Wish


@dataclass
class Held:
    """A constraint that holds, as it stands in the label, and the wish that it came from."""

    wish: Wish
    label: dict[str, Any]

    @property
    def words(self) -> str:
        """The value as the shopper would say it again."""
        return str(self.label["value"]) if isinstance(self.label["value"], str) else self.wish.text


@dataclass(frozen=True)
class Shown:
    """A product that the shop's side named."""

    brand: str
    model: str
    price: str
    colours: tuple[str, ...] = ()
    feature: str = ""

    @property
    def name(self) -> str:
        """Its brand and model."""
        return f"{self.brand} {self.model}"


@dataclass
class Need:
    """Something wanted: the kind behind it, how the shopper calls it, and what holds of it."""

    kind: Kind
    product: str | None = None
    held: list[Held] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    chosen: Shown | None = None
    picked: bool = False
    questions: int = 0
    nameless: bool = False
    coming: list[Wish] = field(default_factory=list)
    bought: bool = False

    def drop(self, held: Held) -> None:
        """Takes back one constraint."""
        self.held = [h for h in self.held if h is not held]

    def says(self, *slots: str) -> list[Held]:
        """The constraints of some slots."""
        return [h for h in self.held if h.wish.slot in slots]

    @property
    def used(self) -> frozenset[str]:
        """The slots that are taken, by what holds or is being said."""
        return frozenset(wish.slot for wish in self._wishes)

    @property
    def texts(self) -> frozenset[str]:
        """The words of all that holds or is being said."""
        return frozenset(t for wish in self._wishes for t in (wish.text, wish.second) if t)

    @property
    def _wishes(self) -> list[Wish]:
        return [*(h.wish for h in self.held), *self.coming]


@dataclass
class Pending:
    """A constraint whose words are in the message being made."""

    need: Need
    wish: Wish
    part: int
    mark: int
    strength: str
    text: str | None = None


@dataclass
class Turn:
    """One message of the shopper in the making: sentences with marks, and what it does. `index` is its place."""

    rng: random.Random
    shopper: Shopper
    index: int
    sentences: list[str] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    stage: Stage = "exploring"
    active: Need | None = None
    pending: list[Pending] = field(default_factory=list)
    named: dict[int, Need] = field(default_factory=dict)
    marks: int = 0

    def act(self, *acts: Act) -> None:
        """Notes acts, each once."""
        self.acts += [a for a in acts if a not in self.acts]

    def say(self, *sentences: str) -> None:
        """Adds sentences."""
        self.sentences += sentences

    def add(self, need: Need, wish: Wish, part: int, prefer: bool, text: str | None = None) -> int:
        """Enters a constraint to be and returns its mark; `text` is its value where that is not in this message."""
        self.marks += 1
        strength = "prefer" if prefer else "must"
        need.coming.append(wish)
        self.pending.append(Pending(need, wish, part, self.marks, strength, text))
        return self.marks

    def name(self, need: Need) -> int:
        """A mark for the words that name a need."""
        self.marks += 1
        self.named[self.marks] = need
        return self.marks

    def agree(self, need: Need, wish: Wish, words: str, prefer: bool = False) -> str:
        """The shopper's `words` as the source of a value that the shop's side said."""
        return quote(self.add(need, wish, 0, prefer, text=wish.text), words)

    def refer(self, wish: Wish, need: Need, prefer: bool = False) -> str:
        """A value of its own, quoted as it is."""
        mark = self.add(need, wish, 0, prefer)
        return quote(mark, value(mark, wish.text))

    def finish(self) -> str:
        """The message as typed; the needs are brought up to date from it."""
        text, spans = read(speak(self.sentences, self.shopper.voice, self.rng))
        for mark, need in self.named.items():
            if mark in spans:
                need.product = spans[mark].value.lower()
        for pending in self.pending:
            self._hold(pending, spans)
            pending.need.coming.clear()
        return text

    def _hold(self, pending: Pending, spans: dict[int, Span]) -> None:
        span = spans.get(pending.mark)
        if span is None or not span.quote:
            return
        op, number = pending.wish.parts[pending.part]
        spoken = pending.text or span.value
        label: dict[str, Any] = {
            "attribute": pending.wish.attribute,
            "op": op,
            "value": _plain(number) if number is not None else spoken.lower(),
        }
        if pending.wish.unit:
            label["unit"] = pending.wish.unit
        label |= {"strength": pending.strength, "source": {"message": self.index, "quote": span.quote}}
        key = label["attribute"], label["op"], label["value"]
        need = pending.need
        need.held = [h for h in need.held if (h.label["attribute"], h.label["op"], h.label["value"]) != key]
        need.held.append(Held(pending.wish, label))


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number
