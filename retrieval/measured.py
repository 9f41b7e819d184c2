"""Conditions with a measure in them (`at least 16 gb ram`, `60 cm wide`, `2 person`) against a product's numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from retrieval.claims import Evidence
from retrieval.measures import Measure, measures, spelled_out, unit_of
from retrieval.text import WORD, fold, stem, stems
from retrieval.view import Piece, View

_IDLE = frozenset(stems("a an the of in with at least most max maximum min minimum up to about around or and"))
_ABOUT = 0.15
_EQUAL = 0.02
_FAR = 40
_MEANS = {"wide": "width", "tall": "height", "high": "height", "long": "length", "deep": "depth", "thick": "thickness",
          "heavy": "weight", "weigh": "weight", "ram": "memory", "memory": "memory", "noise": "noise"}
_OWN_NAMES = {
    "length": "width height length depth diameter dimension size display screen diagonal thickness",
    "mass": "weight",
    "volume": "capacity volume",
    "power": "power wattage output",
    "noise": "noise sound volume",
    "time": "battery runtime duration life burn",
    "storage": "storage capacity ssd hdd memory",
}
_BOUND_NAMES = {("mass", "at_least"): "load capacity limit max maximum user"}
_NOT_OWN = frozenset(stems("package packaging packed pallet carton case cable cord master shipping"))
_LETTERS = ("xxxs", "xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl", "4xl", "5xl")


class Target(NamedTuple):
    """What is asked: one measure (several for `30x40 cm`), and the words that say of what."""

    measures: tuple[Measure, ...]
    words: tuple[str, ...]

    @property
    def dimension(self) -> str:
        """The dimension that all measures share."""
        return self.measures[0].dimension


@lru_cache(maxsize=4096)
def target(text: str) -> Target | None:
    """The measure that a condition's value asks for, or `None` where it has no number."""
    folded = spelled_out(fold(text))
    found = measures(folded)
    if not found:
        return None
    first = found[0].dimension
    same = tuple(m for m in found if m.dimension == first)
    rest = folded
    for measure in reversed(same):
        rest = rest[: measure.start] + " " + rest[measure.end :]
    named = {first[1:]} if first.startswith("#") else set()
    words = [w for w in stems(re.sub(r"\bx\b", " ", rest)) if w not in _IDLE and w not in named]
    return Target(same, tuple(_meaning(w) for w in words))


def measured(view: View, op: str, wanted: Target, fields: Iterable[str] = ()) -> Evidence | None:
    """The statement whose numbers satisfy the bound, from the first source that has any: the given fields, details
    named after the dimension, title, highlights, other details, description. `None` where none does."""
    for source in _sources(view, op, wanted, tuple(fields)):
        numbers = [(piece, values) for piece in source if (values := _values(piece, wanted))]
        if not numbers:
            continue
        return _decide(numbers, op, wanted)
    return None


def letters(text: str) -> str | None:
    """A worn size as letters: `extra large` → `xl`; `None` for anything else."""
    words = [w for w in WORD.findall(fold(text).replace("-", " ")) if w != "size"]
    joined = "".join({"extra": "x", "small": "s", "medium": "m", "large": "l"}.get(w, w) for w in words)
    joined = re.sub(r"^2x([ls])$", r"xx\1", re.sub(r"^3x([ls])$", r"xxx\1", joined))
    return joined if joined in _LETTERS else None


def letter_order(size: str) -> int:
    """Where a size of letters stands from the smallest."""
    return _LETTERS.index(size)


def bound_holds(value: float, op: str, limit: float) -> bool:
    """Whether one number satisfies `op limit`; `about` is within 15 %, `is` within 2 % for rounding."""
    slack = 1e-9 + 1e-6 * abs(limit)
    match op:
        case "at_most":
            return value <= limit + slack
        case "at_least":
            return value >= limit - slack
        case "about":
            return abs(value - limit) <= _ABOUT * abs(limit) + slack
        case _:
            return abs(value - limit) <= _EQUAL * abs(limit) + slack


def _decide(numbers: list[tuple[Piece, list[float]]], op: str, wanted: Target) -> Evidence | None:
    limits = sorted(m.value for m in wanted.measures)
    if op in ("at_most", "at_least"):
        piece, values = max(numbers, key=lambda each: max(each[1]))
        met = bound_holds(max(values), op, limits[-1])
        return Evidence(field=piece.field, value=piece.quote) if met else None
    for piece, values in numbers:
        if all(any(bound_holds(v, op, limit) for v in values) for limit in limits):
            return Evidence(field=piece.field, value=piece.quote)
    return None


def _sources(view: View, op: str, wanted: Target, fields: tuple[str, ...]) -> Iterator[list[Piece]]:
    pieces = view.pieces
    yield [p for p in pieces if p.field in fields]
    details = [p for p in pieces if p.name and p.field not in fields]
    if wanted.words:
        yield [p for p in details if set(wanted.words) <= _name(p)]
        named: list[Piece] = details
    else:
        own = _BOUND_NAMES.get((wanted.dimension, op)) or _OWN_NAMES.get(wanted.dimension, "")
        names = set(stems(own))
        named = [p for p in details if _name(p) & names and not _name(p) & _NOT_OWN]
        yield named
    yield [p for p in pieces if p.field == "title"]
    yield [p for p in pieces if p.field == "product_highlight"]
    if not wanted.words:
        chosen = set(named)
        yield [p for p in details if p not in chosen and not _name(p) & _NOT_OWN]
    yield [p for p in details if wanted.words]
    yield [p for p in pieces if p.field in ("description", "product_type")]


def _values(piece: Piece, wanted: Target) -> list[float]:
    """The numbers of the piece that are of what is asked, in the base unit."""
    found = measures(piece.text)
    if not found:
        return []
    unit = unit_of(piece.name) if piece.name else None
    if unit is not None:
        found = tuple(m._replace(dimension=unit[0], value=m.raw * unit[1]) if not m.dimension else m for m in found)
    named = bool(piece.name) and bool(_name(piece) & (set(wanted.words) or {wanted.dimension[1:]}))
    right = [m for m in found if m.dimension == wanted.dimension or (named and m.dimension == "")
             or (wanted.dimension == "" and piece.name)]
    if wanted.dimension == "":
        return [m.raw for m in right]
    if not right or not wanted.words:
        return [m.value for m in right]
    missing = [w for w in wanted.words if w not in _name(piece)]
    if not missing:
        return [m.value for m in right]
    near = _nearest(fold(piece.text), right, missing)
    return [] if near is None else [near.value]


def _nearest(folded: str, found: list[Measure], words: list[str]) -> Measure | None:
    """The measure that the words stand by, the one just before them where two are as near; `None` if none is."""
    places: dict[str, list[tuple[int, int]]] = {}
    for match in WORD.finditer(folded):
        places.setdefault(_meaning(stem(match[0])), []).append(match.span())
    if any(word not in places for word in words):
        return None

    def distance(measure: Measure) -> int:
        return min(start - measure.end if start >= measure.end else measure.start - end + 4
                   for start, end in places[words[0]])

    best = min(found, key=distance)
    return best if distance(best) <= _FAR else None


@lru_cache(maxsize=20_000)
def _named(name: str) -> frozenset[str]:
    return frozenset(_meaning(w) for w in stems(name))


def _name(piece: Piece) -> frozenset[str]:
    return _named(piece.name)


def _meaning(word: str) -> str:
    return _MEANS.get(word, word)
