"""Who a customer is: found in the desk's records by what they say of themselves, never by what they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assistant.service.desk import ServiceDesk
from assistant.service.records import Customer
from assistant.shop import EMAIL
from retrieval.text import words

CODE = re.compile(r"\b[\w-]*\d[\w-]*\b")
SHORTEST_CODE, LONGEST_NAME = 3, 3


def identify(desk: ServiceDesk, said: Iterable[str]) -> Customer | None:
    """The one customer whose e-mail address, or name and zip code, the customer said; `None` where that is nobody, or
    more than one.

    First and last name, of up to three words each, stand next to each other in the text."""
    text = "\n".join(said)
    by_email = {found.id: found for email in EMAIL.findall(text) if (found := desk.customer_by_email(email))}
    if by_email:
        return _only(by_email.values())
    codes = {code for code in CODE.findall(text) if len(code) >= SHORTEST_CODE}
    names = set(_names(text))
    by_name = {
        found.id: found for zip in codes for first, last in names if (found := desk.customer_by_name(first, last, zip))
    }
    return _only(by_name.values())


def _names(text: str) -> Iterator[tuple[str, str]]:
    spoken = words(text.replace("_", " "))
    for start in range(len(spoken)):
        for middle in range(start + 1, min(start + LONGEST_NAME, len(spoken)) + 1):
            for end in range(middle + 1, min(middle + LONGEST_NAME, len(spoken)) + 1):
                yield " ".join(spoken[start:middle]), " ".join(spoken[middle:end])


def _only(found: Iterable[Customer]) -> Customer | None:
    customers = list(found)
    return customers[0] if len(customers) == 1 else None
