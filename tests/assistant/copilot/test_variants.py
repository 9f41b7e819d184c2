"""The variant that is wanted in place of a piece, by what is said of its options."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.copilot.scales import letter_size, same_amount, scale_of
from assistant.copilot.variants import variant_named
from assistant.service.records import OrderItem, Product, Variant


def product(*rows: tuple[dict[str, str], float]) -> Product:
    variants = (Variant(item_id=f"v{i}", options=options, price=price) for i, (options, price) in enumerate(rows))
    return Product(id="p", name="Thing", variants=tuple(variants))


def piece(of: Product, place: int = 0) -> OrderItem:
    variant = of.variants[place]
    return OrderItem(item_id=variant.item_id, product_id=of.id, name=of.name, options=variant.options)


HELMET = product(
    ({"size": "S", "color": "red", "ventilation": "low"}, 50),
    ({"size": "M", "color": "red", "ventilation": "high"}, 60),
    ({"size": "M", "color": "red", "ventilation": "medium"}, 55),
    ({"size": "S", "color": "white", "ventilation": "low"}, 40),
    ({"size": "L", "color": "white", "ventilation": "high"}, 70),
)  # fmt: skip
BOARD = product(
    ({"switch type": "linear", "backlight": "RGB", "size": "104 keys"}, 100),
    ({"switch type": "clicky", "backlight": "none", "size": "104 keys"}, 90),
    ({"switch type": "clicky", "backlight": "RGB", "size": "87 keys"}, 95),
    ({"switch type": "tactile", "backlight": "RGB", "size": "104 keys"}, 120),
)  # fmt: skip
PUZZLE = product(
    ({"pieces": "500", "theme": "art", "level": "intermediate"}, 20),
    ({"pieces": "1500", "theme": "art", "level": "intermediate"}, 40),
    ({"pieces": "1500", "theme": "animals", "level": "intermediate"}, 41),
    ({"pieces": "500", "theme": "art", "level": "beginner"}, 18),
    ({"pieces": "2000", "theme": "art", "level": "expert"}, 50),
)  # fmt: skip
SHELF = product(({"height": "5 ft", "material": "wood"}, 80), ({"height": "4 ft", "material": "wood"}, 70),
                ({"height": "6 ft", "material": "softboard"}, 60))  # fmt: skip
TENT = product(({"waterproof": "no", "colour": "green"}, 80), ({"waterproof": "yes", "colour": "green"}, 90),
               ({"waterproof": "yes", "colour": "grey"}, 95), ({"waterproof": "no", "colour": "grey"}, 85))  # fmt: skip


@pytest.mark.parametrize(
    ("of", "words", "wanted"),
    [
        (HELMET, "for a medium sized, red, high ventilation type", "v1"),
        (HELMET, "the cheapest", "v3"), (HELMET, "the most expensive one", "v4"), (HELMET, "the cheapest in M", "v2"),
        (HELMET, "in white", "v3"), (HELMET, "in green", None), (HELMET, "another one", None),
        (HELMET, "a larger size, also in red", None), (HELMET, "a larger size in red with high ventilation", "v1"),
        (BOARD, "the same one but with clicky switches", None), (BOARD, "clicky, no backlight", "v1"),
        (BOARD, "clicky, I do not care about the backlight, but the same size", "v1"),
        (BOARD, "clicky in a smaller size", "v2"), (BOARD, "tactile instead of linear", "v3"),
        (PUZZLE, "same level, but 1000 more pieces, I prefer animals over the art theme", "v2"),
        (PUZZLE, "1000 more pieces and the same theme", "v1"), (PUZZLE, "the easiest", "v3"),
        (PUZZLE, "with the most pieces", "v4"), (PUZZLE, "600 more pieces", None),
        (SHELF, "to 4 foot", "v1"), (SHELF, "soft material", "v2"), (SHELF, "the tallest", None),
        (TENT, "a waterproof one", "v1"), (TENT, "waterproof, in grey if possible", "v2"),
        (TENT, "not waterproof, grey", "v3"),
        (TENT, "v2 please", "v2"),
    ],
)  # fmt: skip
def test_the_variant_that_is_asked_for(of: Product, words: str, wanted: str | None) -> None:
    found = variant_named(words, piece(of), of)
    assert (found.item_id if found is not None else None) == wanted


def test_what_would_do_as_well_counts_where_the_first_is_not_there() -> None:
    same = "the same one but with clicky switches"
    found = variant_named(same, piece(BOARD), BOARD, ["I'd go for no backlight"])
    assert found is not None and found.item_id == "v1"
    found = variant_named("in black", piece(HELMET), HELMET, ["white then", "red"])
    assert found is None or found.item_id == "v3"
    either = variant_named("tactile, otherwise clicky", piece(BOARD), BOARD)
    assert either is not None and either.item_id == "v3"


def test_what_is_the_cheapest_already_stays_and_what_is_gone_is_not_taken() -> None:
    cheapest = variant_named("the cheapest", piece(HELMET, 3), HELMET)
    assert cheapest is not None and cheapest.item_id == "v3"
    gone = HELMET.model_copy(update={"variants": tuple(
        v.model_copy(update={"available": v.item_id != "v3"}) for v in HELMET.variants)})  # fmt: skip
    assert variant_named("in white", piece(gone), gone) != HELMET.variants[3]


@given(st.lists(st.sampled_from(["red", "white", "medium", "L", "high", "cheapest", "same", "not", "larger", "low"]),
                max_size=6).map(" ".join), st.integers(0, 4))  # fmt: skip
def test_a_variant_is_always_one_that_is_there_and_has_what_is_named(words: str, place: int) -> None:
    found = variant_named(words, piece(HELMET, place), HELMET)
    if found is None:
        return
    assert found in HELMET.variants and found.available
    for color in ("red", "white"):
        others = {"red", "white"} - {color}
        if color in words and not any(other in words for other in others) and "cheapest" not in words:
            assert found.options["color"] == color


def test_scales() -> None:
    assert scale_of(["M", "S", "XL"]) == {"M": 3.0, "S": 2.0, "XL": 5.0}
    assert scale_of(["high", "low"]) == {"high": 3.0, "low": 1.0} and scale_of(["1 TB", "500 GB"]) is not None
    sizes = scale_of(["1 TB", "500 GB"])
    assert sizes is not None and sizes["1 TB"] > sizes["500 GB"]
    assert scale_of(["red", "blue"]) is None and scale_of(["only"]) is None
    assert same_amount("a 4 foot one", "4 ft") and not same_amount("4 bar", "4 ft") and not same_amount("in 8", "8")
    assert letter_size(["extra", "large"], ["L", "XL"]) == {"XL"} and letter_size(["large"], ["red", "L"]) == set()
