"""What a shopper may want of a kind of product, before it is put into words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.records import Strength
from finetune.generator.amounts import Currency, in_money, money_range, round_price, spoken
from finetune.generator.sizes import measured, size_range, spell_size
from finetune.generator.vocabulary import Kind, Vocabulary
from finetune.generator.voices import Voice
from retrieval.conditions import Attribute, Op

Slot = Literal[
    "feature", "measure", "size", "colour", "material", "style", "brand", "use", "price", "recipient", "worn",
    "occasion",
    "quantity", "rating", "delivery", "condition", "other",
]  # fmt: skip
WEIGHTS: dict[Slot, float] = {
    "feature": 15, "measure": 6, "size": 8, "colour": 3.6, "material": 2.6, "style": 3, "brand": 1.2, "use": 5,
    "price": 4, "recipient": 1.9, "worn": 0.7, "occasion": 0.8, "quantity": 1.5, "rating": 0.25, "delivery": 0.55,
    "condition": 0.25, "other": 0.15,
}  # fmt: skip
ONCE: frozenset[Slot] = frozenset(
    {
        "size",
        "brand",
        "price",
        "recipient",
        "worn",
        "occasion",
        "quantity",
        "rating",
        "delivery",
        "condition",
        "other",
        "colour",
    }
)
DENIED: dict[Slot, float] = {
    "feature": 0.17,
    "colour": 0.28,
    "material": 0.35,
    "style": 0.25,
    "brand": 0.5,
    "condition": 0.4,
}
WISHED: dict[Slot, float] = {
    "feature": 0.12,
    "colour": 0.14,
    "brand": 0.25,
    "price": 0.04,
    "delivery": 0.1,
    "condition": 0.3,
}


WELCOME = re.compile(
    r"free|proof|safe|friendly|resistant|washable|^non |^anti |^easy|sturdy|long|reus|stable|soft|tested|rated|strong"
)
"""Features that nobody asks to be without."""
OPEN: frozenset[Slot] = frozenset(set(WEIGHTS) - {"recipient", "occasion", "price", "delivery", "other"})
"""What cannot be said of a thing before it is known what thing it is."""


@dataclass(frozen=True)
class Wish:
    """One thing wanted: the constraint to be, its words (`second` for an alternative or the end of a range) and the
    group of phrases that fits it. Numbers are None where the value is the words themselves."""

    slot: Slot
    attribute: Attribute
    op: Op
    form: str
    text: str
    second: str | None = None
    strength: Strength = "must"
    number: float | None = None
    second_number: float | None = None
    unit: str | None = None
    ops: tuple[Op, ...] = field(default=())

    @property
    def parts(self) -> list[tuple[Op, float | None]]:
        """Operator and number of each constraint that this wish becomes."""
        numbers = [self.number, self.second_number][: 1 if self.second is None else 2]
        return list(zip(self.ops or (self.op,) * len(numbers), numbers, strict=True))


@dataclass(frozen=True)
class Shopper:
    """One shopper: how they type, what they pay in, and what they know words for."""

    voice: Voice
    currency: Currency
    words: Vocabulary
    names_currency: float


def sample_slots(
    kind: Kind, count: int, rng: random.Random, used: frozenset[str] = frozenset(), never: frozenset[str] = frozenset()
) -> list[Slot]:
    """Which things are said of a kind: each of `ONCE` at most once and not if it is `used`, none of `never`."""
    slots: list[Slot] = []
    weights = {slot: weight for slot, weight in WEIGHTS.items() if slot not in never}
    if kind.audience != "worn" and "worn" in weights:
        weights["worn"] = 0.05
    for _ in range(count):
        open_ = [s for s in weights if not (s in ONCE and (s in slots or s in used))]
        if open_:
            slots.append(rng.choices(open_, [weights[s] for s in open_])[0])
    return slots


def wish(
    slot: Slot, kind: Kind, shopper: Shopper, rng: random.Random, avoid: frozenset[str] = frozenset()
) -> Wish | None:
    """Something wanted in a slot; `None` where things of this kind have nothing there (or only what to `avoid`)."""
    made = MAKERS[slot](kind, shopper, rng)
    if made is None or made.text in avoid or (made.second and made.second in avoid) or made.text == made.second:
        return None
    return made


def denied(slot: Slot, rng: random.Random) -> Op:
    """`is_not` about as often as shoppers turn things of this slot down."""
    return "is_not" if rng.random() < DENIED.get(slot, 0.0) else "is"


def _strength(slot: Slot, rng: random.Random, op: Op = "is") -> Strength:
    chance = WISHED.get(slot, 0.05) * (0.25 if op == "is_not" else 1)
    return "prefer" if rng.random() < chance else "must"


def _feature(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish | None:
    plain = [f for f in kind.features if f.form in ("adj", "noun", "verb", "fit")]
    if not plain:
        return None
    feature = rng.choice(plain)
    deniable = feature.form == "noun" or (feature.form == "adj" and not WELCOME.search(feature.text))
    op = denied("feature", rng) if deniable else "is"
    return Wish("feature", "feature", op, feature.form, feature.text, strength=_strength("feature", rng, op))


def _measure(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish | None:
    measures = [f for f in kind.features if f.form in ("low", "high", "near")]
    if not measures:
        return None
    feature = rng.choice(measures)
    strength = _strength("measure", rng)
    form = feature.form if rng.random() < 0.8 else rng.choice(("near", "bare"))
    ops: dict[str, Op] = {"low": "at_least", "high": "at_most", "near": "about", "bare": "is"}
    text = feature.spell(rng)
    if form == "bare":
        return Wish("measure", "feature", "is", "noun", text, strength=strength)
    return Wish("measure", "feature", ops[form], form, text, strength=strength)


def _size(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish | None:
    text = spell_size(kind.sizes, rng)
    if text is None:
        return None
    if not measured(kind.sizes):
        return Wish("size", "size", "is", "size", text, strength="prefer" if rng.random() < 0.03 else "must")
    chance = rng.random()
    if chance < 0.1 and kind.sizes != "metres by":
        low, high = size_range(kind.sizes, rng)
        return Wish("size", "size", "at_least", "size.range", low, high, ops=("at_least", "at_most"))
    op: Op = "is" if chance < 0.55 else "at_most" if chance < 0.75 else "at_least" if chance < 0.9 else "about"
    return Wish("size", "size", op, "size.measure", text)


def _colour(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish | None:
    if not kind.coloured:
        return None
    op = denied("colour", rng)
    colours = shopper.words.colours(kind)
    second = rng.choice(colours) if rng.random() < 0.3 else None
    return Wish("colour", "color", op, "colour", rng.choice(colours), second, _strength("colour", rng, op))


def _listed(slot: Slot, attribute: Attribute, choose: Callable[[Kind, Shopper], object]) -> Callable[..., Wish | None]:
    def make(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish | None:
        values = list(choose(kind, shopper))  # type: ignore[call-overload]
        op = denied(slot, rng)
        return (
            Wish(slot, attribute, op, slot, rng.choice(values), strength=_strength(slot, rng, op)) if values else None
        )

    return make


def _price(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish | None:
    low, high = (amount * shopper.currency.rate for amount in kind.price)
    amount = round_price(rng.uniform(low, high) if rng.random() < 0.5 else low + (high - low) * rng.random() ** 2, rng)
    return price_wish(amount, shopper, rng)


def price_wish(amount: float, shopper: Shopper, rng: random.Random, op: Op | None = None) -> Wish:
    """A limit or budget of about `amount` in the shopper's currency."""
    currency = shopper.currency if rng.random() < shopper.names_currency else None
    unit = currency.code if currency else None
    chance = rng.random()
    if op is None and chance < 0.13:
        high = round_price(amount * rng.choice((1.25, 1.33, 1.5, 1.5, 2)), rng)
        if high > amount:
            first, second = money_range(amount, high, currency, rng, shopper.voice.words)
            return Wish(
                "price",
                "price",
                "at_least",
                "price.range",
                first,
                second,
                "must",
                amount,
                high,
                unit,
                ("at_least", "at_most"),
            )
    op = op or ("at_most" if chance < 0.8 else "about" if chance < 0.97 else "at_least")
    text = in_money(amount, currency, rng, shopper.voice.words)
    strength = _strength("price", rng) if op != "at_least" else "must"
    return Wish("price", "price", op, "price", text, None, strength, amount, unit=unit)


