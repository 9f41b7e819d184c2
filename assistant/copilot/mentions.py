"""What of a customer's own records their words point at: orders, pieces of orders, means of payment, addresses.

Only the customer's records are looked through, by their own words, so nothing is found that is not theirs. What the
customer wants done with it is the reader's business, not this module's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.service.records import Address, Customer, Order, OrderItem, PaymentMethod, Product, Variant
from retrieval.text import WORD, fold, singular, singulars

CODE = re.compile(r"[\w#-]*\d[\w-]*")
EXCEPTION = re.compile(r"\b(?:except(?: for)?|apart from|other than|but (?:not|keep))\b", re.IGNORECASE)
WRITTEN = re.compile(
    r"\b(?P<street>\d+ [^\W\d][\w.' -]*),\s*(?:(?P<unit>(?:suite|apt|apartment|unit|floor)[^,]*),\s*)?"
    r"(?P<city>[^\W\d][\w.' -]*),\s*(?:(?P<state>[^\W\d][\w. -]*?),?\s+)?(?P<zip>\d[\w-]{2,9})\b",
    re.IGNORECASE,
)
EVERYTHING = frozenset({"all", "everything", "every", "each", "both"})
ALL_ORDERS = re.compile(r"\b(?:all|every|both)\b[\w ]{0,30}\borders\b", re.IGNORECASE)
CHEAPEST, DEAREST = frozenset({"cheapest"}), frozenset({"dearest", "priciest"})
KINDS = {"gift_card": ("gift card", "giftcard"), "credit_card": ("credit card", "card"), "paypal": ("paypal",)}
PIECES_OF_A_WORD = 4
MOST_EXPENSIVE = ("most", "expensive")


@dataclass(frozen=True)
class Piece:
    """A piece of an order, and the words about it: from where it is named to where the next one is."""

    order: Order
    item: OrderItem
    words: str


def orders_named(text: str, orders: Sequence[Order]) -> tuple[Order, ...]:
    """The orders whose number the text holds, with or without sign and letters before it."""
    codes = {re.sub(r"\W", "", code).lower() for code in CODE.findall(text)}
    return tuple(o for o in orders if {key := re.sub(r"\W", "", o.id).lower(), key.lstrip("abcdefghijklmnopqrstuvwxyz")}
                 & codes)


def all_orders_named(text: str) -> bool:
    """Whether the text speaks of all orders."""
    return ALL_ORDERS.search(text) is not None


def pieces_named(text: str, orders: Sequence[Order]) -> tuple[Piece, ...]:
    """The pieces that the text names by product, by a word that only one of the customer's products has (a colour or
    size in its name is none), or by id.

    What stands after "except" is taken out; "everything" stands for all pieces of the orders."""
    kept, exceptions = _split(text)
    names = {item.name: set(singulars(" ".join(item.options.values()))) for order in orders for item in order.items}
    places = {name: place for name in sorted(names) if (place := _place(kept, name, names)) is not None}
    out = {name for name in names if exceptions and _place(exceptions, name, names) is not None}
    if not places and EVERYTHING & set(singulars(kept)):
        places = dict.fromkeys(names, 0)
    codes = set(CODE.findall(kept))
    found = []
    for order in orders:
        for item in order.items:
            if (item.name in places and item.name not in out) or item.item_id in codes:
                found.append(Piece(order, item, _until_next(kept, places.get(item.name, 0), places.values())))
    return tuple(found)


def without_names(text: str, orders: Sequence[Order]) -> str:
    """The text with `it` in place of the names of pieces of the orders and `my order` in place of their numbers: what
    is asked for can then be compared without what it is asked of."""
    own = {re.sub(r"\W", "", order.id).lower() for order in orders}
    text = CODE.sub(lambda match: "my order" if re.sub(r"\W", "", match[0]).lower() in own else match[0], text)
    names = [set(singulars(item.name)) for order in orders for item in order.items]
    runs: list[tuple[int, int]] = []
    for match in WORD.finditer(text):
        if not any(singular(fold(match[0])) in name for name in names):
            continue
        if runs and not text[runs[-1][1] : match.start()].strip(" -&,"):
            runs[-1] = (runs[-1][0], match.end())
        else:
            runs.append(match.span())
    for start, end in reversed(runs):
        if any(set(singulars(text[start:end])) & name and _enough(text[start:end], name) for name in names):
            text = f"{text[:start]}it{text[end:]}"
    return text


def other_named(words: str, item: OrderItem, product: Product) -> bool:
    """Whether the words name, of an option of the product, a value that the piece does not have."""
    named = _options_named(singulars(words), product)
    return any(values - {item.options.get(name)} for name, values in named.items() if name in item.options)


def method_named(text: str, customer: Customer) -> PaymentMethod | None:
    """The means of payment that the text names: by id, by a word of its label that no other has, or by a kind that is
    the only one."""
    lower = text.lower()
    spoken = set(re.findall(r"[\w-]+", lower))
    labels = {method.id: {method.id.lower(), *method.label.lower().split()} for method in customer.payment_methods}
    for method in customer.payment_methods:
        others = {word for id, words in labels.items() if id != method.id for word in words}
        if (labels[method.id] - others) & spoken:
            return method
    for kind, names in KINDS.items():
        own = [method for method in customer.payment_methods if method.kind == kind]
        if len(own) == 1 and any(re.search(rf"\b{name}\b", lower) for name in names):
            return own[0]
    return None


def address_named(text: str, customer: Customer, orders: Sequence[Order]) -> Address | None:
    """The address that is written out in the text, or the one of the customer's addresses whose street, city or zip it
    names; a street says most, and "default" stands for that of the profile."""
    if (written := _written(text, customer, orders)) is not None:
        return written
    known = list(dict.fromkeys(a for a in (customer.address, *(o.address for o in orders)) if a is not None))
    lower = text.lower()
    scores = [
        4 * (a.address1.lower() in lower) + 2 * (a.zip.lower() in lower) + (a.city.lower() in lower) for a in known
    ]
    best = max(scores, default=0)
    if best > 0 and scores.count(best) == 1:
        return known[scores.index(best)]
    return customer.address if re.search(r"\bdefault\b", lower) else None


def variant_named(words: str, item: OrderItem, product: Product) -> Variant | None:
    """The available variant that the words ask for in place of `item`: by id, as the cheapest or dearest, or with the
    options they name and otherwise as like it as can be. `None` where none is named, or several fit equally.

    Of two values of one option, that of the piece is what the customer has, the other what they want."""
    others = [v for v in product.variants if v.available and v.item_id != item.item_id]
    if (by_id := next((v for v in others if v.item_id in set(CODE.findall(words))), None)) is not None:
        return by_id
    spoken = singulars(words)
    named = {
        name: (values - {item.options.get(name, "")}) or values
        for name, values in _options_named(spoken, product).items()
    }
    others = [v for v in others if all(v.options.get(name) in values for name, values in named.items())]
    if (extreme := _extreme(spoken)) != 0 and others:
        return min(others, key=lambda v: extreme * v.price)
    if not named or not others:
        return None
    likeness = [sum(v.options.get(name) == value for name, value in item.options.items()) for v in others]
    best = max(likeness)
    return others[likeness.index(best)] if likeness.count(best) == 1 else None


# --- parts -------------------------------------------------------------------------------------------------------


def _enough(words: str, name: set[str]) -> bool:
    """Whether a run of words names a thing: by two words of its name or more, or by the only one it has."""
    return len(set(singulars(words)) & name) > 1 or len(name) == 1


def _written(text: str, customer: Customer, orders: Sequence[Order]) -> Address | None:
    """A street with its number, a city and a zip code that stand in the text in this order, between commas. A state or
    country that is not said is that of the customer's other addresses in this city, or at home."""
    found = WRITTEN.search(text)
    if found is None:
        return None
    home = customer.address
    same_city = [a for o in orders if (a := o.address) is not None and a.city.lower() == found["city"].lower()]
    like = same_city[0] if same_city else home
    return Address(
        address1=found["street"].strip(),
        address2=(found["unit"] or "").strip(),
        city=found["city"].strip(),
        state=(found["state"] or (like.state if like is not None else "")).strip(),
        country=like.country if like is not None else "",
        zip=found["zip"],
    )


