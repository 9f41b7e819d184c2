import pytest

from assistant.shop import Order
from assistant.statements import order_meant


def order(id: str, *titles: str) -> Order:
    return Order.model_validate({"id": id, "items": [{"title": title} for title in titles]})


ORDERS = [order("new", "Norvik Motif Soundbar"), order("old", "Porto Linen Bed Set - sand", "Lumen 65-Inch Television")]


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("I want to return the bed linen, the colour is wrong", "old"),
        ("my televisions are broken", "old"),
        ("the soundbar hums", "new"),
        ("where is my order?", "new"),
        ("", "new"),
        ("is the kettle coming?", "new"),
    ],
)
def test_the_order_with_the_things_named_is_meant_else_the_newest(message: str, meant: str) -> None:
    assert order_meant(message, ORDERS).id == meant
