"""Values of an option that lie on a scale: sizes, levels, and anything with a number in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from retrieval.measures import measures
from retrieval.text import singulars

SIZES = ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl")
LETTERS = {"small": "s", "medium": "m", "large": "l", "extra small": "xs", "extra large": "xl"}
"""Sizes in words, as letters."""
LEVELS: tuple[tuple[str, ...], ...] = (
    ("none", "low", "medium", "high"), ("small", "medium", "large", "extra large"),
    ("beginner", "intermediate", "advanced", "expert"), ("easy", "medium", "hard"), ("mini", "compact", "full size"),
    ("slim", "regular", "wide"), ("short", "medium", "long"), ("light", "medium", "heavy"), ("soft", "medium", "firm"),
)  # fmt: skip
NUMBER = re.compile(r"\d+(?:\.\d+)?")

Scale = Mapping[str, float]


def scale_of(values: Iterable[str]) -> Scale | None:
    """The place of each value of an option on its scale, the least first; `None` where they lie on none."""
    known = tuple(dict.fromkeys(values))
    if len(known) < 2:
        return None
    for order in (SIZES, *LEVELS):
        if all(value.lower() in order for value in known):
            return {value: float(order.index(value.lower())) for value in known}
    numbers = {value: number for value in known if (number := _number(value)) is not None}
    return numbers if len(numbers) == len(known) and len(set(numbers.values())) > 1 else None


def same_amount(text: str, value: str) -> bool:
    """Whether the text states the measure that the value is, in whatever unit and spelling: `4 foot`, `4 ft`."""
    stated = measures(value)
    return len(stated) == 1 and stated[0].dimension not in ("",) and any(
        found.dimension == stated[0].dimension and abs(found.value - stated[0].value) < 1e-9 for found in measures(text)
    )


def letter_size(spoken: Sequence[str], values: Iterable[str]) -> set[str]:
    """The values, sizes in letters, that the words name in full: `medium` where there are S, M and L."""
    by_letter = {value.lower(): value for value in values}
    if not set(by_letter) <= set(SIZES):
        return set()
    text = f" {' '.join(spoken)} "
    found = [name for name in sorted(LETTERS, key=len, reverse=True) if f" {name} " in text]
    longest = [name for name in found if not any(name != other and name in other for other in found)]
    return {by_letter[LETTERS[name]] for name in longest if LETTERS[name] in by_letter}


def _number(value: str) -> float | None:
    found = measures(value)
    if found:
        return found[0].value
    digits = NUMBER.search(" ".join(singulars(value)))
    return float(digits[0]) if digits is not None else None
