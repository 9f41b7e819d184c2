"""The shop as its desk has it: whose orders are in it, and of others only that there are such."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.build import build_desk
from assistant.config import DeskSettings, Settings, ShopSettings
from assistant.records import Message
from assistant.service import EmbeddedDesk, Policy, Refusal, parse_request
from assistant.service.clauses import parse_clauses
from assistant.service.records import Order
from assistant.service.shop_now import past_order, shop_now
from assistant.shop import Clause, Shop
from assistant.shop import Order as PastOrder
from retrieval.demo.orders import orders
from retrieval.demo.policies import policies
from retrieval.demo.products import products
from tests.assistant.service.small_desk import AGENT, DATA, NOW, POLICY, Clock, desk, open_desk

__all__ = ["desk"]


def now(desk: EmbeddedDesk, *said: str, user: str | None = None) -> Shop:
    return shop_now(Shop(), desk, user, [Message(role="user", content=text) for text in said])


def test_orders_are_the_shoppers_own_and_those_they_name(desk: EmbeddedDesk) -> None:
    assert now(desk, "hello").orders == {} and now(desk, "x", user="nobody").orders == {}
    own = [order.id for order in DATA.orders if order.customer_id == "ada"]
    assert list(now(desk, user="ada").orders) == own
    assert list(now(desk, "I am ADA@example.com").orders) == own
    assert now(desk).policies == desk.policy.clauses


def test_of_somebody_elses_order_nothing_is_told(desk: EmbeddedDesk) -> None:
    for number in ("b1", "#B1", "-B1-"):
        shop = now(desk, f"what about {number}?", user="ada")
        assert shop.named_in("what about b1?") == ["B1"]
        assert shop.orders["B1"].items == () and shop.orders["B1"].status == "unknown"
        assert shop.orders["B1"] not in shop.orders_of("ada", ())
    assert "B1" not in now(desk, "B\x001 and B%", user="ada").orders


def test_an_order_without_known_payments_has_the_total_that_the_shop_states() -> None:
    ada = DATA.customers[0]
    assert past_order(Order(id="X", customer_id="ada", total=9.0), ada).total == 9.0
    assert past_order(Order(id="X", customer_id="ada"), ada).total is None


def test_periods_count_up_to_the_shops_own_present(tmp_path: Path) -> None:
    """The demonstration shop's returns stay open, whenever it is run; a real shop's end."""
    clock = Clock()
    clock.now = NOW + timedelta(days=30 * 365)
    request = parse_request(
        {"name": "return_items", "order_id": "A3", "item_ids": ["lamp-red"], "payment_method_id": "card-ada"}
    )
    answers = []
    for as_of in (NOW, None):
        policy = Policy.of(parse_clauses(POLICY))
        desk = EmbeddedDesk(f"sqlite:///{tmp_path / f'{as_of}.db'}", policy, clock=clock, as_of=as_of)
        desk.follow(DATA)
        answers.append(desk.propose(AGENT, "ada", request))
        assert {entry.at[:4] for entry in desk.audit()} == {"2056"}
        desk.close()
    shown, refused = answers
    assert not isinstance(shown, Refusal) and shown.expires.startswith("2056")
    assert isinstance(refused, Refusal) and "more than 30 days ago" in refused.reason


def test_the_demonstration_shop_is_the_same_in_a_century(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.service.embedded.present", lambda: NOW + timedelta(days=36_500))
    catalogue = list(products(7))
    placed = {order["id"]: PastOrder.model_validate(order) for order in orders(catalogue, 7)}
    shop = Shop(policies=tuple(Clause.model_validate(clause) for clause in policies()), orders=placed)
    newest = max((o for o in placed.values() if o.status == "delivered"), key=lambda o: o.delivered_at or "")
    refusals = {}
    for seed in (7, None):
        url = f"sqlite:///{tmp_path / f'{seed}.db'}"
        settings = Settings(shop=ShopSettings(catalogue=tmp_path, demo_seed=seed), desk=DeskSettings(url=url))
        desk = build_desk(settings, shop, catalogue)
        assert desk is not None
        order = desk.order(newest.id)
        assert order is not None and order.paid_with is not None
        request = parse_request(
            {"name": "return_items", "order_id": order.id, "item_ids": [order.items[0].item_id],
             "payment_method_id": order.paid_with}
        )  # fmt: skip
        refusals[seed] = desk.check(order.customer_id, request)
        desk.close()
    assert refusals[7] is None
    assert refusals[None] is not None and "days ago" in refusals[None].reason


def test_a_desk_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    open_desk(file).close()
    with sqlite3.connect(file) as connection:
        connection.executescript("DROP INDEX desk_orders_by_number; UPDATE desk_version SET version = 1;")
    connection.close()
    desk = open_desk(file)
    assert [order.id for order in desk.orders_numbered(["a1", "B2", "x"])] == ["A1", "B2"]
    assert list(desk.customers(["ben", "nobody"])) == ["ben"]
    desk.close()
