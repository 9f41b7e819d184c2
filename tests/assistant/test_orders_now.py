"""What an agent does at the desk is what the assistant tells of an order, through the API and on the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from assistant.api import create_app
from assistant.api.agents import hashed
from assistant.assistant import Assistant
from assistant.build import build_desk
from assistant.config import DeskSettings
from assistant.shop import load_shop
from assistant.web import desk
from tests.assistant.cli import run
from tests.assistant.small_shop import catalogue, make_assistant, saying

PASSWORD = "a long password of ines"
MINE = "I am ana@example.org, where is order Q1?"
BOTH = "ana@example.org again: what became of Q1 and what did I order in Q2?"
HERS = "ben@example.org here: where is q1?"
MADE_UP = "ben@example.org here: where is Q77?"
ASKED = dict.fromkeys((MINE, BOTH, HERS, MADE_UP, "Q2, please"), saying("order_status"))
ANA = {"id": "C1", "name": "Ana Brook", "email": "ana@example.org"}
ORDERS = [
    {
        "id": id, "customer": ANA, "status": "pending", "placed_at": f"2026-10-0{day}T10:00:00Z",
        "payment": "Visa card", "expected_at": "2026-10-09T10:00:00Z",
        "items": [{"item_id": "tent-1", "title": "Hollow 1 Tent", "price": 120.0}], "total": 124.95, "currency": "USD",
    }
    for day, id in enumerate(("Q1", "Q2"), start=1)
]  # fmt: skip


@pytest.fixture
def assistant(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The small shop with a desk that was made from its file of orders; its tents come in two sizes."""
    plain = make_assistant(tmp_path, ASKED, tmp_path_factory.getbasetemp() / "orders-index")
    (tmp_path / "orders.json").write_text(json.dumps(ORDERS))
    shop = load_shop("Small", "USD", tmp_path / "policies.json", tmp_path / "orders.json")
    shop = shop.model_copy(update={"policies": ()})
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    settings = plain.settings.model_copy(update={"desk": DeskSettings(agents={"ines": hashed(PASSWORD)}, url=url)})
    grouped = [p.model_copy(update={"item_group_id": "tent"}) if p.id.startswith("tent") else p for p in catalogue()]
    service = build_desk(settings, shop, grouped)
    with Assistant(replace(plain._parts, settings=settings, shop=shop, desk=service)) as made:
        yield made


@pytest.fixture
def client(assistant: Assistant) -> TestClient:
    app = create_app(assistant)
    desk.include(app, assistant)
    return TestClient(app, follow_redirects=False)


def chat(client: TestClient, message: str, session_id: str | None = None) -> dict[str, str]:
    answer = client.post("/api/chat", json={"message": message, "session_id": session_id})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def act(client: TestClient, session_id: str, name: str, fields: dict[str, object]) -> None:
    """An agent takes the conversation over, does one thing, and gives it back."""
    assert client.post("/desk/login", data={"name": "ines", "password": PASSWORD}).status_code == 303
    where = f"/desk/conversations/{session_id}"
    assert client.post(f"{where}/take").status_code == 204
    proposed = client.post(f"{where}/propose", json={"name": name, "fields": fields}).text
    token = proposed.split('data-token="')[1].split('"')[0]
    assert "Done" in client.post(f"{where}/confirm", json={"token": token}).text
    assert client.post(f"{where}/give").status_code == 204


def test_what_an_agent_did_is_told_by_the_api(client: TestClient) -> None:
    first = chat(client, MINE)
    assert "order.status=being prepared;" in first["text"] and "expected on 9 October 2026" in first["text"]
    act(client, first["session_id"], "cancel_order", {"order_id": "Q1", "reason": "bought twice"})
    assert "order.status=cancelled;" in chat(client, MINE, first["session_id"])["text"]
    assert "order.status=cancelled;" in chat(client, MINE)["text"]
    swap = {"order_id": "Q2", "item": ["tent-1"], "swap": ["tent-3"], "payment_method_id": "visa_card"}
    act(client, first["session_id"], "change_items", swap)
    told = chat(client, BOTH, first["session_id"])["text"]
    assert "order.items=Hollow 3 Tent;" in told and "order.status=being prepared with the items as changed;" in told
    assert "order.total=$164.95;" in told


def test_what_an_agent_did_is_told_on_the_command_line(
    client: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session_id = chat(client, MINE)["session_id"]
    act(client, session_id, "cancel_order", {"order_id": "Q1", "reason": "bought twice"})
    monkeypatch.setattr("assistant.assistant.Assistant.from_config", lambda _: assistant)
    monkeypatch.setattr("assistant.cli.service.make_ready", lambda _: None)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{MINE}\n"))
    assert "order.status=cancelled;" in run(capsys, "chat").out


def test_nobody_else_is_told(client: TestClient) -> None:
    assert chat(client, HERS)["text"].startswith("[order:not_found]")
    assert chat(client, MADE_UP)["text"].startswith("[ask]")
    first = chat(client, MINE)["session_id"]
    assert "Q2" in chat(client, "Q2, please", first)["text"]


def test_the_desk_follows_the_shops_file_and_keeps_what_was_done(assistant: Assistant, client: TestClient) -> None:
    session_id = chat(client, MINE)["session_id"]
    act(client, session_id, "cancel_order", {"order_id": "Q1", "reason": "bought twice"})
    parts = assistant._parts
    later = [order | {"status": "shipped"} for order in ORDERS] + [ORDERS[0] | {"id": "Q3", "status": "processed"}]
    path = assistant.settings.shop.catalogue.with_name("orders.json")
    path.write_text(json.dumps(later))
    shop = load_shop("Small", "USD", None, path)
    again = build_desk(assistant.settings, shop, catalogue())
    assert again is not None
    assert {order.id: order.status for order in again.orders("C1")} == {
        "Q1": "cancelled", "Q2": "shipped", "Q3": "processed"
    }  # fmt: skip
    assert again.product("tent") is None and again.product("tent-1") is not None
    assert parts.desk is not None and parts.desk.order("Q2") == again.order("Q2")
    again.close()
