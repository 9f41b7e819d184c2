"""What a shop knows beside its catalogue: its policies in numbered clauses, and its orders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from assistant.errors import ConfigError
from assistant.records import Message, Record

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
TOKEN = re.compile(r"[\w-]*\d[\w-]*")
R = TypeVar("R", bound=Record)


class Clause(Record):
    """One numbered clause of the shop's policies, for example `returns-2`."""

    id: str
    topic: str = ""
    title: str = ""
    text: str


class Customer(Record):
    """Whose an order is."""

    id: str | None = None
    name: str = ""
    email: str | None = None


class OrderItem(Record):
    """A product of an order. `options` tell which of several it was: `{"size": "41"}`."""

    item_id: str = ""
    title: str = ""
    quantity: int = 1
    price: float | None = None
    options: dict[str, str] = Field(default_factory=dict)


class Order(Record):
    """A past order, as the shop's own system has it. Times are ISO 8601 and `None` where not reached."""

    id: str
    customer: Customer = Customer()
    status: str = "unknown"
    items: tuple[OrderItem, ...] = ()
    total: float | None = None
    currency: str | None = None
    placed_at: str | None = None
    shipped_at: str | None = None
    delivered_at: str | None = None
    expected_at: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None

    def belongs_to(self, user_id: str | None, emails: Iterable[str]) -> bool:
        """Whether the order is this shopper's: the same identified user, or an e-mail address that they gave.

        A shopper whom the shop has identified cannot reach others' orders by naming an address."""
        if user_id is not None:
            return user_id == self.customer.id
        email = (self.customer.email or "").lower()
        return bool(email) and email in {address.lower() for address in emails}


class Shop(Record):
    """Policies and orders of one shop."""

    name: str = "Shopkeeper"
    currency: str = "USD"
    policies: tuple[Clause, ...] = ()
    orders: dict[str, Order] = Field(default_factory=dict)

    def orders_of(self, user_id: str | None, emails: Iterable[str]) -> list[Order]:
        """The shopper's orders, newest first; empty where neither user nor e-mail is known."""
        addresses = tuple(emails)
        own = [order for order in self.orders.values() if order.belongs_to(user_id, addresses)]
        return sorted(own, key=lambda order: order.placed_at or "", reverse=True)

    def named_in(self, text: str) -> list[str]:
        """Ids of orders that the text mentions, by exact look-up of its words that carry a digit."""
        by_key = {_key(order_id): order_id for order_id in self.orders}
        return [by_key[number] for number in _numbers(text) if number in by_key]

    def unnumbered(self, text: str) -> str:
        """The text without e-mail addresses and the ids of orders, which say nothing of what is asked."""
        keys = {_key(order_id) for order_id in self.orders}
        return TOKEN.sub(lambda token: "" if _key(token[0]) in keys else token[0], EMAIL.sub("", text)).strip()


def emails_in(messages: Iterable[Message]) -> tuple[str, ...]:
    """E-mail addresses that the shopper wrote, oldest first."""
    return tuple(e for m in messages if m.role == "user" for e in EMAIL.findall(m.content))


def numbers_in(messages: Iterable[Message]) -> tuple[str, ...]:
    """What the shopper wrote that may be an order's number, in lower case and without signs around it, oldest first."""
    return tuple(dict.fromkeys(number for m in messages if m.role == "user" for number in _numbers(m.content)))


def load_shop(name: str, currency: str, policies: Path | None, orders: Path | None) -> Shop:
    """The shop with its policies and orders from JSON files, each of them a list. Raises `ConfigError`."""
    clauses = [_parse(Clause, item, policies) for item in _items(policies)]
    records = [_parse(Order, item, orders) for item in _items(orders)]
    return Shop(name=name, currency=currency, policies=tuple(clauses), orders={o.id: o for o in records})


def _numbers(text: str) -> list[str]:
    return [_key(token) for token in TOKEN.findall(text)]


def _key(order_id: str) -> str:
    return order_id.lower().strip("-_#")


def _items(path: Path | None) -> list[Any]:
    if path is None:
        return []
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"No file {path}. Remove the key from the configuration, or put the file there.") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not readable JSON: {error}") from error
    if not isinstance(items, list):
        raise ConfigError(f"{path}: expected a list of records, found {type(items).__name__}.")
    return items


def _parse(record: type[R], item: Any, path: Path | None) -> R:
    try:
        return record.model_validate(item)
    except ValidationError as error:
        raise ConfigError(f"{path}: {str(item)[:80]} is not a valid {record.__name__.lower()}: {error}") from error
