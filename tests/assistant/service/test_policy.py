"""Clauses of a policy, the rules found in them, and what becomes of both when a clause is changed or deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import ConfigError
from assistant.service import Policy
from assistant.service.clauses import parse_clauses, read_clauses, sentences
from assistant.service.records import OrderItem
from assistant.service.requests import ActionName
from assistant.service.rules import Rule, governing
from assistant.shop import Clause
from retrieval.demo.policies import policies
from tests.assistant.service.small_desk import POLICY


def rules(policy: Policy, kind: str, action: str) -> list[Rule]:
    return [rule for rule in policy.rules if rule.kind == kind and action in rule.actions]


def test_paragraphs_become_clauses_numbered_by_section() -> None:
    clauses = parse_clauses(POLICY)
    assert [c.id for c in clauses][:4] == ["house-rules-1", "house-rules-2", "cancel-an-order-1", "change-an-order-1"]
    assert clauses[0].text.startswith("We help customers to:\n- cancel or change")
    payment = next(c for c in clauses if c.id == "change-payment-1")
    assert payment.topic == "House rules > Change an order > Change payment" and payment.title == "Change payment"


def test_every_sentence_is_an_exact_quote_of_its_clause() -> None:
    for clause in parse_clauses(POLICY):
        assert sentences(clause.text)
        assert all(sentence in clause.text for sentence in sentences(clause.text))


def test_rules_are_found_in_sentences() -> None:
    policy = Policy.of(parse_clauses(POLICY))
    assert [r.statuses for r in rules(policy, "status", "cancel_order")] == [("pending",)]
    assert [r.reasons for r in rules(policy, "reason", "cancel_order")] == [("changed my mind", "bought twice")]
    assert [r.statuses for r in rules(policy, "status", "change_order_address")] == [("pending",)]
    assert [r.clause for r in rules(policy, "once", "change_items")] == ["change-items-1"]
    assert [r.clause for r in rules(policy, "once", "exchange_items")] == ["exchange-an-order-1"]
    assert [r.days for r in rules(policy, "window", "return_items")] == [30]
    assert [r.categories for r in rules(policy, "never", "return_items")] == [("Kettles",)]
    assert [r.methods for r in rules(policy, "refund_method", "return_items")] == [("original", "gift_card")]
    assert [r.clause for r in rules(policy, "grant", "refund")] == ["return-an-order-4"]
    assert rules(policy, "owner", "return_items") and rules(policy, "new_payment", "change_payment")
    assert rules(policy, "balance", "exchange_items") and rules(policy, "available", "change_items")


def test_every_rule_quotes_its_clause() -> None:
    for clauses in (parse_clauses(POLICY), tuple(Clause.model_validate(c) for c in policies())):
        policy = Policy.of(clauses)
        assert len(policy.rules) > 10
        assert all(rule.quote in policy.clause(str(rule.clause)).text for rule in policy.rules)  # type: ignore[union-attr,operator]


def test_the_words_of_another_shop_give_its_own_rules() -> None:
    policy = Policy.of(parse_clauses(
        "# Cancelling\n\nOrders can be cancelled as long as their status is pending or processed.\n\n"
        "# Returns\n\nYou can return most items within 14 days of delivery.\n\n"
        "Shoes may be returned or exchanged within 90 days of delivery.\n"
    ))
    assert rules(policy, "status", "cancel_order")[0].statuses == ("pending", "processed")
    general, shoes = rules(policy, "window", "return_items")
    assert (general.days, general.excluding) == (14, ("Shoes",)) and (shoes.days, shoes.categories) == (90, ("Shoes",))


def test_the_demo_shop_s_rules() -> None:
    policy = Policy.of([Clause.model_validate(c) for c in policies()])
    assert {r.clause: r.days for r in rules(policy, "window", "return_items")} == {
        "returns-1": 30, "returns-2": 60, "returns-5": 14, "returns-7": 30, "returns-8": 100,
    }  # fmt: skip
    assert [r.clause for r in rules(policy, "status", "cancel_order")] == ["orders-1"]
    assert [r.clause for r in rules(policy, "status", "change_order_address")] == ["orders-2"]
    assert "processed" in rules(policy, "status", "change_order_address")[0].statuses


MUSIC = """# Returns

