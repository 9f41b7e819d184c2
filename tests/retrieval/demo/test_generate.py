from __future__ import annotations

import json
from pathlib import Path

from assistant.records import Event
from retrieval.demo.generate import STAMP, is_current, write_demo

FILES = ("orders.json", "policies.json", "products.jsonl", "sessions.jsonl")


def test_the_same_seed_gives_the_same_bytes(shop: Path, tmp_path: Path) -> None:
    write_demo(tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (shop / name).read_bytes()


def test_another_seed_gives_another_shop(shop: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, seed=8)
    assert (tmp_path / "products.jsonl").read_bytes() != (shop / "products.jsonl").read_bytes()


def test_a_shop_of_another_version_is_told(shop: Path, tmp_path: Path) -> None:
    assert is_current(shop, seed=7) and not is_current(shop, seed=8)
    assert not is_current(tmp_path, seed=7)
    (tmp_path / STAMP).write_text('{"seed": 7, "sources": "of an older version"}')
    assert not is_current(tmp_path, seed=7)
    (tmp_path / STAMP).write_text("{")
    assert not is_current(tmp_path, seed=7)


def test_nothing_else_is_left_behind(shop: Path) -> None:
    assert sorted(path.name for path in shop.iterdir()) == sorted([*FILES, STAMP])


def test_policies(shop: Path) -> None:
    clauses = json.loads((shop / "policies.json").read_text())
    assert 35 <= len(clauses) <= 50
    assert len({c["id"] for c in clauses}) == len(clauses)
    assert {"shipping", "returns", "warranty", "payment"} <= {c["topic"] for c in clauses}
    assert all(set(c) - {"categories"} == {"id", "topic", "title", "text"} for c in clauses)
    assert all(c["id"].startswith(c["topic"]) for c in clauses)
    assert any(c["topic"] == "returns" and c["title"] == "Shoes" for c in clauses)


def test_clauses_name_categories_that_there_are(shop: Path, records: list[dict[str, object]]) -> None:
    named = {name for c in json.loads((shop / "policies.json").read_text()) for name in c.get("categories", ())}
    assert len(named) > 10
    assert [name for name in named if not any(str(r["product_type"]).startswith(name) for r in records)] == []


def test_orders_add_up_and_name_products_that_exist(shop: Path, records: list[dict[str, object]]) -> None:
    ids = {record["id"] for record in records}
    orders = json.loads((shop / "orders.json").read_text())
    assert len(orders) >= 200
    assert len({o["id"] for o in orders}) == len(orders)
    statuses = {o["status"] for o in orders}
    assert statuses == {"pending", "processed", "shipped", "delivered", "cancelled", "returned"}
    for order in orders:
        assert {item["item_id"] for item in order["items"]} <= ids
        assert order["subtotal"] == round(sum(i["price"] * i["quantity"] for i in order["items"]), 2)
        assert order["total"] == round(order["subtotal"] + order["shipping"], 2)
        assert (order["tracking_number"] is None) == (order["status"] in ("pending", "processed", "cancelled"))
        assert order["customer"]["email"].rpartition("@")[2].rpartition(".")[0].endswith("example")


def test_free_shipping_is_what_the_clauses_say(shop: Path) -> None:
    text = " ".join(c["text"] for c in json.loads((shop / "policies.json").read_text()) if c["topic"] == "shipping")
    assert "4.95 USD" in text and "50 USD or more" in text
    for order in json.loads((shop / "orders.json").read_text()):
        assert order["shipping"] == (0.0 if order["subtotal"] >= 50 else 4.95)


def test_sessions_are_events_of_the_catalogue(shop: Path, records: list[dict[str, object]]) -> None:
    ids = {record["id"] for record in records}
    sessions = [json.loads(line) for line in (shop / "sessions.jsonl").read_text().splitlines()]
    assert len(sessions) >= 300
    bought = [s for s in sessions if s["purchased"]]
    assert 0.1 < len(bought) / len(sessions) < 0.5
    for session in sessions:
        events = [Event.model_validate(event) for event in session["events"]]
        assert {item.item_id for event in events for item in event.items} <= ids
        assert [e.timestamp for e in events] == sorted(e.timestamp or "" for e in events)
        assert session["purchased"] == any(e.event_name == "purchase" for e in events)
