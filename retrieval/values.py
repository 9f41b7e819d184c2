"""Single values of a shop's feed: amounts with currencies, stock, ratings, counts."""

from __future__ import annotations

import math
import re
from typing import Any

_AVAILABILITY = {
    "in_stock": ("in_stock", "instock", "available", "yes", "true", "y", "limited_availability", "in"),
    "out_of_stock": ("out_of_stock", "outofstock", "unavailable", "sold_out", "no", "false", "n", "discontinued"),
    "preorder": ("preorder", "pre_order", "presale"),
    "backorder": ("backorder", "back_order", "on_backorder"),
}
_SYMBOLS = {"$": "USD", "\u20ac": "EUR", "\u00a3": "GBP", "\u00a5": "JPY", "\u20b9": "INR"}
_CURRENCY = r"([A-Z]{3}|[$\u20ac\u00a3\u00a5\u20b9])?"
_AMOUNT = re.compile(rf"^{_CURRENCY}\s*(\d[\d.,' \u00a0]*?)\s*{_CURRENCY}$")
RANGE = re.compile(r"(?<=\d)\s*[-\u2013]\s*(?=[$\u20ac\u00a3\d])")


class FieldError(ValueError):
    """A value that cannot be understood, and the field it is in."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.field = name


def money(value: Any, name: str) -> tuple[float, str | None]:
    """An amount and its currency: `129.99`, `"129.99 USD"`, `"€ 1.299,00"`; of a range `"$45-52"` the upper end, so
    that nothing costs more than it was found for. Raises `FieldError`."""
    expected = f'expected a number such as 129.99 or "129.99 USD", found {shown(value)}'
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise FieldError(name, expected)
    if isinstance(value, int | float):
        number, currency = float(value), None
    else:
        ends = [_AMOUNT.match(end.strip()) for end in RANGE.split(value.strip())]
        last = ends[-1]
        if last is None or ends[0] is None or len(ends) > 2:
            raise FieldError(name, expected)
        sign = last[1] or last[3] or ends[0][1]
        number, currency = _decimal(last[2]), _SYMBOLS.get(sign or "", sign)
    if not math.isfinite(number) or number < 0:
        raise FieldError(name, expected)
    return number, currency


def _decimal(digits: str) -> float:
    digits = re.sub(r"[ '\u00a0]", "", digits)
    if re.fullmatch(r"\d{1,3}(\.\d{3})*,\d{1,2}|\d+,\d{1,2}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    try:
        return float(digits.replace(",", ""))
    except ValueError:
        return math.nan


def availability(value: Any) -> str:
    """The availability in Merchant's words: from those, a number in stock, yes or no. Raises `FieldError`."""
    if value is None:
        return "in_stock"
    if isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"-?\d+(\.0+)?", value.strip())):
        return "in_stock" if float(value) > 0 else "out_of_stock"
    name = re.sub(r"[\s-]+", "_", str(value).strip().lower().rpartition("/")[2])
    for ours, theirs in _AVAILABILITY.items():
        if name in theirs:
            return ours
    raise FieldError("availability", f"expected in_stock, out_of_stock, preorder or backorder, found {shown(value)}")


def rating(value: Any) -> float | None:
    """A rating from 0 to 5 (`4.5`, `"4.5/5"`). Raises `FieldError`."""
    if value is None:
        return None
    try:
        stars = float(str(value).split("/")[0].split(" out of")[0])
    except ValueError:
        stars = math.nan
    if isinstance(value, bool) or not 0 <= stars <= 5:
        raise FieldError("rating", f"expected a number from 0 to 5, found {shown(value)}")
    return stars


def count(value: Any) -> int | None:
    """A whole number of reviews. Raises `FieldError`."""
    if value is None:
        return None
    try:
        number = float(str(value).replace(",", ""))
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not (math.isfinite(number) and number >= 0 and number == int(number)):
        raise FieldError("review_count", f"expected a whole number, found {shown(value)}")
    return int(number)


def plain(value: Any) -> str:
    """Any value as a shopper would read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return f"{value:.10g}"
    return ", ".join(plain(each) for each in value) if isinstance(value, list | tuple) else str(value)


def shown(value: Any) -> str:
    """A value as an error message quotes it."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
