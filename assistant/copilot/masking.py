"""Personal data that suggestions leave out: what a customer told of cards, addresses, phone numbers and e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assistant.service.records import Customer
from assistant.shop import EMAIL

CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
PHONE = re.compile(r"(?<![\w-])(?:\+\d{1,3}[ .-]?)?\(?\d{2,4}\)?(?:[ .-]?\d{2,4}){2,4}(?![\w-])")
STREET = re.compile(
    r"\b\d{1,5}[a-z]?\s+(?:[\w'’.-]+\s+){0,4}?"
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|terrace|close|square|sq|"
    r"crescent|highway|hwy|parkway|pkwy|row|mews)\b\.?(?:,?\s+(?:apt|apartment|suite|unit|flat|floor)\.?\s*\w+)?"
    r"|\b[\w'’.-]+(?:stra(?:ß|ss)e|weg|gasse|platz|allee)\s+\d{1,4}[a-z]?\b",
    re.IGNORECASE,
)
FEWEST_DIGITS, MOST_DIGITS = 9, 13
NAMES: Mapping[str, str] = {
    "card": "[card number]", "email": "[e-mail]", "phone": "[phone number]", "address": "[address]",
}  # fmt: skip


@dataclass(frozen=True)
class Mask:
    """Puts a name such as `[phone number]` in place of each of some customer's personal data."""

    found: Mapping[str, str]

    @classmethod
    def of(cls, texts: Iterable[str], customer: Customer | None = None, public: Iterable[str] = ()) -> Mask:
        """The mask of what is found in `texts`, and of what the customer's record holds; not of what the shop's own
        `public` texts say too, such as its e-mail address."""
        shown = "\n".join(public).casefold()
        data = [pair for text in texts for pair in sensitive(text)] + list(_recorded(customer))
        return cls({value: NAMES[kind] for value, kind in data if value.casefold() not in shown})

    def __call__(self, text: str) -> str:
        """The text without them."""
        if not self.found:
            return text
        longest = sorted(self.found, key=len, reverse=True)
        names = {value.casefold(): name for value, name in self.found.items()}
        pattern = "|".join(re.escape(value) for value in longest)
        return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", lambda m: names.get(m[0].casefold(), ""), text, flags=re.I)


def sensitive(text: str) -> Iterator[tuple[str, str]]:
    """Card numbers (by their check digit), e-mail addresses, phone numbers and street addresses in a text, each with
    its kind, a key of `NAMES`."""
    for match in EMAIL.finditer(text):
        yield match[0], "email"
    cards = [match[0] for match in CARD.finditer(text) if _luhn(_digits(match[0]))]
    yield from ((card, "card") for card in cards)
    for match in PHONE.finditer(text):
        many = FEWEST_DIGITS <= len(_digits(match[0])) <= MOST_DIGITS
        if many and not any(match[0] in card for card in cards) and re.search(r"[ .()+-]|^0", match[0]):
            yield match[0], "phone"
    for match in STREET.finditer(text):
        yield match[0], "address"


def _recorded(customer: Customer | None) -> Iterator[tuple[str, str]]:
    if customer is None:
        return
    if customer.email:
        yield customer.email, "email"
    if customer.address is not None:
        yield from ((line, "address") for line in (customer.address.address1, customer.address.address2) if line)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _luhn(digits: str) -> bool:
    values = [int(digit) for digit in reversed(digits)]
    doubled = [value * 2 - 9 if value > 4 else value * 2 for value in values[1::2]]
    return len(set(digits)) > 1 and (sum(values[::2]) + sum(doubled)) % 10 == 0
