"""Pieces of a customer's orders by what their words say of them."""

from __future__ import annotations

from assistant.copilot.pieces import called, narrowed, other_named, pieces_named, without_names
from assistant.service import EmbeddedDesk
from assistant.service.records import Order, OrderItem
from tests.assistant.service.small_desk import LAMP, desk

__all__ = ["desk"]


def named(desk: EmbeddedDesk, text: str, *orders: str) -> list[str]:
    chosen = [order for order in desk.orders("ada") if order.id in orders]
    return [piece.item.item_id for piece in pieces_named(text, chosen)]


def meant(desk: EmbeddedDesk, text: str, *orders: str, swap: bool = False) -> list[str] | None:
    chosen = [order for order in desk.orders("ada") if order.id in orders]
    found = narrowed(pieces_named(text, chosen), text, swap=swap)
    return None if found is None else [piece.item.item_id for piece in found]


def test_pieces_are_named_by_product_or_id(desk: EmbeddedDesk) -> None:
    order = desk.order("A3")
    assert order is not None
    assert named(desk, "the kettles", "A3") == ["kettle-1l"]
    assert named(desk, "my desk lamp", "A3") == ["lamp-red", "lamp-blue"]
    assert named(desk, "everything except the kettle", "A3") == ["lamp-red", "lamp-blue"]
    assert named(desk, "lamp-blue", "A3") != [] and named(desk, "a sofa", "A3") == []
    lamp, _, kettle = pieces_named("the lamp in blue and the kettle in 2 l", [order])
    assert "blue" in lamp.words and "blue" not in kettle.words and "2 l" in kettle.words


def test_a_colour_in_a_name_names_no_piece(desk: EmbeddedDesk) -> None:
    order = desk.order("A3")
    assert order is not None
    items = [item.model_copy(update={"name": f"{item.name} - {item.options.get('color', '')}"}) for item in order.items]
    order = order.model_copy(update={"items": tuple(items)})
    assert [piece.item.item_id for piece in pieces_named("the kettle, a blue one", [order])] == ["kettle-1l"]


def test_of_several_the_one_that_is_described_is_meant(desk: EmbeddedDesk) -> None:
    for text in ("return the blue desk lamp", "return the desk lamp, the one with blue", "return the dearer desk lamp"):
        assert meant(desk, text, "A3") == ["lamp-blue"], text
    assert meant(desk, "return the cheaper of the desk lamps", "A3") == ["lamp-red"]
    assert meant(desk, "return the desk lamp", "A3") is None
    for text in ("return both desk lamps", "the desk lamps"):
        assert meant(desk, text, "A3") == ["lamp-red", "lamp-blue"], text
    assert meant(desk, "return the desk lamp", "A4") == ["lamp-red"]
    assert meant(desk, "return the two desk lamps", "A4") == ["lamp-red", "lamp-red"]
    assert meant(desk, "return the desk lamp", "A4", "A2") is None


def test_what_is_wanted_instead_does_not_describe_a_piece(desk: EmbeddedDesk) -> None:
    assert meant(desk, "change the red desk lamp to blue", "A3", swap=True) == ["lamp-red"]
    assert meant(desk, "change the desk lamp to blue", "A3", swap=True) is None
    assert meant(desk, "change the desk lamp to gold. it is the blue one", "A3", swap=True) == ["lamp-blue"]


def test_another_variant_than_theirs_is_noticed(desk: EmbeddedDesk) -> None:
    order = desk.order("A3")
    assert order is not None
    red = order.items[0]
    for words, other in (("lamp in gold", True), ("my red lamp", False), ("red lamp for blue", True), ("lamp", False)):
        assert other_named(words, red, LAMP) is other, words


def test_names_are_taken_out_of_what_is_asked(desk: EmbeddedDesk) -> None:
    orders = desk.orders("ada")
    assert without_names("swap the desk lamp of A3 for gold", orders) == "swap the it of my order for gold"
    assert without_names("Kettle or Desk-Lamps, B1?", orders) == "it or it, B1?"
    assert without_names("a desk for the lamplight", orders) == "a desk for the lamplight"
    assert without_names("with Apple HomeKit or gas", orders, ("Apple HomeKit", "gas")) == "with blue or gas"


def sold_as(name: str, **options: str) -> OrderItem:
    return OrderItem(item_id=name, name=name, options=options)


def test_what_a_piece_is_called_without_its_variant() -> None:
    assert called(sold_as("Bed Set - sand beige, 155 x 220 cm", color="sand beige", size="155 x 220 cm")) == "Bed Set"
    assert called(sold_as("Pip Recorder (red)", color="red")) == "Pip Recorder"
    assert called(sold_as("Red", color="red")) == "Red" and called(sold_as("Desk Lamp")) == "Desk Lamp"


def test_variants_whose_names_differ_are_told_apart_by_what_they_are() -> None:
    order = Order(id="A1", customer_id="ada", items=(
        sold_as("Pip Recorder - ivory", color="ivory"), sold_as("Pip Recorder - red", color="red"),
        sold_as("First Steps"), sold_as("First Steps"),
    ))  # fmt: skip
    text = "send back the red recorder and one of the two first steps"
    found = narrowed(pieces_named(text, [order]), text, swap=False)
    assert found is not None and sorted(piece.item.item_id for piece in found) == ["First Steps", "Pip Recorder - red"]


def test_a_thing_is_known_by_what_it_is_called_where_another_only_goes_with_it() -> None:
    order = Order(id="A1", customer_id="ada", items=(sold_as("H20 Acoustic Guitar"), sold_as("Padded Guitar Gig Bag")))
    assert [piece.item.item_id for piece in pieces_named("change the guitar", [order])] == ["H20 Acoustic Guitar"]
    assert [piece.item.item_id for piece in pieces_named("the guitar bag", [order])] == ["Padded Guitar Gig Bag"]


def test_an_order_s_number_is_heard_as_my_order(desk: EmbeddedDesk) -> None:
    orders = desk.orders("ada")
    for said in ("from order A1", "from order number A1", "from my order #A1", "from A1"):
        assert without_names(f"cancel it {said}, please", orders) in ("cancel it from my order, please",
                                                                      "cancel it from #my order, please"), said
