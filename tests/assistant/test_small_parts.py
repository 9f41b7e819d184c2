"""The turn's small pure parts: ordering, behaviour, statements, questions, shop, comparison."""

from __future__ import annotations

import pytest

from assistant.behaviour import behaviour, browsed_need, leaf, summary
from assistant.compare import compare
from assistant.config import ConversationSettings
from assistant.ordering import ORDERINGS, beyond, comparative_in, is_ordering, ordered, ordering_in
from assistant.questions import best_question
from assistant.records import Event, Message, Need
from assistant.search import Found, fewest_to_give_up
from assistant.shop import Customer, Order, Shop, emails_in
from assistant.statements import Statement, meant, statements, subject
from retrieval.catalogue import Catalogue
from retrieval.product import Product
from tests.assistant.small_shop import catalogue, must

PRODUCTS = Catalogue(catalogue())
SETTINGS = ConversationSettings()


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("what is your cheapest tent?", "cheapest"),
        ("show me the best-rated ones", "best rated"),
        ("the most expensive you have", "most expensive"),
        ("it doesn't have to be the cheapest", None),
        ("a cheap tent", None),
        ("最便宜的帐篷", "cheapest"),
    ],
)
def test_extremes_are_read_as_words_of_their_own(message: str, name: str | None) -> None:
    found = ordering_in(None, message)
    assert (found.name if found else None) == name


def test_an_extreme_orders_and_filters_nothing() -> None:
    assert is_ordering("the cheapest") and is_ordering("best rated one") and not is_ordering("waterproof")
    silent = Product(id="x", title="X")
    first = ordered([silent, *PRODUCTS.products], ORDERINGS["lightest"][0])
    assert first[0].id == "boot-1" and first[-1].product_detail != first[0].product_detail


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("cheaper", "cheapest"), ("do you have anything smaller?", "smallest"), ("a bit bigger please", "largest"),
        ("something not cheaper", None), ("the cheapest", None), ("a small tent", None), ("更便宜的", "cheapest"),
    ],
)  # fmt: skip
def test_comparatives_say_where_to_go(message: str, name: str | None) -> None:
    found = comparative_in(message)
    assert (found.name if found else None) == name


def test_beyond_is_strictly_further_and_never_a_guess() -> None:
    cheapest, lightest = ORDERINGS["cheapest"][0], ORDERINGS["lightest"][0]
    prices = (90.0, 70.0, 70.0)
    priced = [Product(id=str(i), title="Tent", price=p, currency="USD") for i, p in enumerate(prices)]
    assert beyond(priced, cheapest, priced[0]) == priced[1:]
    assert beyond(priced, cheapest, priced[1]) == []
    assert beyond(priced, lightest, priced[0]) == []
    metres, inches = (Product(id=v, title="Rug", product_detail=(("Width", v),)) for v in ("1.2 m", "40 in"))
    assert beyond([metres, inches], ORDERINGS["smallest"][0], metres) == [inches]
    assert beyond([metres, inches], ORDERINGS["largest"][0], inches) == [metres]


def view(product_id: str, **more: object) -> Event:
    return Event.model_validate({"event_name": "view_item", "items": [{"item_id": product_id, **more}]})


def test_behaviour_counts_each_product_once_and_leaves_out_what_was_bought() -> None:
    bought = Event.model_validate({"event_name": "purchase", "items": [{"item_id": "tent-3"}]})
    seen = behaviour([view("tent-1"), view("tent-1"), view("tent-2"), view("tent-3"), bought, view("boot-1")], PRODUCTS)
    assert seen.kind == "Tents" and len(seen.of_kind("Tents")) == 2 and seen.prices("Tents") == (120.0, 140.0)
    assert summary(seen.of_kind("Tents")) == "2 tents" and "tent-3" in seen.bought


def test_one_look_is_no_need_and_unknown_products_speak_by_their_event() -> None:
    assert browsed_need(behaviour([view("tent-1")], PRODUCTS)) is None
    lamps = [view(f"z{i}", item_name="L", item_category="Home / Lamps", item_brand="Lux") for i in range(2)]
    need = browsed_need(behaviour(lamps, PRODUCTS))
    assert need is not None and need.product == "lamps"
    assert [(c.value, c.strength, c.source.event) for c in need.constraints if c.source] == [("lux", "prefer", 1)]
    assert leaf("") == ""