def _split(text: str) -> tuple[str, str]:
    parts = EXCEPTION.split(text, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def _place(text: str, name: str, names: Mapping[str, set[str]]) -> int | None:
    """Where the text names a product, as a word index: all its words together, or one that no other name has and that
    is no word of its options, which `names` gives for each."""
    spoken = singulars(text)
    whole = "".join(singulars(name))
    for length in range(1, PIECES_OF_A_WORD + 1):
        for start in range(len(spoken) - length + 1):
            if "".join(spoken[start : start + length]) == whole:
                return start
    shared = {word for other in names if other != name for word in singulars(other)}
    own = [word for word in singulars(name) if word not in shared | names[name] and len(word) > 2]
    return next((i for i, word in enumerate(spoken) if word in own), None)


def _until_next(text: str, start: int, places: Iterable[int]) -> str:
    spoken = singulars(text)
    end = min((place for place in places if place > start), default=len(spoken))
    return " ".join(spoken[start:end])


def _options_named(spoken: Sequence[str], product: Product) -> dict[str, set[str]]:
    """The values of each option that stand in the words; where one value holds another, the longer counts."""
    found: dict[str, set[str]] = {}
    text = f" {' '.join(spoken)} "
    for name in dict.fromkeys(name for v in product.variants for name in v.options):
        values = {v.options[name] for v in product.variants if name in v.options}
        said = {value for value in values if f" {' '.join(singulars(value))} " in text}
        longest = {v for v in said if not any(v != other and v.lower() in other.lower() for other in said)}
        if longest:
            found[name] = longest
    return found


def _extreme(spoken: Sequence[str]) -> int:
    """1 for the cheapest, -1 for the dearest, 0 where neither is asked for."""
    pairs = set(pairwise(spoken))
    if CHEAPEST & set(spoken) or ("least", "expensive") in pairs:
        return 1
    return -1 if DEAREST & set(spoken) or MOST_EXPENSIVE in pairs else 0
