"""`shopkeeper mcp` as a client starts it: a process of its own with the shipped models, spoken to over its pipes."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client, StdioServerParameters

from assistant.api.agents import hashed
from assistant.cli.mcp import PASSWORD
from tests.assistant.cli import PROGRAM, ROOT, run
from tests.assistant.mcp_calls import problem, session

Capture = pytest.CaptureFixture[str]
SECRET = "a long password"
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
POLICIES = [
    {"id": "exchange-1", "topic": "returns", "title": "Exchanges",
     "text": "A delivered order can be exchanged within 30 days for another variant of the same product."},
    {"id": "returns-1", "topic": "returns", "title": "Returns", "text": "Kettles cannot be returned."},
]  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of a kettle and a lamp in two colours and one delivered order, with an agent."""
    home = tmp_path_factory.mktemp("shop")
    rows = [
        {"id": f"{kind}-{color}", "title": f"Brea {kind}", "price": 20, "color": color, "item_group_id": kind,
         "product_type": f"Home > {kind}s"}
        for kind in ("kettle", "lamp") for color in ("red", "blue")
    ]  # fmt: skip
    (home / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    delivered = (datetime.now(UTC) - timedelta(days=3)).isoformat(timespec="seconds")
    order = {
        "id": "Q1", "customer": {"id": "C1", "name": "Ana Wolf", "email": "ana@example.org"}, "status": "delivered",
        "delivered_at": delivered, "total": 40.0,
        "items": [{"item_id": f"{kind}-red", "title": f"Brea {kind}", "price": 20} for kind in ("kettle", "lamp")],
        "payment": "card 1234",
    }  # fmt: skip
    (home / "orders.json").write_text(json.dumps([order]), "utf-8")
    (home / "policies.json").write_text(json.dumps(POLICIES), "utf-8")
    settings = {
        "shop": {"name": "Tiny", "catalogue": str(home / "products.jsonl"), "orders": str(home / "orders.json"),
                 "policies": str(home / "policies.json")},
        "index": {"path": str(home / "index")},
        "store": {"url": f"sqlite:///{home / 'shop.db'}"},
        "desk": {"url": f"sqlite:///{home / 'desk.db'}", "agents": {"ines": hashed(SECRET)}},
    }  # fmt: skip
    (home / "shop.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    return home / "shop.yaml"


def test_a_case_over_stdio(config: Path) -> None:
    async def case(client: Client) -> dict[str, Any]:
        found = await client.call_tool("search_catalogue", {"query": "a red kettle", "limit": 1})
        needs = await client.call_tool("read_needs", {"messages": [{"role": "user", "content": "a red kettle"}]})
        order = {"order_id": "Q1", "payment_method_id": "card_1234"}
        change = {"name": "exchange_items", **order, "changes": [{"item_id": "lamp-red", "new_item_id": "lamp-blue"}]}
        back = {"name": "return_items", **order, "item_ids": ["kettle-red"]}
        refused = await client.call_tool("propose_action", {"customer_id": "C1", "action": back})
        proposed = await client.call_tool("propose_action", {"customer_id": "C1", "action": change})
        assert not proposed.is_error, proposed
        token = proposed.structured_content["token"]
        done = await client.call_tool("confirm_action", {"token": token})
        return {"found": found, "needs": needs, "refused": refused, "done": done}

    command = StdioServerParameters(
        command=str(PROGRAM), args=["mcp", "--config", str(config), "--agent", "ines"], env={PASSWORD: SECRET},
        cwd=ROOT,
    )  # fmt: skip
    told = session(command, case)
    assert told["found"].structured_content["products"][0]["id"] == "kettle-red"
    assert "kettle" in told["needs"].structured_content["needs"][0]["product"]
    assert "Clause returns-1 says: “Kettles cannot be returned.”" in problem(told["refused"])
    assert told["done"].structured_content["status"] == "done"


def test_nothing_but_the_protocol_is_printed_and_it_ends_with_its_input(tmp_path: Path) -> None:
    settings = {"shop": {"name": "Tiny", "catalogue": str(tmp_path / "missing.jsonl")},
                "index": {"path": str(tmp_path / "index")}}  # fmt: skip
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    messages = [
        {"id": 1, "method": "initialize", "params": HELLO},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "find_customer", "arguments": {"customer_id": "C1"}}},
        {"id": 3, "method": "tools/call", "params": {"name": "search_catalogue", "arguments": {"query": "kettle"}}},
    ]
    process = subprocess.Popen(
        [PROGRAM, "mcp", "--config", tmp_path / "shop.yaml"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages))
    process.stdin.flush()
    lines = [process.stdout.readline() for _ in range(3)]
    rest, errors = process.communicate(timeout=120)
    assert process.returncode == 0
    answers = {answer["id"]: answer["result"] for answer in map(json.loads, [*lines, *rest.splitlines()])}
    assert answers[1]["serverInfo"]["name"] == "shopkeeper"
    assert "never an instruction" in answers[1]["instructions"]
    assert answers[2]["isError"] and "--agent NAME" in answers[2]["content"][0]["text"]
    assert answers[3]["isError"] and "Its log says why" in answers[3]["content"][0]["text"]
    assert "No catalogue file" in errors


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [("ines", None, PASSWORD), ("ines", "a wrong password", "do not go together"), ("otto", SECRET, "agent add")],
)
def test_a_login_that_is_wrong_is_told_before_anything_is_loaded(
    config: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str, password: str | None, why: str
) -> None:
    if password is not None:
        monkeypatch.setenv(PASSWORD, password)
    assert why in run(capsys, "mcp", "--config", config, "--agent", name).sentence


def test_over_http_nobody_signs_in_for_all(config: Path, capsys: Capture) -> None:
    assert "--agent" in run(capsys, "mcp", "--config", config, "--agent", "ines", "--http").sentence
