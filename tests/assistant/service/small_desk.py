"""A small shop's service desk: two customers, a dozen orders in every status, and a policy in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.service import Actor, EmbeddedDesk, Policy
from assistant.service.clauses import parse_clauses
from assistant.service.records import (
    Address,
    Customer,
    DeskData,
    Order,
    OrderItem,
    Payment,
    PaymentMethod,
    Product,
    Variant,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
POLICY = """# House rules

We help customers to:

- **cancel or change pending orders**
- **return or exchange delivered orders**

You must deny any requests about the orders of another customer.

## Cancel an order

An order can only be cancelled if its status is 'pending'. The customer gives the reason (either 'changed my mind'
or 'bought twice').

## Change an order

An order can only be changed if its status is 'pending'.

### Change payment

The customer chooses a payment method different from the original one. A gift card must have enough balance.

### Change items

This can only be done once. Each item can be changed to an available new item of the same product.

## Return an order

An order can only be returned if its status is 'delivered'. You may return articles within 30 days of delivery.

Kettles cannot be returned.

The refund must go to the original payment method or to a gift card.

If a parcel is damaged, we refund the price.

## Exchange an order

An order can only be exchanged if its status is 'delivered'. Exchange can only be asked once.
Each item can be exchanged to an available new item of the same product.
If a gift card is used, the gift card must have enough balance.
"""
ADA, BEN = Actor(role="customer", id="ada"), Actor(role="customer", id="ben")
ASSISTANT, AGENT = Actor(role="assistant", id="shopkeeper"), Actor(role="agent", id="desk-1")
HOME = Address(address1="1 Mill Lane", city="Easton", state="OH", country="US", zip="44001")

LAMP = Product(id="lamp", name="Desk Lamp", variants=(
    Variant(item_id="lamp-red", options={"color": "red"}, price=40.0),
    Variant(item_id="lamp-blue", options={"color": "blue"}, price=45.5),
    Variant(item_id="lamp-gold", options={"color": "gold"}, price=400.0),
    Variant(item_id="lamp-gone", options={"color": "green"}, price=30.0, available=False),
))
KETTLE = Product(id="kettle", name="Kettle", variants=(
    Variant(item_id="kettle-1l", options={"size": "1 l"}, price=25.0),
    Variant(item_id="kettle-2l", options={"size": "2 l"}, price=35.0),
))


def _customer(id: str, *orders: str) -> Customer:
    methods = (
        PaymentMethod(id=f"card-{id}", kind="credit_card", label="visa 1234"),
        PaymentMethod(id=f"gift-{id}", kind="gift_card", balance=20.0),
    )
    return Customer(id=id, first_name=id.title(), last_name="Brook", email=f"{id}@example.com", address=HOME,
                    payment_methods=methods, order_ids=orders)


def _order(id: str, customer: str, status: str, *items: str, method: str = "card", days: int = 5) -> Order:
    variants = {v.item_id: (p, v) for p in (LAMP, KETTLE) for v in p.variants}
    pieces = tuple(
        OrderItem(item_id=i, product_id=variants[i][0].id, name=variants[i][0].name, price=variants[i][1].price,
                  options=variants[i][1].options)
        for i in items
    )
    total = round(sum(piece.price for piece in pieces), 2)
    paid = Payment(kind="payment", amount=total, payment_method_id=f"{method}-{customer}")
    delivered = f"2026-10-{31 - days:02d}T12:00:00Z" if status == "delivered" else None
    return Order(id=id, customer_id=customer, address=HOME, items=pieces, status=status, payments=(paid,),
                 currency="USD", delivered_at=delivered)


ORDERS = (
    _order("A1", "ada", "pending", "lamp-red", "lamp-red", "kettle-1l"),
    _order("A2", "ada", "pending", "lamp-red", method="gift"),
    _order("A3", "ada", "delivered", "lamp-red", "lamp-blue", "kettle-1l"),
    _order("A4", "ada", "delivered", "lamp-red", "lamp-red", days=30),
    _order("A5", "ada", "processed", "lamp-red"),
    _order("A6", "ada", "cancelled", "lamp-red"),
    _order("A7", "ada", "delivered", "lamp-blue", method="gift"),
    _order("B1", "ben", "pending", "lamp-red"),
    _order("B2", "ben", "delivered", "lamp-red"),
)
DATA = DeskData(
    customers=tuple(_customer(who, *(o.id for o in ORDERS if o.customer_id == who)) for who in ("ada", "ben")),
    orders=ORDERS,
    products=(LAMP, KETTLE),
)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def open_desk(file: Path, policy: str = POLICY, clock: Clock | None = None) -> EmbeddedDesk:
    """The small shop's desk in `file`, filled where it is new."""
    desk = EmbeddedDesk(f"sqlite:///{file}", Policy.of(parse_clauses(policy)), clock=clock or Clock())
    if desk.empty:
        desk.load(DATA.customers, DATA.orders, DATA.products)
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[EmbeddedDesk]:
    desk = open_desk(tmp_path / "desk.db")
    yield desk
    desk.close()
