"""Numbers with units in texts, in one base unit for each dimension (`1.7 l`, `55"`, `30 x 40 cm`, `2 person`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from retrieval.text import fold, singular


class Measure(NamedTuple):
    """One number of a text. `value` is in the dimension's base unit, `raw` as written; `start` and `end` are
    places in the folded text. `dimension` is "" for a bare number, `#word` for a count of things."""

    value: float
    dimension: str
    raw: float
    start: int
    end: int


_UNITS: dict[str, dict[str, float]] = {
    "length": {"mm": 1e-3, "millimeter": 1e-3, "cm": 1e-2, "centimeter": 1e-2, "centimetre": 1e-2, "m": 1.0,
               "meter": 1.0, "metre": 1.0, "km": 1e3, "kilometer": 1e3, "kilometre": 1e3, "in": 0.0254,
               "inch": 0.0254, "inche": 0.0254, '"': 0.0254, "''": 0.0254, "ft": 0.3048, "foot": 0.3048,
               "feet": 0.3048, "'": 0.3048, "yd": 0.9144, "yard": 0.9144, "mile": 1609.344},
    "mass": {"mg": 1e-6, "g": 1e-3, "gr": 1e-3, "gram": 1e-3, "gramme": 1e-3, "kg": 1.0, "kilo": 1.0, "kilogram": 1.0,
             "lb": 0.45359237, "pound": 0.45359237, "oz": 0.028349523, "ounce": 0.028349523, "tonne": 1e3},
    "volume": {"ml": 1e-3, "milliliter": 1e-3, "millilitre": 1e-3, "cl": 1e-2, "dl": 0.1, "l": 1.0, "liter": 1.0,
               "litre": 1.0, "ltr": 1.0, "qt": 0.946353, "quart": 0.946353, "pint": 0.473176, "gal": 3.785412,
               "gallon": 3.785412, "fl oz": 0.0295735, "fl. oz": 0.0295735, "cu ft": 28.316847,
               "cubic feet": 28.316847},
    "power": {"w": 1.0, "watt": 1.0, "kw": 1e3, "kilowatt": 1e3},
    "voltage": {"v": 1.0, "volt": 1.0},
    "charge": {"mah": 1e-3, "ah": 1.0},
    "energy": {"wh": 1.0, "kwh": 1e3},
    "storage": {"kb": 1e-6, "mb": 1e-3, "gb": 1.0, "gig": 1.0, "gigabyte": 1.0, "tb": 1e3, "terabyte": 1e3},
    "frequency": {"hz": 1.0, "hertz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "time": {"sec": 1 / 3600, "second": 1 / 3600, "min": 1 / 60, "minute": 1 / 60, "h": 1.0, "hr": 1.0, "hour": 1.0,
             "day": 24.0, "week": 168.0, "month": 730.5, "year": 8766.0, "yr": 8766.0},
    "noise": {"db": 1.0, "dba": 1.0, "db(a)": 1.0, "decibel": 1.0},
    "light": {"lm": 1.0, "lumen": 1.0},
    "temperature": {"°c": 1.0, "°": 1.0, "celsius": 1.0, "degree": 1.0},
    "pressure": {"bar": 1.0, "psi": 0.0689476},
    "speed": {"km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344},
    "area": {"m2": 1.0, "sqm": 1.0, "sq m": 1.0, "square meter": 1.0, "square metre": 1.0, "sq ft": 0.092903,
             "square feet": 0.092903, "square foot": 0.092903},
    "airflow": {"m3/h": 1.0, "cfm": 1.699},
    "rotation": {"rpm": 1.0},
    "torque": {"nm": 1.0},
    "pixels": {"mp": 1.0, "megapixel": 1.0},
    "density": {"gsm": 1.0},
    "percent": {"%": 1.0, "percent": 1.0},
    "#person": dict.fromkeys(("person", "people", "man", "men", "berth", "adult", "p"), 1.0),
    "#seat": dict.fromkeys(("seat", "seater"), 1.0),
    "#piece": dict.fromkeys(("piece", "pc", "pack", "pk", "count"), 1.0),
}
_BY_NAME = {name: (dimension, factor) for dimension, names in _UNITS.items() for name, factor in names.items()}
_NAMES = "|".join(re.escape(name) + ("s?" if name[-1].isalpha() and len(name) > 1 else "")
                  for name in sorted(_BY_NAME, key=len, reverse=True))
_NUMBER = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:[.,]\d+)?|\.\d+"
_UNIT = rf"(?:{_NAMES})(?![a-z0-9])(?!\s\d)|(?:{_NAMES})(?=\s*[x-]\s*\d)"
_DIGIT = re.compile(r"\d")
_START = r"(?:(?<![\w.])|(?<=\dx))"
_ONE = re.compile(
    rf"{_START}(pack of |set of |box(?:es)? of )?({_NUMBER})(?:[\s-]?({_UNIT})|[\s-]+([a-z]+)|)"
)
_JOINED = re.compile(rf"{_START}({_NUMBER})(?:\s?(?:{_NAMES}))?\s?(?:x|-|to|by|/)\s?(?=(?:{_NUMBER}))")
_SMALL = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
          "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
          "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "dozen": 12}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SPELLED = re.compile(
    rf"\b(?:(?P<half>half an?)|(?:(?P<tens>{'|'.join(_TENS)})[ -]?)?(?P<small>{'|'.join(_SMALL)})?"
    r"(?P<hundred> hundred)?(?P<plus> and a half)?)(?=[ -](?P<next>[a-z]+)|$)"
)


@lru_cache(maxsize=4096)
def spelled_out(text: str) -> str:
    """The folded text with numbers in words before a unit or a noun as digits (`six foot` → `6 foot`)."""

    def digits(match: re.Match[str]) -> str:
        if match["half"]:
            return "0.5"
        if not (match["tens"] or match["small"]):
            return match[0]
        if match["small"] in ("a", "an") and not _unit(match["next"] or ""):
            return match[0]
        number = _TENS.get(match["tens"] or "", 0) + _SMALL.get(match["small"] or "", 0)
        return f"{(number or 1) * (100 if match['hundred'] else 1) + (0.5 if match['plus'] else 0):g}"

    return _SPELLED.sub(digits, text)


@lru_cache(maxsize=50_000)
def measures(text: str) -> tuple[Measure, ...]:
    """Every number of a text in order. In `30 x 40 cm` and `10-12 hours` the unit counts for all of them."""
    folded = fold(text)
    if not _DIGIT.search(folded):
        return ()
    found: list[Measure] = []
    place = 0
    joined: list[tuple[float, int, int]] = []
    while place < len(folded):
        chain = _JOINED.search(folded, place)
        single = _ONE.search(folded, place)
        if single is None:
            break
        if chain is not None and chain.start(1) == single.start(2):
            joined.append((_number(chain[1]), chain.start(1), chain.end(1)))
            place = chain.end()
            continue
        value, start, end = _number(single[2]), single.start(2), single.end()
        dimension, factor = _dimension(single[3], single[4])
        if single[4]:
            end = single.end(2)
        if single[1] and not single[3]:
            dimension = "#piece"
        found += [Measure(v * factor, dimension, v, s, e) for v, s, e in joined]
        found.append(Measure(value * factor, dimension, value, start, end))
        joined, place = [], max(end, place + 1)
    return tuple(found)


def unit_of(name: str) -> tuple[str, float] | None:
    """The dimension and factor of a unit named in brackets or at the end: `Weight (kg)`, `Memory GB`."""
    match = re.search(rf"[\s(\[,]({_NAMES})[)\]]?$", fold(name))
    return None if match is None else _BY_NAME[_unit(match[1]) or match[1]]


def _unit(name: str) -> str | None:
    return name if name in _BY_NAME else next((n for n in (name[:-1],) if n in _BY_NAME and name.endswith("s")), None)


def _dimension(unit: str | None, noun: str | None) -> tuple[str, float]:
    if unit:
        return _BY_NAME[_unit(unit) or unit]
    return (f"#{singular(noun)}" if noun and len(noun) > 1 else "", 1.0)


def _number(text: str) -> float:
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))
