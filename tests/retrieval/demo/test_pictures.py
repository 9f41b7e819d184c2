from __future__ import annotations

import re
from collections import Counter

import pytest
from defusedxml import ElementTree

from retrieval.demo.pictures import NEUTRAL, drawing_of, drawings, picture
from retrieval.product import Product

ALLOWED = {"svg", "title", "defs", "linearGradient", "radialGradient", "stop", "rect", "ellipse", "g", "path",
           "circle", "text"}


def test_every_product_has_a_picture_that_is_valid_xml(catalogue: list[Product]) -> None:
    seen: Counter[str] = Counter()
    for product in catalogue:
        root = ElementTree.fromstring(picture(product))
        assert root.get("viewBox") == "0 0 400 400"
        seen[drawing_of(product).name] += 1
    assert NEUTRAL not in seen
    assert len(seen) >= 100


def test_drawings_hold_only_harmless_elements() -> None:
    for name in drawings():
        root = ElementTree.fromstring(picture(Product(id="x", title=name.replace("-", " "))))
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= ALLOWED
        assert not re.search(r"\bon\w+=|href|<script", drawings()[name].art)


def test_a_phrase_calls_for_one_drawing_only() -> None:
    phrases = Counter(phrase for drawing in drawings().values() for phrase in drawing.words)
    assert [phrase for phrase, count in phrases.items() if count > 1] == []


@pytest.mark.parametrize(
    ("product_type", "title", "expected"),
    [
        ("", "Waterproof hiking boots, men", "boot"),
        ("Home > Kitchen > Kettles", "Steel 1.7 l", "kettle"),
        ("Pets > Dogs > Beds", "Soft Dog Bed for large dogs", "pet-bed"),
        ("Notebooks", "15 inch laptop with 16 GB", "notebook"),
        ("", "Sleeve for laptops", "laptop"),
        ("", "Quantum flux thing", NEUTRAL),
        ("Accessories > Phone cases", "Cover", "phone-case"),
    ],
)
def test_the_drawing_follows_the_words(product_type: str, title: str, expected: str) -> None:
    assert drawing_of(Product(id="x", title=title, product_type=product_type)).name == expected


def test_the_colour_tints_the_picture() -> None:
    red, green = (picture(Product(id="x", title="Kettle", color=(c,))) for c in ("red", "forest green"))
    assert red != green


def test_text_of_the_catalogue_stays_text() -> None:
    nasty = Product(id='"><script>', title="</title><script>alert(1)</script> & \x00 $c ${x} kettle", color=("<b>",))
    svg = picture(nasty)
    assert "<script" not in svg
    assert ElementTree.fromstring(svg) is not None