@pytest.mark.parametrize(
    ("message", "places"),
    [
        ("the second one please", (1,)), ("the last one", (2,)), ("the first two", (0, 1)), ("option 3", (2,)),
        ("is the blue one safe?", (0,)), ("are they heavy?", (0, 1, 2)), ("how heavy is it?", (0,)), ("thanks", ()),
        ("the fourth", ()), ("第二个", (1,)), ("how long does the battery last on the first one?", (0,)),
        ("is it any good?", (0,)), ("are any of them heavy?", (0, 1, 2)), ("which will last?", ()),
    ],
)
def test_which_of_those_shown_is_meant(message: str, places: tuple[int, ...]) -> None:
    shown = [PRODUCTS[f"kettle-{i}"] for i in (1, 2, 3)]
    assert meant(message, shown) == places
    assert meant(message, []) == ()


def test_statements_keep_the_fields_and_a_question_names_its_subject() -> None:
    fields = {statement.field for statement in statements(PRODUCTS["kettle-1"])}
    assert {"product_detail", "color", "material", "rating", "reviews"} <= fields
    assert subject("is it dishwasher safe?") == "dishwasher safe"
    assert subject("does the first one come with a bag?") == "bag"
    assert subject("?") == "?"


def test_alternatives_are_given_up_together_and_price_last() -> None:
    musts = (must("color", "is", "red"), must("color", "is", "blue"), must("price", "at_most", 5.0))
    assert fewest_to_give_up({"a"}, musts, [set(), set(), {"a"}]) == musts[:2]
    two = (must("feature", "is", "x"), must("price", "at_most", 5.0))
    assert fewest_to_give_up({"a", "b"}, two, [{"a"}, {"b"}]) == two[:1]


def test_questions_leave_alone_what_was_said_asked_or_let_go() -> None:
    boots = tuple(p for p in PRODUCTS if p.id.startswith("boot"))
    need = Need(product="hiking boots", active=True)
    found = Found(need=need, total=len(boots), products=boots)
    settings = SETTINGS.model_copy(update={"ask_gain": 0.1})
    keys: list[str] = []
    while (question := best_question(need, found, ["color"], keys, settings)) is not None:
        keys.append(question.key)
    assert 0 < len(keys) <= 3 and len(set(keys)) == len(keys) and "color" not in keys
    few = Found(need=need, total=2, products=boots[:2])
    assert best_question(need, few, [], [], settings) is None


def test_orders_are_their_owners() -> None:
    order = Order(id="Q-7", customer=Customer(id="C1", email="A@x.org"))
    shop = Shop(orders={"Q-7": order, "Q-8": Order(id="Q-8")})
    assert shop.orders_of(None, ["a@X.org"]) == [order] and shop.orders_of("C1", []) == [order]
    assert shop.orders_of("C2", ["a@x.org"]) == [] and shop.orders_of(None, []) == []
    assert shop.named_in("it's q-7, not 12") == ["Q-7"]
    assert emails_in([Message(role="user", content="me: a.b+c@x.co.uk."), Message(role="agent", content="z@z.zz")]) == (
        "a.b+c@x.co.uk",)


def test_comparison_marks_what_differs() -> None:
    comparison = compare([PRODUCTS["kettle-1"], PRODUCTS["kettle-3"]])
    rows = {row.label: row for row in comparison.rows}
    assert rows["Capacity"].values == ("1.1 litres", "1.3 litres") and rows["Capacity"].differs
    assert rows["Price"].values == ("$25.00", "$19.00") and not rows["Material"].differs


def test_columns_of_a_shop_of_its_own_answer_and_order() -> None:
    rows = {"light": "900 g", "heavy": "1.4 kg"}
    products = [
        Product.model_validate({"id": name, "title": name, "weight": weight, "alcohol_content": "12.5 %"})
        for name, weight in rows.items()
    ]
    assert Statement("alcohol_content", "alcohol content", "12.5 %") in statements(products[0])
    lightest = ordering_in(None, "the lightest?")
    assert lightest is not None
    assert [p.id for p in ordered(products[::-1], lightest)] == ["light", "heavy"]
    assert lightest.stated(products[1]) == "1.4 kg"
