"""The desk of a shop whose records hold several sizes."""

from assistant.service.shop_desk import desk_data
from assistant.shop import Customer, Order, OrderItem, Shop
from retrieval.product import Product

RED = Product(id="boot-red", item_group_id="boot", title="Ridge Boot - red", price=80.0, currency="USD", color=("red",),
              size=("40", "41"))  # fmt: skip
TAN = RED.model_copy(update={"id": "boot-tan", "color": ("tan",), "size": ("41", "42"), "availability": "out_of_stock"})
MUG = Product(id="mug", title="Mug", price=9.0, currency="USD", size=("300 ml",))
LINES = (
    OrderItem(item_id="boot-red", title="Ridge Boot - red", price=80.0, options={"size": "41"}),
    OrderItem(item_id="boot-red", title="Ridge Boot - red", price=80.0),
    OrderItem(item_id="boot-red", title="Ridge Boot - red", price=80.0, options={"size": "47"}),
    OrderItem(item_id="mug", title="Mug", price=9.0, quantity=2),
)
ORDER = Order(id="Q1", customer=Customer(id="C1", name="Ana Roy", email="ana@example.org"), items=LINES)
DATA = desk_data(Shop(orders={"Q1": ORDER}), [RED, TAN, MUG])


def test_each_size_of_a_record_is_a_variant() -> None:
    boot, mug = DATA.products
    assert [(v.item_id, v.options, v.available) for v in boot.variants] == [
        ("boot-red/40", {"color": "red", "size": "40"}, True),
        ("boot-red/41", {"color": "red", "size": "41"}, True),
        ("boot-tan/41", {"color": "tan", "size": "41"}, False),
        ("boot-tan/42", {"color": "tan", "size": "42"}, False),
    ]
    assert [(v.item_id, v.options) for v in mug.variants] == [("mug", {"size": "300 ml"})]


def test_an_ordered_piece_is_of_the_size_that_the_order_tells() -> None:
    sized, unknown, gone, *mugs = DATA.orders[0].items
    assert (sized.item_id, sized.options) == ("boot-red/41", {"color": "red", "size": "41"})
    assert (unknown.item_id, unknown.options) == ("boot-red", {"color": "red"})
    assert (gone.item_id, gone.options) == ("boot-red", {"color": "red", "size": "47"})
    assert [(mug.item_id, mug.options) for mug in mugs] == [("mug", {"size": "300 ml"})] * 2
    assert {item.product_id for item in (sized, unknown, gone)} == {"boot"}
