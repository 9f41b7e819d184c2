"""What shoppers talk about: kinds of product with plausible properties, brands, people, occasions, dates.

Our own tables, and, where the public sets are at hand, kinds, brands and values taken from those too. Kinds (by the
last
word of their names), brands and colours are divided once and for all, and so are rare features, styles, uses and
materials.
What a held-out kind shares with a kind for training is left to training, so the two sides have no value in common.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from finetune.generator.grammar import table_lines
from finetune.generator.sources import public_brands, public_kinds

HELD_OUT = 8
HELD_KINDS = 14
"""One in how many values, and last words of kinds, is held out."""
RARE = 3
"""A value of more kinds than this is never held out by itself: a reader has to know `waterproof`."""

PREFIXES = {"+": "noun", "!": "verb", "=": "fit", ">": "low", "<": "high"}


@dataclass(frozen=True)
class Feature:
    """Something that a product has or does. `form` says how it is put into a sentence; `low` and `high` are
    measures, whose `choices` are the numbers that stand for `[]` in the text."""

    text: str
    form: str = "adj"
    choices: tuple[str, ...] = ()

    def spell(self, rng: random.Random) -> str:
        """The feature in words, with a number where it is a measure."""
        return self.text.replace("[]", rng.choice(self.choices)) if self.choices else self.text


@dataclass(frozen=True)
class Kind:
    """A kind of product: its names, what it costs in dollars, how it is sized, and what can be asked of it."""

    names: tuple[str, ...]
    price: tuple[float, float] = (10, 100)
    sizes: str = "none"
    styles: tuple[str, ...] = ()
    features: tuple[Feature, ...] = ()
    materials: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    coloured: bool = True
    audience: str = "any"
    brands: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """Everything that one side of the division may say. `words` holds lists by name, as in `tables/words.txt`."""

    kinds: tuple[Kind, ...]
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def colours(self, kind: Kind) -> Sequence[str]:
        """The colours that things of a kind come in."""
        return kind.colours or self.words["colours"]

    def brands(self, kind: Kind) -> Sequence[str]:
        """Brands that make a kind: its own where known, else any."""
        return kind.brands or self.words["brands"]


@cache
def vocabulary(holdout: bool = False, shared: Path | None = None) -> Vocabulary:
    """The words for training, or the held-out ones. `shared` is the folder of public sets, if there is one."""
    words = _word_lists()
    if shared is not None:
        words["brands"] += tuple(b for b in public_brands(shared) if b not in words["brands"])
    kinds = [*_own_kinds(), *(_public(k) for k in (public_kinds(shared) if shared is not None else ()))]
    held = [kind for kind in kinds if any(_held(name.split()[-1], HELD_KINDS) for name in kind.names)]
    names = {name for kind in held for name in kind.names}
    rest = [kind for kind in kinds if kind not in held and not names & set(kind.names)]
    for name in ("colours", "brands"):
        words[name] = tuple(w for w in words[name] if _held(w) == holdout)
    counts = Counter(value for kind in kinds for value in _values(kind))
    seen = {value for kind in rest for value in _values(kind) if counts[value] > RARE or not _held(value)}
    chosen = [_limited(kind, holdout, seen) for kind in (held if holdout else rest)]
    return Vocabulary(tuple(chosen), words)


def _limited(kind: Kind, holdout: bool, seen: Container[str]) -> Kind:
    return replace(
        kind,
        styles=tuple(s for s in kind.styles if (s not in seen) == holdout),
        features=tuple(f for f in kind.features if (f.text not in seen) == holdout),
        uses=tuple(u for u in kind.uses if (u not in seen) == holdout),
        materials=tuple(m for m in kind.materials if (m not in seen) == holdout),
        brands=tuple(b for b in kind.brands if _held(b) == holdout),
        colours=tuple(c for c in kind.colours if _held(c) == holdout),
    )


def _values(kind: Kind) -> set[str]:
    return {*kind.styles, *(f.text for f in kind.features), *kind.uses, *kind.materials}


def _held(word: str, one_in: int = HELD_OUT) -> bool:
    stem = word.lower().rstrip("s")
    return int.from_bytes(hashlib.sha256(stem.encode()).digest()[:4], "big") % one_in == 0


def _word_lists() -> dict[str, tuple[str, ...]]:
    lists: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in table_lines("words"):
        if line.startswith("["):
            name = line.strip("[]")
        else:
            lists[name] = lists.get(name, ()) + _split(line)
    return lists


def _own_kinds() -> list[Kind]:
    kinds: list[Kind] = []
    coloured, audience = True, "any"
    for line in table_lines("kinds"):
        if line.startswith("#"):
            continue
        if line.startswith("@"):
            _, colour, audience = (part.strip() for part in line.split("|"))
            coloured = colour == "y"
        else:
            kinds.append(_kind([part.strip() for part in line.split("|")], coloured, audience))
    return kinds


def _kind(columns: list[str], coloured: bool, audience: str) -> Kind:
    # Choices of a number, as in `>[8|16] gb`, hold the separator of columns: put those together again.
    joined: list[str] = []
    for column in columns:
        if joined and joined[-1].count("[") > joined[-1].count("]"):
            joined[-1] += "|" + column
        else:
            joined.append(column)
    names, price, sizes, styles, features, materials, uses = joined
    low, high = price.split("-")
    return Kind(
        names=_split(names),
        price=(float(low), float(high)),
        sizes=sizes,
        styles=_split(styles),
        features=tuple(_feature(text) for text in _split(features)),
        materials=_split(materials),
        uses=_split(uses),
        coloured=coloured,
        audience=audience,
    )


def _feature(text: str) -> Feature:
    form = PREFIXES.get(text[:1], "adj")
    text = text[1:] if form != "adj" else text
    if "[" not in text:
        return Feature(text, form if form not in ("low", "high") else "near")
    before, rest = text.split("[", 1)
    numbers, after = rest.split("]", 1)
    return Feature(f"{before}[]{after}", form, _numbers(numbers))


def _numbers(text: str) -> tuple[str, ...]:
    if "|" in text:
        return tuple(text.split("|"))
    low, high = (float(part) for part in text.split("-"))
    if high <= 10 and low != int(low):
        return tuple(f"{low + step * 0.5:g}" for step in range(int((high - low) * 2) + 1))
    steps = 12 if high > 20 else int(high - low)
    return tuple(dict.fromkeys(f"{_tidy(low + (high - low) * i / max(steps, 1)):g}" for i in range(steps + 1)))


def _tidy(number: float) -> float:
    step = 1 if number < 30 else 5 if number < 100 else 10 if number < 400 else 50 if number < 2000 else 500
    return round(number / step) * step


def _public(columns: dict[str, tuple[str, ...]]) -> Kind:
    features = tuple(_feature(text) for text in columns.get("features", ()))
    rest = {name: values for name, values in columns.items() if name not in ("features", "names", "price")}
    low, high = (float(p) for p in columns.get("price", ("10", "150")))
    return Kind(names=columns["names"], price=(low, high), features=features, **rest)  # type: ignore[arg-type]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
