"""Past orders of the demo shop.

One order: `{"id", "customer": {"id", "name", "email"}, "placed_at", "status", "items": [{"item_id", "title",
"price", "quantity", "options"}], "subtotal", "shipping", "total", "currency", "shipping_address": {"name", "street",
"city", "state", "zip", "country"}, "payment", "carrier", "tracking_number", "shipped_at", "delivered_at"}`.
`status` is `pending`, `processed`, `shipped`, `delivered`, `cancelled` or `returned`. Times are ISO 8601 in UTC and
`null` where not reached; carrier and tracking number are `null` before shipping. Amounts are in `currency`, without
sales tax; `total` is `subtotal` plus `shipping`. `options` tell which size was bought where there are several.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from typing import Any

from retrieval.demo.tables import TABLES, read_table
from retrieval.product import Product

COUNT = 320
CUSTOMERS = 140
NOW = datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.UTC)
FREE_FROM, FEE = 50.0, 4.95
"""The shop's free-shipping threshold and standard fee in USD, as its shipping clauses say."""


def orders(catalogue: Sequence[Product], seed: int) -> list[dict[str, Any]]:
    """Orders from the oldest to the newest; what they hold is in the catalogue at the price paid."""
    rng = random.Random(f"{seed}/orders")
    people = read_table(TABLES / "people.yaml")
    customers = [_customer(number, people, rng) for number in range(1, CUSTOMERS + 1)]
    sellable = [p for p in catalogue if p.available]
    ages = sorted((rng.expovariate(1 / 60) + 0.1 for _ in range(COUNT)), reverse=True)
    return [
        _order(f"Q{10400 + i}", NOW - datetime.timedelta(days=age), rng.choice(customers), sellable, people, rng)
        for i, age in enumerate(ages)
    ]


def _customer(number: int, people: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    first, last = rng.choice(people["first"]), rng.choice(people["last"])
    city, state, code = rng.choice(people["places"])
    street = f"{rng.randint(1, 240)} {rng.choice(people['streets'])}"
    return {
        "id": f"C{2000 + number}",
        "name": f"{first} {last}",
        "email": f"{first}.{last}{number}@{rng.choice(people['mail'])}".lower(),
        "address": {"street": street, "city": city, "state": state, "zip": code, "country": "US"},
    }


def _order(
    order_id: str, placed: datetime.datetime, customer: dict[str, Any], sellable: Sequence[Product],
    people: dict[str, Any], rng: random.Random,
) -> dict[str, Any]:
    bought = rng.sample(sellable, rng.choices((1, 2, 3, 4), (50, 28, 15, 7))[0])
    items = [_item(product, order_id, rng) for product in bought]
    subtotal = round(sum(item["price"] * item["quantity"] for item in items), 2)
    shipping = 0.0 if subtotal >= FREE_FROM else FEE
    return {
        "id": order_id,
        "customer": {key: customer[key] for key in ("id", "name", "email")},
        "placed_at": _iso(placed),
        "items": items,
        "subtotal": subtotal,
        "shipping": shipping,
        "total": round(subtotal + shipping, 2),
        "currency": "USD",
        "shipping_address": {"name": customer["name"], **customer["address"]},
        "payment": rng.choice(people["payments"]),
        **_progress(placed, people, rng),
    }


def _item(product: Product, order_id: str, rng: random.Random) -> dict[str, Any]:
    item: dict[str, Any] = {"item_id": product.id, "title": product.title, "price": product.amount}
    item["quantity"] = rng.choices((1, 2, 3), (84, 12, 4))[0]
    if len(product.size) > 1:
        item["options"] = {"size": random.Random(f"{order_id}/{product.id}").choice(product.size)}
    return item


def _progress(placed: datetime.datetime, people: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """How far an order placed then has come by now, with the times and the parcel that go with it."""
    shipped = placed + datetime.timedelta(days=rng.uniform(1, 2.5))
    delivered = shipped + datetime.timedelta(days=rng.uniform(2, 5))
    if rng.random() < 0.05:
        status = "cancelled"
    elif shipped > NOW:
        status = "pending" if NOW - placed < datetime.timedelta(days=1) else "processed"
    elif delivered > NOW:
        status = "shipped"
    else:
        status = "returned" if rng.random() < 0.09 else "delivered"
    gone, arrived = status in ("shipped", "delivered", "returned"), status in ("delivered", "returned")
    return {
        "status": status,
        "carrier": rng.choice(people["carriers"]) if gone else None,
        "tracking_number": f"TRK{rng.randrange(10**9, 10**10)}" if gone else None,
        "shipped_at": _iso(shipped) if gone else None,
        "delivered_at": _iso(delivered) if arrived else None,
    }


def _iso(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
