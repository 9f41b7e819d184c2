"""All kinds of personal data together: every place that may be one, or places that do not overlap."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Literal, NamedTuple

from assistant.personal_data.addresses import addresses, loose_addresses
from assistant.personal_data.names import known_names, names_told
from assistant.personal_data.numbers import (
    Places,
    bare_phones,
    cards,
    emails,
    loose_cards,
    loose_phones,
    order_numbers,
    phones,
    said_phones,
)

Kind = Literal["email", "card", "address", "phone", "order", "name"]
KINDS: tuple[Kind, ...] = ("email", "card", "address", "phone", "order", "name")


class Span(NamedTuple):
    """Personal data of a kind, from character `start` to before `end`."""

    start: int
    end: int
    kind: Kind


def find(text: str, names: Collection[str] = ()) -> list[Span]:
    """The personal data in `text`, in order, none overlapping; `names` are known ones."""
    found: list[Span] = []
    known = (Span(*match.span(), "name") for pattern in known_names(names) for match in pattern.finditer(text))
    for span in (*candidates(text), *known):
        if all(span.end <= other.start or span.start >= other.end for other in found):
            found.append(span)
    return sorted(found)


def candidates(text: str, kinds: Collection[Kind] = KINDS, *, loose: bool = False) -> Iterator[Span]:
    """Every place in `text` that may be personal data of one of `kinds`, kind by kind; they may overlap.

    `loose` finds phone numbers, cards and streets in looser forms too, but takes no digits that stand without any sign
    for a phone number: what a shop numbers, such as items, looks the same."""
    finders = _LOOSE if loose else _STRICT
    for kind in KINDS:
        if kind in kinds:
            for finder in finders[kind]:
                yield from (Span(start, end, kind) for start, end in finder(text) if start < end)


Finders = Mapping[Kind, tuple[Callable[[str], Places], ...]]
_STRICT: Finders = {
    "email": (emails,), "card": (cards,), "address": (addresses,), "phone": (phones, bare_phones, said_phones),
    "order": (order_numbers,), "name": (names_told,),
}  # fmt: skip
_LOOSE: Finders = {
    **_STRICT,
    "card": (cards, loose_cards),
    "address": (addresses, loose_addresses),
    "phone": (phones, said_phones, loose_phones),
}
