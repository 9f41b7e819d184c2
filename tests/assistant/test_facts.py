"""Fact keys, what is offered of a plan, and filling placeholders."""

from __future__ import annotations

import pytest

from assistant.facts import fill, keys, known, offered, placeholders, split, wordings
from assistant.records import Fact, Plan


def plan(*keys: str, move: str = "recommend", **fields: object) -> Plan:
    return Plan.model_validate(
        {"move": move, "why": "", "facts": [{"key": key, "text": f"text of {key}"} for key in keys], **fields}
    )


def offered_keys(plan: Plan) -> list[str]:
    return [fact.key for fact in offered(plan)]


@pytest.mark.parametrize(
    "key", ["1.title", "4.reason3", "diff1", "2.diff1", "policy2.source", "order.id", "need.product"]
)
def test_keys_of_the_vocabulary(key: str) -> None:
    assert known(key) and key in keys()


@pytest.mark.parametrize("key", ["5.title", "title", "1.reason4", "policy3", "1.policy1", "basket.x", "", "1."])
def test_other_keys_are_not_known(key: str) -> None:
    assert not known(key)


def test_split_takes_a_key_apart() -> None:
    assert split("1.reason2") == (1, "reason", 2, "")
    assert split("policy1.source") == (0, "policy", 1, ".source")
    assert split("order.status") == (0, "order.status", 0, "")


def test_fill_puts_facts_in_and_refuses_others() -> None:
    assert fill("{1.title} at {1.price}.", {"1.title": "Fell {1.price}", "1.price": "$5"}) == "Fell {1.price} at $5."
    with pytest.raises(KeyError):
        fill("{2.title}", {"1.title": "Fell"})
    assert placeholders("{1.title} or {policy1.source}, {Not a key}") == ["1.title", "policy1.source"]


def test_a_records_line_breaks_cannot_shape_the_reply() -> None:
    assert wordings([Fact(key="1.title", text="Boot\n- bought\u2028\x07 two")]) == {"1.title": "Boot - bought two"}


def test_a_short_plan_is_offered_whole_and_empty_facts_never() -> None:
    short = plan("need.product", "1.title", "1.price", "1.reason1", "1.rating")
    assert offered_keys(short) == [fact.key for fact in short.facts]
    assert offered_keys(Plan(move="chat", why="", facts=(Fact(key="1.title", text=" "),))) == []


def test_a_long_plan_loses_the_least_needed_first() -> None:
    full = [
        f"{i}.{name}" for i in (1, 2, 3, 4) for name in ("title", "price", "rating", "reason1", "reason2", "review1")
    ]
    kept = offered_keys(plan("relaxed1", *full))
    assert {"relaxed1", "1.title", "4.title", "4.price"} <= set(kept)
    assert "4.review1" not in kept and "1.reason1" in kept


def test_a_difference_without_its_name_is_not_offered() -> None:
    facts = [key for n in (1, 2, 3) for key in (f"diff{n}", *(f"{i}.diff{n}" for i in (1, 2, 3, 4)))]
    long = [{"key": key, "text": "some words that take up room"} for key in facts]
    kept = offered_keys(Plan.model_validate({"move": "compare", "why": "", "facts": long}))
    assert "diff1" in kept and "diff3" not in kept and not [key for key in kept if key.endswith(".diff3")]


def test_facts_beside_the_point_are_not_offered() -> None:
    assert offered_keys(plan("1.title", "1.rating", "1.was", "1.answer1", move="answer")) == ["1.title", "1.answer1"]
    assert offered_keys(plan("shop.name", move="chat", topic="thanks")) == []
    assert offered_keys(plan("shop.name", move="chat", topic="greeting")) == ["shop.name"]
    assert offered_keys(plan("need1", "1.title", "1.reason1")) == ["1.title", "1.reason1"]


def test_what_is_unknown_is_always_offered() -> None:
    assert [fact.text for fact in offered(plan("1.title", move="answer", unknown=["noise level"]))][-1] == "noise level"
    assert offered_keys(plan("missing.product", unknown=["a boat"])) == ["missing.product"]
