"""Wordings of money, nouns and constraints."""

from __future__ import annotations

import pytest

from assistant.receipts import in_words, listed, money, noun
from assistant.records import Constraint


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(1234.5, "USD", "$1,234.50"), (99, "PLN", "99.00 PLN"), (1500, "JPY", "¥1,500"), (0, "EUR", "€0.00")],
)
def test_money(amount: float, currency: str, text: str) -> None:
    assert money(amount, currency) == text


@pytest.mark.parametrize(
    ("product", "text"),
    [
        ("kettle", "a kettle"),
        ("hiking boots", "hiking boots"),
        ("air fryer", "an air fryer"),
        ("USB hub", "a USB hub"),
        ("dress", "a dress"),
        ("a gift", "a gift"),
        ("coffee", "coffee"),
        ("hourglass", "an hourglass"),
        ("ukulele", "a ukulele"),
        ("umbrella", "an umbrella"),
        ("upright piano", "an upright piano"),
        ("登山鞋", "登山鞋"),
        ("", ""),
    ],
)
def test_noun(product: str, text: str) -> None:
    assert noun(product) == text


@pytest.mark.parametrize(
    ("attribute", "op", "value", "text"),
    [
        ("price", "at_most", 120, "up to $120"),
        ("color", "is_not", "black", "not black"),
        ("size", "is", "42", "size 42"),
        ("size", "is", "size 42", "size 42"),
        ("size", "at_least", "1.5 l", "at least 1.5 l"),
        ("brand", "is", "bosch", "from bosch"),
        ("use", "is", "camping", "for camping"),
        ("use", "is", "for camping", "for camping"),
        ("brand", "is_not", "bosch", "not from bosch"),
        ("quantity", "is", 2, "2 of them"),
        ("rating", "at_least", 4.5, "rated at least 4.5 out of 5"),
        ("delivery", "is", "by friday", "by friday"),
    ],
)
def test_constraints_in_words(attribute: str, op: str, value: str | float, text: str) -> None:
    constraint = Constraint.model_validate({"attribute": attribute, "op": op, "value": value})
    assert in_words(constraint, "USD") == text


def test_a_price_keeps_the_currency_it_was_said_in() -> None:
    assert in_words(Constraint(attribute="price", op="about", value=49.5, unit="GBP"), "USD") == "around £49.50"


def test_lists() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"], "or"), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a or b",
        "a, b and c",
    ]