Instruments may be returned within 3 weeks of delivery.

Violins and cellos may be tried for 45 days.

Strings cannot be returned or exchanged.

For returned amplifiers and digital pianos we keep a restocking fee of 12 % of the price.

# Exchanges

An instrument can be exchanged for another size within 30 days of delivery.

# Orders

The delivery address and the items can be changed until the parcel leaves our workshop.
"""


def piece(name: str, category: str) -> OrderItem:
    return OrderItem(item_id=name, name=name, category=category)


@pytest.mark.parametrize(("action", "name", "category", "days"), [
    ("return_items", "Cremo Flute", "Instruments > Flutes", [21]),
    ("exchange_items", "Cremo Flute", "Instruments > Flutes", [30]),
    ("return_items", "Cremo Outfit 3/4", "Instruments > Violins", [45]),
    ("return_items", "First Steps for Violin, book 1", "Sheet music > Books", []),
    ("return_items", "Cremo Violin Case - black", "Accessories > Cases", []),
])  # fmt: skip
def test_the_closest_period_that_speaks_of_an_action_holds(
    action: ActionName, name: str, category: str, days: list[int]
) -> None:
    windows = [rule for rule in Policy.of(parse_clauses(MUSIC)).rules if rule.kind == "window"]
    assert [rule.days for rule in governing(windows, action, piece(name, category))] == days


def test_what_is_kept_of_a_refund_is_told_of_the_kinds_it_names() -> None:
    policy = Policy.of(parse_clauses(MUSIC))
    (fee,) = policy.fees("return_items", [piece("Grumble 20 Guitar Amplifier", "Amplifiers > Guitar amplifiers")])
    assert fee.quote.startswith("For returned amplifiers") and fee in policy.bearing_on("return_items")
    assert not policy.fees("return_items", [piece("Cremo Flute", "Instruments > Flutes")])


def test_a_sentence_may_speak_of_several_changes() -> None:
    policy = Policy.of(parse_clauses(MUSIC))
    assert rules(policy, "status", "change_items") == rules(policy, "status", "change_order_address") != []
    assert {"change_items", "change_order_address"} <= policy.offered and "change_payment" not in policy.offered


@pytest.mark.parametrize("text", [
    "Items may be returned within 21 days of delivery.", "Most articles can be sent back within 21 days of receipt.",
    "Returns are accepted within 3 weeks after delivery.", "You may return anything within 21 days of delivery.",
])  # fmt: skip
def test_a_period_for_all_that_a_shop_sells(text: str) -> None:
    (window,) = rules(Policy.of([Clause(id="r-1", title="Returns", text=text)]), "window", "return_items")
    assert (window.days, window.categories) == (21, ())


def test_a_clause_may_carry_its_rules() -> None:
    text = "Cancelling is a matter for the night of the full moon."
    rule = {"kind": "status", "actions": ["cancel_order"], "statuses": ["pending"]}
    written = Clause.model_validate({"id": "x-1", "text": text, "rules": [rule]})
    assert Policy.of([written]).rules == (
        Rule(kind="status", actions=("cancel_order",), statuses=("pending",), clause="x-1", quote=text),
    )
    with pytest.raises(ConfigError, match="Clause x-2"):
        Policy.of([Clause.model_validate({"id": "x-2", "text": text, "rules": [{"kind": "moon", "actions": []}]})])


def test_policies_are_read_from_markdown_and_json(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(POLICY)
    (tmp_path / "p.json").write_text(json.dumps([{"id": "a-1", "text": "Food cannot be returned."}]))
    assert read_clauses(tmp_path / "p.md") == parse_clauses(POLICY)
    assert Policy.read(tmp_path / "p.json").rules[0].kind == "never"
    for content in ("{}", "[1]", "[{"):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(ConfigError, match=r"bad\.json"):
            read_clauses(tmp_path / "bad.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_clauses(tmp_path / "missing.md")
