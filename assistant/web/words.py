"""Records in the shopper's words: amounts, constraints, where they come from and how sure the reader is."""

from __future__ import annotations

from typing import get_args

from assistant.records import Constraint, Conversation, Event
from retrieval.conditions import Attribute, Op

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥", "INR": "₹"}
NUMERIC = frozenset({"price", "rating", "quantity"})
OPERATORS: dict[str, str] = {
    "is": "is", "is_not": "is not", "at_most": "at most", "at_least": "at least", "about": "about",
}  # fmt: skip
ATTRIBUTES: dict[str, str] = {"color": "colour", "use": "for use in", "recipient": "for", "product": "kind"}
AVAILABILITY = {
    "in_stock": "In stock", "out_of_stock": "Out of stock", "preorder": "Pre-order", "backorder": "On back-order",
}  # fmt: skip
DID: dict[str, str] = {
    "view_item": "viewed", "select_item": "opened", "add_to_cart": "added to the basket",
    "remove_from_cart": "removed from the basket", "add_to_wishlist": "saved", "purchase": "bought",
    "view_item_list": "browsed", "search": "searched for",
}  # fmt: skip
STAGES = {
    "exploring": "Exploring", "comparing": "Comparing", "deciding": "Deciding", "buying": "Buying",
    "after_purchase": "After purchase",
}  # fmt: skip


def money(amount: float | None, currency: str) -> str:
    """`19.5` in USD as `$19.50`; an amount in a currency without a symbol as `19.50 CHF`; unknown as a sentence."""
    if amount is None:
        return "Price on request"
    digits = f"{amount:,.0f}" if currency == "JPY" else f"{amount:,.2f}"
    return f"{SYMBOLS[currency]}{digits}" if currency in SYMBOLS else f"{digits} {currency}"


def attribute_name(attribute: str) -> str:
    """An attribute as a shopper calls it."""
    return ATTRIBUTES.get(attribute, attribute)


def attributes() -> list[tuple[str, str]]:
    """All attributes that a constraint may have, as (attribute, its name)."""
    return [(name, attribute_name(name)) for name in get_args(Attribute) if name != "product"]


def operators(attribute: str) -> list[tuple[str, str]]:
    """The operators that make sense for an attribute, as (operator, its words)."""
    bounded = attribute in NUMERIC or attribute in {"size", "feature", "other"}
    return [(op, OPERATORS[op]) for op in get_args(Op) if bounded or op in {"is", "is_not"}]


def value_words(constraint: Constraint) -> str:
    """A constraint's value; a number without needless decimals, a price with its currency."""
    value = constraint.value
    if isinstance(value, float):
        if constraint.attribute == "price" and constraint.unit:
            return money(value, constraint.unit).removesuffix(".00")
        return f"{value:g}" if value < 1e6 else f"{value:.0f}"
    return str(value)


def plain_value(constraint: Constraint) -> str:
    """A constraint's value as it stands in the edit field."""
    return f"{constraint.value:g}" if isinstance(constraint.value, float) else str(constraint.value)


def source_words(constraint: Constraint, conversation: Conversation, titles: dict[str, str]) -> str:
    """Where a constraint comes from: the quoted words, the click, or the shopper's own hand."""
    source = constraint.source
    if source is None:
        return "set by you here"
    if source.quote:
        return f"“{source.quote}”"
    if source.event is not None and source.event < len(conversation.events):
        return f"you {event_words(conversation.events[source.event], titles)}"
    return "from the conversation"


def event_words(event: Event, titles: dict[str, str]) -> str:
    """What the shopper did, for example `viewed Alpine tent`."""
    did = DID.get(event.event_name, event.event_name.replace("_", " "))
    if event.event_name == "search" and event.search_term:
        return f"{did} “{event.search_term}”"
    names = [titles.get(item.item_id) or item.item_name or item.item_id for item in event.items[:2]]
    return f"{did} {', '.join(names)}".strip()


def confidence_level(confidence: float | None) -> int:
    """How sure the reader is in four steps, 0 (not known or set by hand) to 3 (sure)."""
    if confidence is None:
        return 0
    return 3 if confidence >= 0.8 else 2 if confidence >= 0.5 else 1


def confidence_words(confidence: float | None) -> str:
    """How sure the reader is, in words and percent."""
    word = ("", "unsure", "fairly sure", "sure")[confidence_level(confidence)]
    return f"{word} ({confidence:.0%})" if confidence is not None else ""
