"""Judging the copilot: the gold actions' own database, the replay against the desk, and what each score says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from assistant.copilot.identify import identify
from assistant.copilot.order import in_order
from assistant.errors import ConfigError
from assistant.records import Conversation, Reading, State
from assistant.service import parse_request
from assistant.service.tau2 import as_json, read_desk
from assistant.vectors import TextVectors
from finetune.copilot.evaluate import GoldReadings, evaluate_copilot
from finetune.copilot.model_readings import ModelReadings, spoken
from finetune.copilot.replay import differences, replay
from finetune.copilot.tasks import GoldAction, read_tasks, request_of
from tests.assistant.scripted import asks, encoder
from tests.assistant.service.small_desk import POLICY, open_desk

TAU2 = Path("../shared/data/tau2-retail")
TAU2_FILES = (TAU2 / "db.json.gz", TAU2 / "policy.md", TAU2 / "tasks_train.jsonl.gz")
ADDRESS = {"address1": "9 Pine Road", "address2": "", "city": "Weston", "state": "OH", "country": "US", "zip": "44002"}


def item(item_id: str, color: str, price: float) -> dict[str, Any]:
    return {"name": "Lamp", "product_id": "lamp", "item_id": item_id, "price": price, "options": {"color": color}}


def database() -> dict[str, Any]:
    def order(id: str, status: str, *items: dict[str, Any]) -> dict[str, Any]:
        paid = {"transaction_type": "payment", "amount": sum(i["price"] for i in items), "payment_method_id": "card_1"}
        return {"order_id": id, "user_id": "ada", "address": ADDRESS, "items": list(items), "status": status,
                "fulfillments": [], "payment_history": [paid]}

    variants = {i: {"item_id": i, "options": {"color": c}, "available": True, "price": p}
                for i, c, p in (("red", "red", 40.0), ("blue", "blue", 45.5), ("gold", "gold", 90.0))}
    methods = {"card_1": {"source": "credit_card", "id": "card_1", "brand": "visa", "last_four": "1234"},
               "gift_1": {"source": "gift_card", "id": "gift_1", "balance": 20.0}}
    user = {"user_id": "ada", "name": {"first_name": "Ada", "last_name": "Brook"}, "address": ADDRESS,
            "email": "ada@example.com", "payment_methods": methods, "orders": ["#1", "#2"]}
    orders = (order("#1", "pending", item("red", "red", 40.0), item("blue", "blue", 45.5)),
              order("#2", "delivered", item("red", "red", 40.0)))
    return {"users": {"ada": user}, "orders": {o["order_id"]: o for o in orders},
            "products": {"lamp": {"name": "Lamp", "product_id": "lamp", "variants": variants}}}


def task(id: str, *actions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    told = {"reason_for_call": "You want something.", "known_info": "You are Ada Brook, zip code 44002.",
            "unknown_info": None, "task_instructions": "Be brief."}
    gold = [{"name": name, "arguments": arguments} for name, arguments in actions]
    return {"id": id, "user_scenario": {"instructions": told}, "evaluation_criteria": {"actions": gold}}


CANCEL = ("cancel_pending_order", {"order_id": "#1", "reason": "too dear"})
ITEMS = ("modify_pending_order_items", {"order_id": "#1", "item_ids": ["red", "blue"],
                                        "new_item_ids": ["gold", "red"], "payment_method_id": "card_1"})
MOVE = ("modify_pending_order_address", {"order_id": "#1", **ADDRESS, "zip": "1"})
RETURN = ("return_delivered_order_items", {"order_id": "#2", "item_ids": ["red"], "payment_method_id": "gift_1"})
LOOK = ("get_order_details", {"order_id": "#1"})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    tasks = [task("a", LOOK, ITEMS, MOVE), task("b", RETURN), task("c"), task("d", CANCEL)]
    (tmp_path / "db.json").write_text(json.dumps(database()))
    (tmp_path / "policy.md").write_text(POLICY.replace(" You may return articles within 30 days of delivery.", ""))
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(t) + "\n" for t in tasks))
    return tmp_path / "db.json", tmp_path / "policy.md", tmp_path / "tasks.jsonl"


def test_gold_readings_are_judged_by_the_database_they_leave(files: tuple[Path, Path, Path]) -> None:
    result = evaluate_copilot(*files, GoldReadings())
    by_id = {score.task: score for score in result.scores}
    assert [by_id[i].right for i in "abc"] == [True, True, True]
    assert by_id["a"].done[0].startswith("change_order_address"), "what closes the order comes last"
    assert "2 actions were carried out" in by_id["a"].why and "0 actions" in by_id["c"].why
    assert not by_id["d"].right and "was refused [cancel-an-order-1]" in by_id["d"].why
    assert "orders.#1.status is 'pending', expected 'cancelled'" in by_id["d"].why
    assert result.share == 0.75 and "3 of 4" in result.why
    assert json.loads(json.dumps(result.to_json()))["tasks"][0]["id"] == "a"


def test_readings_that_do_nothing_or_too_much_are_wrong(files: tuple[Path, Path, Path]) -> None:
    class Fixed:
        name = "fixed"

        def __init__(self, *requests: dict[str, Any]) -> None:
            self.wanted = requests

        def requests(self, *_: object) -> list[Any]:
            return [(parse_request(r), "") for r in self.wanted]

    idle = evaluate_copilot(*files, Fixed())
    assert [s.right for s in idle.scores] == [False, False, True, False] == [s.idle for s in idle.scores]
    eager = evaluate_copilot(*files, Fixed(request_of(GoldAction(*RETURN)).model_dump()))  # type: ignore[union-attr]
    assert [s.right for s in eager.scores] == [False, True, False, False]
    refused = evaluate_copilot(*files, Fixed({"name": "cancel_order", "order_id": "#2", "reason": "bought twice"}))
    assert all("was refused [cancel-an-order-1]" in s.why for s in refused.scores)
    assert [s.right for s in refused.scores] == [False, False, True, False]


def test_the_yardstick_leaves_the_fresh_database_alone() -> None:
    fresh = database()
    kept = copy.deepcopy(fresh)
    after, problems = replay(fresh, [GoldAction(*ITEMS), GoldAction(*RETURN), GoldAction(*LOOK)])
    assert fresh == kept and problems == []
    assert [(i["item_id"], i["price"]) for i in after["orders"]["#1"]["items"]] == [("gold", 90.0), ("red", 40.0)]
    assert after["orders"]["#1"]["payment_history"][-1]["amount"] == 44.5
    assert differences(after, fresh) and not differences(fresh, kept)
    _, problems = replay(fresh, [GoldAction(*ITEMS), GoldAction(*ITEMS)])
    assert problems == ["modify_pending_order_items: order #1 is pending (item modified)"]


def test_every_gold_action_is_a_request_or_a_look_up() -> None:
    assert request_of(GoldAction(*LOOK)) is None
    payment = GoldAction("modify_pending_order_payment", {"order_id": "#1", "payment_method_id": "gift_1"})
    user = GoldAction("modify_user_address", {"user_id": "ada", **ADDRESS})
    names = [request_of(a).name for a in (payment, user, GoldAction(*CANCEL))]  # type: ignore[union-attr]
    assert names == ["change_payment", "change_customer_address", "cancel_order"]
    with pytest.raises(ValueError, match="cannot be asked"):
        request_of(GoldAction("cancel_pending_order", {"order_id": "#1"}))


def test_files_that_are_not_in_the_layout_are_named(tmp_path: Path, files: tuple[Path, Path, Path]) -> None:
    for content, said in (("[]", "holds no task"), ("{", "JSON"), ('[{"id": 1}]', "task 1")):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(ValueError, match=said):
            read_tasks(tmp_path / "bad.json")
    for content in ("[]", '{"users": {}}', '{"users": {"a": {}}, "orders": {}, "products": {}}'):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(ConfigError, match=r"bad\.json"):
            read_desk(tmp_path / "bad.json")


def test_what_was_read_is_written_the_same(files: tuple[Path, Path, Path]) -> None:
    data = read_desk(files[0])
    given = database()
    assert as_json(data.customers, data.orders) == {"users": given["users"], "orders": given["orders"]}


def test_who_somebody_is(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "desk.db")
    for said in ("I am Ada Brook, zip 44001.", "it's ada_brook (44001)", "ADA@example.com", "Mrs Ada Brook of 44001"):
        found = identify(desk, [said])
        assert found is not None and found.id == "ada", said
    for said in ("Ada Brook", "44001", "Ada Brook 44009", "ada@example.com and ben@example.com", "Ada Ben 44001", ""):
        assert identify(desk, [said]) is None, said
    desk.close()


def test_what_closes_an_order_comes_last() -> None:
    requests = [parse_request(r) for r in (
        {"name": "change_items", "order_id": "1", "changes": [{"item_id": "a", "new_item_id": "b"}],
         "payment_method_id": "c"},
        {"name": "cancel_order", "order_id": "2", "reason": "x"},
        {"name": "change_payment", "order_id": "1", "payment_method_id": "d"},
        {"name": "hand_over", "summary": "x"},
    )]  # fmt: skip
    assert [r.name for r in in_order(requests)] == ["change_payment", "cancel_order", "change_items", "hand_over"]


@pytest.mark.skipif(not TAU2_FILES[0].exists(), reason="../shared/data/tau2-retail is not here")
def test_gold_readings_of_tau2_retail(tmp_path: Path) -> None:
    """Some of the train tasks; `shopkeeper evaluate copilot --readings gold` runs them all."""
    some = read_tasks(TAU2_FILES[2])[::15]
    raw = [{"id": t.id, "user_scenario": {"instructions": {"reason_for_call": t.reason, "known_info": t.known}},
            "evaluation_criteria": {"actions": [{"name": a.name, "arguments": a.arguments} for a in t.actions]}}
           for t in some]
    (tmp_path / "tasks.json").write_text(json.dumps(raw))
    result = evaluate_copilot(TAU2_FILES[0], TAU2_FILES[1], tmp_path / "tasks.json", GoldReadings())
    assert result.share == 1.0, [s.why for s in result.scores if not s.right]


@pytest.mark.skipif(not TAU2_FILES[0].exists(), reason="../shared/data/tau2-retail is not here")
def test_tau2_retail_is_written_as_it_was_read() -> None:
    import gzip

    data = read_desk(TAU2_FILES[0])
    raw = json.loads(gzip.decompress(TAU2_FILES[0].read_bytes()))
    assert as_json(data.customers, data.orders) == {"users": raw["users"], "orders": raw["orders"]}


def test_the_scripted_customer_speaks_for_themselves() -> None:
    told = "You want to return your lamp. If you are told no, you ask them to help you. You're sad; you've waited."
    assert spoken(told) == [
        "I want to return my lamp.", "If I am told no, I ask them to help me.", "I'm sad;", "I've waited.",
    ]  # fmt: skip
    assert spoken("You want a lamp (but do not reveal it). Make sure to mention both.") == ["I want a lamp."]


def test_model_readings_are_the_reader_s(files: tuple[Path, Path, Path]) -> None:
    """The reader says what a message is about, here a scripted one; the rest of the way is the real one."""

    class Returns:
        def read(self, state: State, conversation: Conversation) -> Reading:
            return Reading(acts=("return_refund",), stage="after_purchase")

    wanted = json.loads(files[2].read_text().splitlines()[1])
    wanted["user_scenario"]["instructions"]["reason_for_call"] = "You want to return your lamp. Use your gift card."
    files[2].write_text(json.dumps([wanted]))
    result = evaluate_copilot(*files, ModelReadings(Returns(), TextVectors(encoder()), asks()))
    assert result.share == 1.0 and result.to_json()["share_of_doing_nothing"] == 0.0, result.scores[0].why
