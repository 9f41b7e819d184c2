"""What of a customer's own records their words point at: orders, pieces of orders, means of payment, addresses.

Only the customer's records are looked through, by their own words, so nothing is found that is not theirs. What the
customer wants done with it is the reader's business, not this module's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.days import days_in, falls_on
from assistant.service.records import Address, Customer, Order, PaymentMethod

CODE = re.compile(r"[\w#-]*\d[\w-]*")
_LETTERED = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}"
"""Postcodes with letters in them, as in the United Kingdom, Canada and the Netherlands."""
WRITTEN = re.compile(
    r"(?<![\w#-])(?P<street>\d+[a-z]? (?!(?:to|at|into) )[^\W\d][\w.' -]*),\s*"
    r"(?:(?P<unit>(?:suite|apt|apartment|unit|flat|floor)[^,]*),\s*)?(?P<city>[^\W\d][\w.' -]*?)"
    rf"(?:\s+(?P<code>{_LETTERED})|,\s*(?:(?P<state>[^\W\d][^\W\d.]*(?:[ .-]+[^\W\d]+)*),?\s+)?"
    rf"(?P<zip>{_LETTERED}|\d[\w-]{{2,9}}))\b",
    re.IGNORECASE,
)
ALL_ORDERS = re.compile(
    r"\b(?:all|every|both)\b[\w ]{0,30}\b(?:orders|order'?s? address(?:es)?)\b|\bevery (?:\w+ )?order\b", re.IGNORECASE
)
KINDS = {
    "gift_card": re.compile(r"\b(?:gift ?cards?|gc|store credit)\b"),
    "paypal": re.compile(r"\bpay ?pal\b"),
    "credit_card": re.compile(r"(?<!gift )(?<!other )\b(?:(?:credit|debit) )?cards?\b"),
}
ORIGINAL = re.compile(r"\b(?:original|same) (?:payment|card|method|way)\b")
OTHER_CARD = re.compile(r"\bother (?:credit )?card\b")
OTHER_METHOD = re.compile(r"\bother (?:payment|method|way|order'?s? payment)\b")
TOWARDS = re.compile(r"\b(?:to|be|into|as|with)\b", re.IGNORECASE)
STREET, ZIP, CITY = 4, 2, 1
"""What it says for an address that its parts are named."""


def orders_named(text: str, orders: Sequence[Order]) -> tuple[Order, ...]:
    """The orders whose number the text holds, with or without sign and letters before it; else those that were placed
    or delivered on a day that it names."""
    codes = {re.sub(r"\W", "", code).lower() for code in CODE.findall(text)}
    keys = {order.id: re.sub(r"\W", "", order.id).lower() for order in orders}
    numbered = tuple(o for o in orders if {keys[o.id], keys[o.id].lstrip("abcdefghijklmnopqrstuvwxyz")} & codes)
    days = frozenset() if numbered else days_in(text)
    return numbered or tuple(o for o in orders if falls_on((o.placed_at, o.delivered_at), days))


def all_orders_named(text: str) -> bool:
    """Whether the text speaks of all orders."""
    return ALL_ORDERS.search(text) is not None


def methods_named(text: str, customer: Customer, paid_with: str | None = None) -> tuple[PaymentMethod, ...]:
    """The means of payment that the text names, in its order: by id, by a word of its label that no other has, by a
    kind that is the only one or that of `paid_with`, the one that was paid with, or by that itself."""
    lower = text.lower()
    places: dict[str, int] = {}
    for method_id, place in (*_by_label(lower, customer), *_by_kind(lower, customer, paid_with)):
        places[method_id] = min(place, places.get(method_id, place))
    named = (customer.payment_method(method_id) for method_id in sorted(places, key=lambda one: places[one]))
    return tuple(method for method in named if method is not None)


def address_named(
    text: str, customer: Customer, orders: Sequence[Order], *, default: bool = True
) -> Address | None:
    """The address that is written out in the text, else the one of the customer's addresses that it names: by street,
    zip, city or the city's initials, as that of an order, or, with `default`, as the default. Of several, the one after
    "to"."""
    if (new := written(text, customer, orders)) is not None:
        return new
    for match in reversed(list(TOWARDS.finditer(text))):
        part = text[match.end() :]
        numbered = [order.address for order in orders_named(part, orders)]
        if len(numbered) == 1 and numbered[0] is not None and orders_named(text[: match.start()], orders):
            return numbered[0]
        if (found := _known(part, customer, orders, default)) is not None:
            return found
    return _known(text, customer, orders, default)


def written(text: str, customer: Customer, orders: Sequence[Order]) -> Address | None:
    """A street with its number, a city and a zip code that stand in the text in this order, between commas. A state or
    country that is not said is that of the customer's other addresses in this city, or at home; a state is written as
    in one that they have with this zip."""
    found = WRITTEN.search(text)
    if found is None:
        return None
    zip = found["zip"] or found["code"]
    home = customer.address
    known = [a for a in (home, *(order.address for order in orders)) if a is not None]
    same_city = [a for a in known if a.city.lower() == found["city"].strip().lower()]
    like = same_city[0] if same_city else home
    same_zip = like is not None and like.zip == zip
    return Address(
        address1=found["street"].strip(),
        address2=(found["unit"] or "").strip(),
        city=found["city"].strip(),
        state=like.state if like is not None and (same_zip or not found["state"]) else (found["state"] or "").strip(),
        country=like.country if like is not None else "",
        zip=zip,
    )


def likeness(text: str, address: Address) -> int:
    """How much a text says of an address: 0 where it names neither its street nor zip nor city."""
    lower = text.lower()
    initials = "".join(word[0] for word in address.city.split())
    city = re.search(rf"\b{re.escape(address.city.lower())}\b", lower) is not None or (
        len(initials) > 1 and re.search(rf"\b{initials}C?\b", text) is not None
    )
    return STREET * (address.address1.lower() in lower) + ZIP * (address.zip.lower() in lower) + CITY * city


# --- parts -------------------------------------------------------------------------------------------------------


def _by_label(lower: str, customer: Customer) -> Iterator[tuple[str, int]]:
    labels = {method.id: {method.id.lower(), *method.label.lower().split()} for method in customer.payment_methods}
    for match in re.finditer(r"[\w-]+", lower):
        having = [method_id for method_id, words in labels.items() if match[0] in words]
        if len(having) == 1:
            yield having[0], match.start()


def _by_kind(lower: str, customer: Customer, paid_with: str | None) -> Iterator[tuple[str, int]]:
    for kind, pattern in KINDS.items():
        own = [method.id for method in customer.payment_methods if method.kind == kind]
        meant = own if len(own) == 1 else [method_id for method_id in own if method_id == paid_with]
        if meant and (match := pattern.search(lower)) is not None:
            yield meant[0], match.start()
    if paid_with is None:
        return
    if (match := ORIGINAL.search(lower)) is not None:
        yield paid_with, match.start()
    for pattern, kinds in ((OTHER_CARD, ("credit_card",)), (OTHER_METHOD, tuple(KINDS))):
        others = [m.id for m in customer.payment_methods if m.id != paid_with and m.kind in kinds]
        if len(others) == 1 and (match := pattern.search(lower)) is not None:
            yield others[0], match.start()


def _known(text: str, customer: Customer, orders: Sequence[Order], default: bool) -> Address | None:
    """The one of the customer's addresses that a part of a text names."""
    known = list(dict.fromkeys(a for a in (customer.address, *(o.address for o in orders)) if a is not None))
    scores = [likeness(text, address) for address in known]
    best = max(scores, default=0)
    if best > 0 and scores.count(best) == 1:
        return known[scores.index(best)]
    return customer.address if default and re.search(r"\bdefault\b", text, re.IGNORECASE) else None
