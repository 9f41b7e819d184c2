"""Whether products meet conditions: examples by attribute, and laws that hold for all."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.conditions import Condition, Evidence, meets, meets_all
from retrieval.product import Product
from tests.retrieval.conftest import product

BOOT = product(
    title="Alpine Ridge Hiking Boot", price=109, color=["Forest Green"], brand=["Karhu"], size=["EU 42"], rating=4.4,
    product_highlight=["Waterproof membrane", "Lightweight at 450 g each", "Recycled, foldable insole"],
    product_detail=[("Vegan", "No"), ("Sole", "Rubber"), ("Heel drop", "8 mm"), ("Max load", "120 kg")],
    product_type="Shoes > Hiking Boots", gender=["female"],
    description="Not suitable for mountaineering. Latex-free glue. Laces sold separately.",
)
KETTLE = product(
    title="Karo 1.7 l kettle", price=50, sale_price=40, color=["Matte Black"], material=["Stainless steel"],
    product_type="Kitchen > Kettles", product_highlight=["Built-in limescale filter", "No app needed", "BPA-free"],
    product_detail=[("Power", "2200 W"), ("Dishwasher safe", "No"), ("Noise level", "65 dB"), ("Width", "22 cm"),
                    ("Cord length", "75 cm"), ("Cordless", "Yes")],
)
LAPTOP = product(
    title='Veda 14 16GB RAM 512GB SSD 13.3" laptop', price=900, size=["13.3 in"],
    description="Water resistant keyboard, battery up to 12 hours. Faux leather sleeve, not included.",
)
JACKET = product(
    title="Quilted jacket in navy", size=["S", "M", "XL"], description="A dark red jacket with black lining."
)
USED = product(title="Phone, refurbished", price=1)
TENT = product(title="Dome tent", product_detail=[("Sleeps", "4 person"), ("Packed size", "60 x 20 cm")])
PLATES = product(title="六只装白瓷盘", description="防水,可用洗碗机")

EXAMPLES: list[tuple[Product, str, str, str | float, bool]] = [
    (BOOT, "feature", "is", "waterproof", True), (BOOT, "feature", "is", "water proof", True),
    (BOOT, "feature", "is", "water-proof", True), (BOOT, "feature", "is_not", "waterproof", False),
    (BOOT, "feature", "is", "folding", True), (BOOT, "feature", "is", "vegan", False),
    (BOOT, "feature", "is_not", "vegan", True), (BOOT, "use", "is", "mountaineering", False),
    (BOOT, "feature", "is", "latex free", True), (BOOT, "feature", "is_not", "latex", True),
    (BOOT, "feature", "is", "laces", False), (BOOT, "feature", "is", "gps", False),
    (BOOT, "feature", "at_most", "drop of 8mm", True), (BOOT, "feature", "at_most", "drop of 6mm", False),
    (BOOT, "feature", "at_most", "500 g", True), (BOOT, "feature", "at_least", "250 lbs", True),
    (BOOT, "feature", "at_least", "130 kilos", False), (BOOT, "color", "is", "green", True),
    (BOOT, "color", "is", "forest green", True), (BOOT, "color", "is", "black", False),
    (BOOT, "color", "is_not", "black", True), (BOOT, "color", "is_not", "greens", False),
    (BOOT, "size", "is", "42", True), (BOOT, "size", "is", "eu 42", True), (BOOT, "size", "is", "43", False),
    (BOOT, "brand", "is", "karhu", True), (BOOT, "brand", "is_not", "karhu", False),
    (BOOT, "product", "is_not", "boots", False), (BOOT, "product", "is_not", "sandals", True),
    (BOOT, "condition", "is", "new", True), (BOOT, "condition", "is_not", "refurb", True),
    (BOOT, "rating", "at_least", 4.0, True), (BOOT, "rating", "at_least", 4.5, False),
    (BOOT, "recipient", "is", "ladies", True), (BOOT, "material", "is", "rubber", True),
    (KETTLE, "feature", "is", "dishwasher safe", False), (KETTLE, "feature", "is_not", "app", True),
    (KETTLE, "feature", "is", "app", False), (KETTLE, "feature", "is", "no app", True),
    (KETTLE, "feature", "is", "bpa free", True), (KETTLE, "feature", "is", "cordless", True),
    (KETTLE, "feature", "is", "built in filter", True), (KETTLE, "feature", "at_least", "2000w", True),
    (KETTLE, "feature", "at_least", "2.2 kw", True), (KETTLE, "feature", "at_most", "60 db", False),
    (KETTLE, "size", "at_least", "one and a half litres", True), (KETTLE, "size", "at_least", "2l", False),
    (KETTLE, "size", "is", "1.7l", True), (KETTLE, "size", "at_most", "30 cm wide", True),
    (KETTLE, "size", "at_most", "30 cm", True), (KETTLE, "material", "is", "steel", True),
    (KETTLE, "material", "is_not", "plastic", True), (KETTLE, "color", "is_not", "black", False),
    (KETTLE, "price", "at_most", 40.0, True), (KETTLE, "price", "at_most", 39.99, False),
    (KETTLE, "price", "about", 45.0, True), (KETTLE, "price", "is", 40.0, True),
    (LAPTOP, "feature", "at_least", "16 gb ram", True), (LAPTOP, "feature", "at_least", "32 gb ram", False),
    (LAPTOP, "feature", "at_least", "thirty-two gigs of memory", False),
    (LAPTOP, "feature", "at_least", "sixteen gigs of memory", True), (LAPTOP, "feature", "at_least", "10 hours", True),
    (LAPTOP, "size", "is", "13.3 inch", True), (LAPTOP, "size", "about", "14 inches", True),
    (LAPTOP, "size", "at_most", "33 cm", False), (LAPTOP, "material", "is", "leather", False),
    (LAPTOP, "feature", "is", "waterproof", False), (LAPTOP, "rating", "at_least", 1.0, False),
    (JACKET, "size", "is", "extra large", True), (JACKET, "size", "is", "l", False),
    (JACKET, "size", "is", "medium", True),
    (JACKET, "size", "at_least", "large", True), (JACKET, "color", "is", "navy", True),
    (JACKET, "color", "is", "black", False), (JACKET, "color", "is_not", "navy", False),
    (USED, "condition", "is", "new", False), (USED, "condition", "is", "refurb", True),
    (USED, "condition", "is_not", "refurbished", False), (TENT, "size", "is", "four man", True),
    (TENT, "size", "at_least", "2 person", True), (TENT, "size", "at_least", "5 people", False),
    (PLATES, "feature", "is", "防水", True), (PLATES, "feature", "is_not", "防水", False),
    (PLATES, "color", "is", "白", True),
]


@pytest.mark.parametrize(("item", "attribute", "op", "value", "met"), EXAMPLES)
def test_examples(item: Product, attribute: Any, op: Any, value: str | float, met: bool) -> None:
    found = meets(item, Condition(attribute=attribute, op=op, value=value))
    assert (found is not None) == met, found


@pytest.mark.parametrize(("item", "attribute", "op", "value", "field", "quote"), [
    (BOOT, "feature", "is", "waterproof", "product_highlight", "Waterproof membrane"),
    (BOOT, "feature", "is_not", "vegan", "product_detail", "Vegan: No"),
    (BOOT, "color", "is_not", "black", "color", "Forest Green"),
    (BOOT, "feature", "is_not", "gps", "product_detail", ""),
    (KETTLE, "feature", "is_not", "app", "product_highlight", "No app needed"),
    (KETTLE, "price", "at_most", 45.0, "sale_price", "40.00 USD"),
    (LAPTOP, "feature", "at_least", "10 hours", "description", "Water resistant keyboard, battery up to 12 hours."),
])
def test_evidence_is_the_products_own(
    item: Product, attribute: Any, op: Any, value: Any, field: str, quote: str
) -> None:
    assert meets(item, Condition(attribute=attribute, op=op, value=value)) == Evidence(field=field, value=quote)


def test_alternatives_add_up_and_soft_attributes_never_filter() -> None:
    colors = [Condition(attribute="color", op="is", value=c) for c in ("red", "green")]
    assert meets_all(BOOT, colors)
    assert not meets_all(BOOT, [*colors, Condition(attribute="feature", op="is", value="gps")])
    assert not meets_all(BOOT, [*colors, Condition(attribute="color", op="is_not", value="green")])
    assert meets_all(BOOT, [Condition(attribute="occasion", op="is", value="wedding")])


def test_currencies_are_converted_only_by_rates() -> None:
    wanted = Condition(attribute="price", op="at_most", value=100.0, unit="GBP")
    assert meets(BOOT, wanted) is None
    assert meets(BOOT, wanted, {"GBP": 1.25, "USD": 1.0}) is not None
    assert meets(BOOT, wanted, {"EUR": 1.1}) is None


WORDS = st.sampled_from((
    "waterproof", "water", "proof", "not", "no", "without", "black", "navy", "leather", "faux", "free", "steel", "boot",
    "app", "yes", "16", "gb", "ram", "2", "kg", "l", "cm", "-", ",", ".",
))
OPS = st.sampled_from(["is", "is_not", "at_most", "at_least", "about"])
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)
PRODUCTS = st.builds(
    lambda title, description, color, size, highlights, details, price: product(
        title=title or "t", description=description, color=color, size=size, product_highlight=highlights,
        product_detail=details, price=price,
    ),
    TEXTS, TEXTS, st.lists(TEXTS, max_size=2), st.lists(TEXTS, max_size=2), st.lists(TEXTS, max_size=2),
    st.lists(st.tuples(TEXTS, TEXTS), max_size=3), st.none() | st.floats(0, 500),
)
TEXTUAL = st.sampled_from(["brand", "color", "size", "material", "feature", "style", "condition", "product"])


@settings(max_examples=100, deadline=None)
@given(PRODUCTS, TEXTUAL, TEXTS.filter(str.strip))
def test_is_and_is_not_exclude_each_other(item: Product, attribute: Any, value: str) -> None:
    wanted = meets(item, Condition(attribute=attribute, op="is", value=value))
    unwanted = meets(item, Condition(attribute=attribute, op="is_not", value=value))
    assert (wanted is None) != (unwanted is None)


@settings(max_examples=60, deadline=None)
@given(PRODUCTS, st.sampled_from(["price", "size", "feature"]), st.lists(st.integers(0, 60), min_size=2, max_size=5),
       st.sampled_from(["cm", "gb ram", "kg", "l"]))
def test_bounds_are_monotone(item: Product, attribute: Any, limits: list[int], unit: str) -> None:
    def holds(op: Any, limit: int) -> bool:
        value: str | float = float(limit) if attribute == "price" else f"{limit} {unit}"
        return meets(item, Condition(attribute=attribute, op=op, value=value)) is not None

    ordered = sorted(limits)
    for less, more in pairwise(ordered):
        assert holds("at_most", more) or not holds("at_most", less)
        assert holds("at_least", less) or not holds("at_least", more)


@settings(max_examples=60, deadline=None)
@given(PRODUCTS, st.text(min_size=1, max_size=20), TEXTUAL, OPS)
def test_no_text_breaks_it_and_quotes_are_exact(item: Product, value: str, attribute: Any, op: Any) -> None:
    found = meets(item, Condition(attribute=attribute, op=op, value=value))
    if found is not None and found.field in ("title", "description"):
        assert found.value in getattr(item, found.field)
