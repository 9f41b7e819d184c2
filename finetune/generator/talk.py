"""Where a conversation stands: the needs so far, the one in focus, and what the shop's side said last."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

from finetune.generator.grammar import phrases
from finetune.generator.turns import Need, Shown, Turn
from finetune.generator.wishes import Shopper, Slot, Wish

Phase = Literal[
    "start", "hello", "asked", "shown", "answered", "variant", "basket", "service", "human", "idle", "closed"
]


@dataclass
class Asked:
    """A question of the shop's side: about a slot, whether a wish holds (`offers`), or which of several."""

    about: Literal["slots", "offer", "offers", "choice", "first", "gift", "kinds", "add"]
    slots: tuple[Slot, ...] = ()
    offers: tuple[Wish, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass
class Talk:
    """One conversation so far."""

    rng: random.Random
    shopper: Shopper
    needs: list[Need] = field(default_factory=list)
    focus: Need | None = None
    phase: Phase = "start"
    asked: Asked | None = None
    basket: bool = False
    ordered: bool = False
    order: str = ""
    topic: str = ""

    @property
    def others(self) -> list[Need]:
        """Needs besides the one in focus that are still open."""
        return [need for need in self.needs if need is not self.focus and not need.bought]

    def close_bought(self) -> None:
        """Lets go of what lies in the basket, now that the talk moves on."""
        self.needs = [need for need in self.needs if not need.bought]
        if self.focus is not None and self.focus.bought:
            self.focus = None

    def remove(self, need: Need) -> None:
        """Lets go of a need that was dropped."""
        self.needs = [n for n in self.needs if n is not need]
        if self.focus is need:
            self.focus = None

    def words(self, group: str) -> str:
        """A wording of `tables/moves.txt` in the shopper's register, with general places filled."""
        text = phrases("moves").pick(group, self.rng, self.shopper.voice.register)
        return self.fill(text)

    def fill(self, text: str) -> str:
        """Fills the places that stand for shown products, colours, towns and the like."""
        if "{" not in text:
            return text
        lists, rng = self.shopper.words.words, self.rng
        first, second = self._two_shown()
        kind = self.focus.kind if self.focus else rng.choice(self.shopper.words.kinds)
        plain = [f for f in kind.features if f.form in ("adj", "noun")]
        adj = [f.text for f in plain if f.form == "adj"] or ["washable"]
        noun = [f.text for f in plain if f.form == "noun"] or ["a cover"]
        places = {
            "name": self._short(first), "name2": self._short(second), "brand": first.brand, "money": first.price,
            "c": rng.choice(lists["colours"]), "o": self.order, "place": rng.choice(lists["places"]),
            "day": rng.choice(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")),
            "agent": rng.choice(lists["agents"]), "fa": rng.choice(adj), "fn": rng.choice(noun), "p0": self.topic,
            "x": rng.choice(("glasses", "old one", "toe", "favourite", "leg")), "x1": kind.names[0].split()[-1],
            "x2": rng.choice(("the weight limit", "the height", "the wattage", "the battery life", "the catch")),
        }  # fmt: skip
        for name, words in places.items():
            text = text.replace("{" + name + "}", words)
        return text

    def pick(self) -> Shown | None:
        """A shown product of the need in focus."""
        return self.rng.choice(self.focus.shown) if self.focus and self.focus.shown else None

    def _two_shown(self) -> tuple[Shown, Shown]:
        shown = list(self.focus.shown) if self.focus else []
        while len(shown) < 2:
            lists = self.shopper.words.words
            shown.append(Shown(self.rng.choice(lists["brands"]), self.rng.choice(lists["models"]), "89"))
        if self.focus and self.focus.chosen and self.rng.random() < 0.8:
            rest = [s for s in shown if s is not self.focus.chosen]
            return self.focus.chosen, self.rng.choice(rest or shown)
        first, second = self.rng.sample(shown, 2)
        return first, second

    def _short(self, shown: Shown) -> str:
        return self.rng.choice((shown.name, shown.model, shown.brand, shown.model, shown.brand))


def questioned(text: str, rng: random.Random) -> str:
    """A question with its mark, now and then doubled."""
    return text if text.endswith(("?", "!")) else text + ("??" if rng.random() < 0.05 else "?")


def chat(talk: Talk, turn: Turn) -> str | None:
    """Something that changes nothing, if this shopper is one to say it."""
    if talk.rng.random() >= talk.shopper.voice.chat:
        return None
    return talk.words("chat")
