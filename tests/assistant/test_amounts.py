"""Words that were read as an amount become numbers and currencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.amounts import currency, number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("120", 120), ("£120", 120), ("1k", 1000), ("1.5k", 1500), ("1,299.00", 1299), ("1.200,50", 1200.5),
        ("1'200", 1200), ("two hundred", 200), ("a hundred and fifty", 150), ("eleven hundred", 1100),
        ("one fifty", 150), ("sixty", 60), ("a couple", 2), ("half a dozen", 6), ("twenty-five", 25), ("4.5", 4.5),
        ("two grand", 2000),
    ],
)
def test_numbers_in_digits_and_words(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "blue", "£", "cheap as chips"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("under £120", "GBP"), ("two hundred quid", "GBP"), ("max 80 euros", "EUR"), ("$50", "USD"), ("A$50", "AUD"),
        ("fifty bucks", "USD"), ("nothing over R6000", "ZAR"), ("R600 or so", "ZAR"), ("under 90 fr.", "CHF"),
        ("6k rupees", "INR"), ("up to 50", None), ("for the poundland crowd", None),
    ],
)
def test_currencies(text: str, code: str | None) -> None:
    assert currency(text) == code


@given(st.text(max_size=60))
def test_any_text_gives_a_number_or_none(text: str) -> None:
    assert number(text) is None or isinstance(number(text), float)
    assert currency(text) is None or len(str(currency(text))) == 3


@given(st.integers(0, 10**6))
def test_digits_are_read_as_they_are(value: int) -> None:
    assert number(str(value)) == value
    assert number(f"{value:,}") == value
