"""Facts in words: the phrases behind a reply's placeholders, in the grammar that `facts.FACT_KEYS` asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.records import Constraint

SYMBOL = {
    "USD": "$",
    "GBP": "£",
    "EUR": "€",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "PHP": "₱",
    "CAD": "C$",
    "AUD": "A$",
    "NZD": "NZ$",
    "BRL": "R$",
}
NO_CENTS = frozenset({"JPY", "KRW", "HUF"})
BOUND = {"is": "", "is_not": "not ", "at_most": "at most ", "at_least": "at least ", "about": "about "}
BEFORE = {"brand": "from ", "size": "size ", "use": "for ", "occasion": "for ", "recipient": "for "}
# Nouns that end in s and are one thing; and words before which no article stands.
SINGULAR_S = frozenset({"dress", "glass", "mattress", "compass", "harness", "bus", "lens", "canvas", "atlas", "press"})
DETERMINERS = frozenset({"a", "an", "the", "some", "something", "anything", "my", "your", "new", "two", "three"})
UNCOUNTED = frozenset(
    {
        "furniture",
        "clothing",
        "bedding",
        "luggage",
        "coffee",
        "tea",
        "food",
        "equipment",
        "gear",
        "shampoo",
        "sportswear",
        "underwear",
        "software",
        "ram",
        "storage",
        "cookware",
        "jewellery",
        "jewelry",
        "paint",
        "paper",
        "soap",
        "cutlery",
        "stuff",
        "wine",
        "litter",
        "sunscreen",
        "lighting",
    }
)


def money(amount: float, currency: str) -> str:
    """`1234.5, "USD"` -> `$1,234.50`; the code stands behind where there is no symbol: `99.00 PLN`."""
    text = f"{amount:,.0f}" if currency in NO_CENTS else f"{amount:,.2f}"
    return f"{SYMBOL[currency]}{text}" if currency in SYMBOL else f"{text} {currency}"


def noun(product: str) -> str:
    """A kind of thing with the article it needs: `kettle` -> `a kettle`, `hiking boots` -> `hiking boots`."""
    words = product.strip().split()
    if not words or words[0].lower() in DETERMINERS:
        return product.strip()
    last = words[-1].lower()
    plural = last.endswith("s") and last not in SINGULAR_S and not last.endswith("ss")
    if plural or last in UNCOUNTED or not last.isascii():
        return product.strip()
    silent = re.match(r"(hour|honest|heir)", words[0].lower())
    voiced = re.match(r"(uni(?!n)|usb|euro|one|u(?![np])[^\Waeiou][aeiou])", words[0].lower())
    vowel = (words[0][0].lower() in "aeiou" and not voiced) or silent
    return f"{'an' if vowel else 'a'} {product.strip()}"


def listed(parts: Sequence[str], word: str = "and") -> str:
    """`a, b and c`; empty for none."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def in_words(constraint: Constraint, currency: str) -> str:
    """A constraint as a phrase of a list: `up to $120`, `not black`, `size 42`, `from Bosch`, `for camping`."""
    value = constraint.value
    if constraint.attribute == "price" and isinstance(value, float | int):
        return _price(constraint.op, float(value), constraint.unit or currency)
    if constraint.attribute == "rating" and isinstance(value, float | int):
        return f"rated {BOUND[constraint.op]}{value:g} out of 5"
    if constraint.attribute == "quantity" and isinstance(value, float | int):
        return f"{BOUND[constraint.op]}{value:g} of them"
    text = f"{value:g}" if isinstance(value, float | int) else value.strip()
    before = BEFORE.get(constraint.attribute, "")
    bounded = constraint.op not in ("is", "is_not")
    if bounded or re.match(r"(size|for|from|by|my .*'s)\b", text, re.IGNORECASE):
        before = ""
    return f"{BOUND[constraint.op]}{before}{text}"


def _price(op: str, value: float, currency: str) -> str:
    amount = money(value, currency)
    amount = amount.replace(".00", "")
    words = {"at_most": "up to", "at_least": "over", "about": "around", "is": "at", "is_not": "not at"}
    return f"{words[op]} {amount}"
