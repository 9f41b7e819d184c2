"""Clauses of a policy, the rules found in them, and what becomes of both when a clause is changed or deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import ConfigError
from assistant.service import Policy
from assistant.service.clauses import parse_clauses, read_clauses, sentences
from assistant.service.rules import Rule
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
