"""Sample browsing sessions of the demo shop, one a line: `{"session_id", "user_id", "events", "purchased"}`.

Events are FORMATS.md's (GA4 names). A shopper has a hidden urge to buy. It shows in what they do, never surely: the
eager search narrowly, come back to a product, read longer and fill the basket more often, but some of them leave and
some idle visitors buy.
"""

from __future__ import annotations

import datetime
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from retrieval.demo.orders import NOW
from retrieval.product import Product

COUNT = 320
Shelves = Mapping[str, Sequence[Product]]


def sessions(catalogue: Sequence[Product], seed: int) -> list[dict[str, Any]]:
    """Sessions in no order of time; about a fifth of them end in a purchase."""
    rng = random.Random(f"{seed}/sessions")
    shelves: dict[str, list[Product]] = defaultdict(list)
    for product in catalogue:
        if product.available:
            shelves[product.product_type].append(product)
    return [_Visit(f"S{5000 + i}", shelves, rng).run() for i in range(COUNT)]


class _Visit:
    """One visit, event by event."""

    def __init__(self, session_id: str, shelves: Shelves, rng: random.Random) -> None:
        self._rng = rng
        self._shelves = shelves
        self._session_id = session_id
        self._user_id = f"U{rng.randint(100, 320)}"
        self._urge = rng.betavariate(1.3, 2.2)
        self._now = NOW - datetime.timedelta(minutes=rng.randint(60, 60 * 24 * 60))
        self._events: list[dict[str, Any]] = []
        self._basket: list[Product] = []

    def run(self) -> dict[str, Any]:
        """The whole visit as a record."""
        types = self._rng.sample(sorted(self._shelves), 1 if self._urge > 0.5 else self._rng.randint(1, 3))
        for product_type in types:
            self._browse(self._shelves[product_type])
        purchased = self._check_out()
        return {
            "session_id": self._session_id, "user_id": self._user_id, "events": self._events, "purchased": purchased,
        }

    def _browse(self, shelf: Sequence[Product]) -> None:
        leaf = shelf[0].product_type.rpartition(" > ")[2].lower()
        if self._rng.random() < 0.35 + 0.4 * self._urge:
            self._add("search", search_term=self._search_term(leaf, shelf))
        self._add("view_item_list", shelf[:4])
        looked = self._rng.sample(shelf, min(len(shelf), self._rng.randint(1, 5)))
        for product in looked:
            self._look(product)
        if self._rng.random() < 0.15 + 0.5 * self._urge:
            self._look(self._rng.choice(looked))
        if self._rng.random() < 0.05 + 0.65 * self._urge:
            chosen = self._rng.choice(looked)
            self._add("add_to_cart", [chosen])
            self._basket.append(chosen)
        elif self._rng.random() < 0.12:
            self._add("add_to_wishlist", [self._rng.choice(looked)])

    def _search_term(self, leaf: str, shelf: Sequence[Product]) -> str:
        product = self._rng.choice(shelf)
        extra = [*product.color, *product.brand, *product.material]
        return f"{self._rng.choice(extra).lower()} {leaf}" if extra and self._rng.random() < self._urge + 0.2 else leaf

    def _look(self, product: Product) -> None:
        seconds = self._rng.lognormvariate(2.4 + 1.2 * self._urge, 0.7)
        self._add("view_item", [product], engagement_time_msec=int(seconds * 1000))
        self._now += datetime.timedelta(seconds=int(seconds))

    def _check_out(self) -> bool:
        if self._basket and self._rng.random() < 0.25 - 0.2 * self._urge:
            self._add("remove_from_cart", [self._basket.pop()])
        if not self._basket or self._rng.random() > 0.35 + 0.6 * self._urge:
            return False
        self._add("begin_checkout", self._basket)
        if self._rng.random() < 0.2:
            return False
        self._add("purchase", self._basket)
        return True

    def _add(self, name: str, items: Sequence[Product] = (), **more: Any) -> None:
        self._now += datetime.timedelta(seconds=self._rng.randint(3, 40))
        stamp = self._now.isoformat(timespec="seconds").replace("+00:00", "Z")
        self._events.append({
            "event_name": name, "timestamp": stamp, "user_id": self._user_id, "session_id": self._session_id,
            "items": [_item(product) for product in items], **more,
        })


def _item(product: Product) -> dict[str, Any]:
    return {
        "item_id": product.id, "item_name": product.title, "item_brand": product.brand[0],
        "item_category": product.product_type, "price": product.amount, "quantity": 1,
    }
