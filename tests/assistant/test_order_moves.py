"""What is said of an order: by the acts of a message, whether it names the order, and where the parcel is."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.facts import offered
from assistant.plans import order_facts
from assistant.policy import Situation, decide
from assistant.records import Act, Move, Plan, State
from assistant.shop import Order, Shop


def moves(*acts: Act, **known: Any) -> list[tuple[Move, str | None]]:
    situation = Situation(before=State(), state=State(acts=acts, stage="after_purchase"), **known)
    return [(decision.move, decision.topic) for decision in decide(situation)]


def test_a_message_that_names_an_order_and_asks_for_nothing_on_sale_is_about_it() -> None:
    assert moves("ask_product", orders="yes", named=True) == [("order", "status")]
    assert moves("ask_product", orders="yes", named=True, clauses=1) == [("order", "status"), ("policy", None)]
    assert moves("ask_product", orders="yes")[0][0] != "order"
    assert moves("state_need", orders="yes", named=True)[0][0] != "order"
    assert moves("thank_bye", orders="yes", named=True) == [("chat", "thanks")]


def test_an_agent_answers_a_complaint_with_what_the_records_say() -> None:
    assert moves("complaint", orders="yes") == [("handover", "complaint")]
    assert moves("complaint", orders="yes", attended=True) == [("order", "status")]
    assert moves("complaint", attended=True) == [("chat", "complaint")]


def test_nothing_is_sent_back_that_has_not_arrived() -> None:
    assert moves("return_refund", orders="yes") == [("order", "return")]
    assert moves("return_refund", orders="yes", under_way=True) == [("order", "status")]
    assert moves("return_refund", orders="yes", under_way=True, clauses=2) == [("order", "status"), ("policy", None)]


@pytest.mark.parametrize(("topic", "told"), [("status", True), ("return", False), ("change", False)])
def test_of_an_order_that_is_changed_or_returned_only_what_matters_is_told(topic: str, told: bool) -> None:
    order = Order(id="A1", status="delivered", placed_at="2026-10-01", total=9.0, tracking_number="T1")
    plan = Plan(move="order", why="", topic=topic, facts=tuple(order_facts(order, "USD")))
    keys = {fact.key for fact in offered(plan)}
    assert {"order.id", "order.status"} <= keys
    assert keys & {"order.date", "order.tracking", "order.total"} == (
        {"order.date", "order.tracking", "order.total"} if told else set()
    )


def test_what_is_asked_is_told_from_whose_order_it_is_asked_of() -> None:
    shop = Shop(orders={"LK-51": Order(id="LK-51")})
    assert shop.unnumbered("is LK-51 covered for 3 years? ada@mail.example") == "is  covered for 3 years?"