def _quantity(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish:
    number = rng.choice((2, 2, 2, 3, 3, 4, 4, 5, 6, 6, 8, 10, 12, 15, 20, 24, 30, 40, 50, 60, 100, 150, 250, 500))
    text = spoken(number, rng) if rng.random() < max(0.3, shopper.voice.words) and number < 50 else str(number)
    op: Op = "about" if number >= 8 and rng.random() < 0.15 else "is"
    return Wish("quantity", "quantity", op, "quantity", text, number=float(number))


def _rating(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish:
    number = rng.choice((4, 4, 4, 4.5, 4.5, 3.5, 3, 5))
    words = {4: "four", 4.5: "four and a half", 3: "three", 5: "five"}
    text = words[number] if number in words and rng.random() < shopper.voice.words else f"{number:g}"
    return Wish("rating", "rating", "at_least", "rating", text, number=float(number))


def _recipient(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish:
    people = shopper.words.words["pets" if kind.audience == "pet" and rng.random() < 0.8 else "recipients"]
    return Wish("recipient", "recipient", "is", "recipient", rng.choice(people))


def _worn(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish:
    return Wish("worn", "recipient", "is", "worn", rng.choice(shopper.words.words["worn"]))


def _occasion(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish:
    return Wish("occasion", "occasion", "is", "occasion", rng.choice(shopper.words.words["occasions"]))


def _delivery(kind: Kind, shopper: Shopper, rng: random.Random) -> Wish:
    lists = shopper.words.words
    text = rng.choice(lists["deadlines"] if rng.random() < 0.8 else lists["ways"])
    return Wish("delivery", "delivery", "is", "delivery", text, strength=_strength("delivery", rng))


MAKERS: dict[Slot, Callable[..., Wish | None]] = {
    "feature": _feature, "measure": _measure, "size": _size, "colour": _colour, "price": _price, "quantity": _quantity,
    "rating": _rating, "recipient": _recipient, "worn": _worn, "occasion": _occasion, "delivery": _delivery,
    "material": _listed("material", "material", lambda kind, shopper: kind.materials),
    "style": _listed("style", "style", lambda kind, shopper: kind.styles),
    "use": _listed("use", "use", lambda kind, shopper: kind.uses),
    "brand": _listed("brand", "brand", lambda kind, shopper: shopper.words.brands(kind)),
    "condition": _listed("condition", "condition", lambda kind, shopper: shopper.words.words["conditions"]),
    "other": _listed("other", "other", lambda kind, shopper: shopper.words.words["others"]),
}  # fmt: skip


def must(made: Wish) -> Wish:
    """The same wish as a must."""
    return replace(made, strength="must")
