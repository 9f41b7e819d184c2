"""Values, needs and constraints agree as FORMATS.md says."""

from __future__ import annotations

import pytest

from finetune.agreement import match_relaxed, match_strictly, pair_needs, same_value
from tests.finetune.states import constraint, need, state


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("the boots", "Boot", True), ("hiking boots", "hiking boot", True), ("red", "blue", False),
        ("16 gb ram", "16 gb", True), ("waterproof", "water proof", True), ("glass", "glas", False), (120, 120.0, True),
        (120, 121, False), ("120", 120, True), ("blue", 120, False), ("a very long winded value", "value", False),
    ],
)
def test_values(a: str | float, b: str | float, same: bool) -> None:
    assert same_value(a, b) is same
    assert same_value(b, a) is same


def test_needs_are_paired_by_product_and_then_in_order() -> None:
    expected = [need("kettle"), need("toaster"), need(None)]
    found = [need("mug"), need("the toasters"), need("kettles")]
    assert pair_needs(expected, found) == [(0, 2), (1, 1), (2, 0)]


def test_strict_wants_the_attribute_but_six_of_them_count_as_one() -> None:
    label = state(need("boots", constraint("feature", value="waterproof"), constraint("color")))
    close = state(need("boots", constraint("color", value="waterproof"), constraint("brand")))
    assert len(match_strictly(label, close)) == 0
    merged = state(need("boots", constraint("style", value="waterproof"), constraint("brand", value="blue")))
    assert [e.value for e, _ in match_strictly(label, merged)] == ["waterproof"]


def test_relaxed_wants_polarity_and_value_in_any_need() -> None:
    label = state(need("boots", constraint("price", "at_most", 120)), need("socks", constraint()))
    about = constraint("brand", "about", "blue")
    found = state(need("socks", constraint("price", "at_most", 120)), need("boots", about))
    assert len(match_relaxed(label, found)) == 2
    assert len(match_relaxed(label, state(need("boots", constraint("price", "at_least", 120))))) == 0
