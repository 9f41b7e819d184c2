"""Days that a text names, as people write them: `25 October`, `Oct. 25th, 2026`, `2026-10-25`, `25/10/2026`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
MONTH = {name[:length]: place for place, name in enumerate(MONTHS, start=1) for length in (3, 4, len(name))}
_NAMES = "|".join(sorted(MONTH, key=len, reverse=True))
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
NAMED = (
    re.compile(rf"\b{_DAY}\.?\s+(?:of\s+)?(?P<month>{_NAMES})\b\.?{_YEAR}", re.IGNORECASE),
    re.compile(rf"\b(?P<month>{_NAMES})\b\.?\s+(?:the\s+)?{_DAY}\b(?!:){_YEAR}", re.IGNORECASE),
)
ISO = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b")
NUMBERS = re.compile(r"\b(?P<one>\d{1,2})[/.](?P<other>\d{1,2})[/.](?P<year>\d{4})\b")


@dataclass(frozen=True)
class Day:
    """A day of a year, or of any year where none was said."""

    month: int
    day: int
    year: int | None = None

    def holds(self, moment: str) -> bool:
        """Whether an ISO 8601 time falls on it."""
        try:
            then = date.fromisoformat(moment[:10])
        except ValueError:
            return False
        return (then.month, then.day) == (self.month, self.day) and self.year in (None, then.year)


def days_in(text: str) -> frozenset[Day]:
    """The days that a text names. Of `3/4/2026`, which may be the third or the fourth month, both."""
    return frozenset(day for day in _found(text) if 1 <= day.month <= 12 and 1 <= day.day <= 31)


def falls_on(moments: Iterable[str | None], days: Collection[Day]) -> bool:
    """Whether one of the times falls on one of the days."""
    return any(day.holds(moment) for moment in moments if moment for day in days)


def _found(text: str) -> Iterator[Day]:
    for pattern in NAMED:
        for match in pattern.finditer(text):
            yield Day(MONTH[match["month"].lower()], int(match["day"]), int(match["year"]) if match["year"] else None)
    for match in ISO.finditer(text):
        yield Day(int(match["month"]), int(match["day"]), int(match["year"]))
    for match in NUMBERS.finditer(text):
        one, other, year = int(match["one"]), int(match["other"]), int(match["year"])
        yield from (Day(one, other, year), Day(other, one, year))
