"""Marks inside text under construction: which characters are a value, which its quote.

A mark is a private-use character, so that wording, typing errors and changes of case can be applied to the whole
message
while the marks stay where they belong. `read` takes them out again and says what they enclosed. A message has
room for 200 marked things.
"""

from __future__ import annotations

import re
from typing import NamedTuple

BASE = 0xE000
ROOM = 200
KINDS = ("quote_open", "quote_close", "value_open", "value_close")
MARKS = re.compile(f"[{chr(BASE)}-{chr(BASE + 4 * ROOM)}]")


class Span(NamedTuple):
    """What one mark enclosed, as it stands in the message."""

    value: str
    quote: str


def value(mark: int, text: str) -> str:
    """The text as value number `mark`."""
    return f"{_char(mark, 2)}{text}{_char(mark, 3)}"


def quote(marks: int | list[int], text: str) -> str:
    """The text as the quote of one or several marks."""
    for mark in [marks] if isinstance(marks, int) else marks:
        text = f"{_char(mark, 0)}{text}{_char(mark, 1)}"
    return text


def read(text: str) -> tuple[str, dict[int, Span]]:
    """The message without its marks, and what each enclosed, without blanks and stops at the ends."""
    clean: list[str] = []
    places: dict[int, dict[str, int]] = {}
    length = 0
    for piece in re.split(f"({MARKS.pattern})", text):
        if MARKS.fullmatch(piece):
            number, kind = divmod(ord(piece) - BASE, 4)
            places.setdefault(number, {})[KINDS[kind]] = length
        else:
            clean.append(piece)
            length += len(piece)
    message = "".join(clean)
    return message, {number: _span(message, at) for number, at in places.items()}


def _span(message: str, at: dict[str, int]) -> Span:
    quoted = _trim(message[at["quote_open"] : at["quote_close"]]) if "quote_open" in at else ""
    valued = _trim(message[at["value_open"] : at["value_close"]]) if "value_open" in at else ""
    return Span(valued or quoted, quoted or valued)


def _trim(text: str) -> str:
    text = text.strip(" \n,;:-")
    return text if text.endswith(("fr.", "approx.")) else text.rstrip(".!? ")


def _char(mark: int, kind: int) -> str:
    if not 0 <= mark < ROOM:
        raise ValueError(f"expected a mark below {ROOM}, found {mark}")
    return chr(BASE + 4 * mark + kind)
