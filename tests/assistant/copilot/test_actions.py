"""The next actions: what messages point at in the customer's own records, what they ask for, and the forms of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.copilot.actions import ProposedAction, next_actions
from assistant.copilot.mentions import (
    address_named,
    all_orders_named,
    method_named,
    orders_named,
    other_named,
    pieces_named,
    variant_named,
    without_names,
)
from assistant.copilot.wishes import Turn, nearest, turns_of, wishes
from assistant.records import Act, State
from assistant.service import ChangeItems, EmbeddedDesk, ReturnItems
from assistant.service.records import Address, Customer
from assistant.store import Store
from assistant.vectors import TextVectors
from tests.assistant.scripted import encoder
from tests.assistant.service.small_desk import KETTLE, LAMP, desk
from tests.assistant.stores import reply, user

__all__ = ["desk"]


@pytest.fixture(scope="module")
def encode() -> TextVectors:
    return TextVectors(encoder())


@pytest.fixture
def ada(desk: EmbeddedDesk) -> Iterator[Customer]:
    customer = desk.customer("ada")
    assert customer is not None
    yield customer


def proposed(desk: EmbeddedDesk, encode: TextVectors, *said: tuple[str, Act]) -> list[ProposedAction]:
    customer = desk.customer("ada")
    assert customer is not None
    return next_actions(desk, customer, [Turn(text, (act,)) for text, act in said], encode)


# --- mentions ----------------------------------------------------------------------------------------------------


def test_orders_are_named_by_number(desk: EmbeddedDesk) -> None:
    orders = desk.orders("ada")
    for text in ("order A3 please", "#A3", "it is a3.", "number 3"):
        assert [o.id for o in orders_named(text, orders)] == ["A3"], text
    assert orders_named("B1, A30, 33 and none", orders) == ()
    assert all_orders_named("all my pending orders") and not all_orders_named("all of it in order A1")


def test_pieces_are_named_by_product_or_id(desk: EmbeddedDesk) -> None:
    order = desk.order("A3")
    assert order is not None

    def named(text: str) -> list[str]:
        return [piece.item.item_id for piece in pieces_named(text, [order])]

    assert named("the kettles") == ["kettle-1l"] and named("my desk lamp") == ["lamp-red", "lamp-blue"]
    assert named("everything except the kettle") == ["lamp-red", "lamp-blue"] and named("lamp-blue") != []
    assert named("a sofa") == []
    lamp, _, kettle = pieces_named("the lamp in blue and the kettle in 2 l", [order])
    assert "blue" in lamp.words and "blue" not in kettle.words and "2 l" in kettle.words


def test_a_colour_in_a_name_names_no_piece(desk: EmbeddedDesk) -> None:
    order = desk.order("A3")
    assert order is not None
    named = [item.model_copy(update={"name": f"{item.name} - {item.options.get('color', '')}"}) for item in order.items]
    order = order.model_copy(update={"items": tuple(named)})
    assert [piece.item.item_id for piece in pieces_named("the kettle, a blue one", [order])] == ["kettle-1l"]


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


def test_means_of_payment_and_addresses_are_the_customer_s_own(desk: EmbeddedDesk, ada: Customer) -> None:
    for text, id in (("my gift card", "gift-ada"), ("the visa", "card-ada"), ("card-ada", "card-ada")):
        method = method_named(text, ada)
        assert method is not None and method.id == id
    assert method_named("card-ben or paypal", Customer(id="x")) is None
    orders = desk.orders("ada")
    assert address_named("to my default address", ada, orders) == ada.address
    assert address_named("somewhere else", ada, orders) is None
    assert address_named("to 9 Pine Road, Apt 4, Easton, 44009", ada, orders) == Address(
        address1="9 Pine Road", address2="Apt 4", city="Easton", state="OH", country="US", zip="44009")


def test_a_variant_is_what_the_words_ask_for(desk: EmbeddedDesk) -> None:
    order = desk.order("A3")
    assert order is not None
    red = order.items[0]

    def variant(words: str) -> str | None:
        found = variant_named(words, red, LAMP)
        return found.item_id if found is not None else None

    assert variant("from the red to the blue one") == "lamp-blue" and variant("lamp-gold please") == "lamp-gold"
    assert variant("the cheapest") == "lamp-blue" and variant("the most expensive") == "lamp-gold"
    assert variant("green") is None and variant("another") is None and variant("red") is None
    assert variant_named("the blue one", red, KETTLE) is None


# --- wishes ------------------------------------------------------------------------------------------------------


def test_what_a_message_asks_for(encode: TextVectors) -> None:
    asked: list[tuple[str, Act, str | None]] = [
        ("I want to cancel my order.", "change_order", "cancel_order"),
        ("Please send it to my new address.", "change_order", "change_order_address"),
        ("I'd like to send the lamp back.", "return_refund", "return_items"),
        ("Can I swap the shoes for a larger size?", "return_refund", "exchange_items"),
        ("Let me talk to a human.", "ask_human", "hand_over"),
        ("I want to cancel my order.", "state_need", None),
        ("Is shipping free?", "policy", None),
    ]
    for text, act, action in asked:
        found = wishes([Turn(text, (act,))], encode, about_own=lambda _: False)
        assert [wish.action for wish in found] == ([action] if action else []), text


def test_a_need_is_about_an_order_where_it_points_at_one(encode: TextVectors) -> None:
    want = Turn("I want the desk lamp in my order in another colour.", ("state_need",))
    assert wishes([want], encode, about_own=lambda _: True)
    look = Turn("What do you have? Show me some desk lamps.", ("state_need",))
    assert wishes([look], encode, about_own=lambda _: True) == ()
    goes_on = [Turn("I want to return the kettle.", ("return_refund",)), Turn("And the lamp.", ("refine_need",))]
    assert [wish.action for wish in wishes(goes_on, encode, about_own=lambda _: True)] == ["return_items"] * 2


@pytest.mark.parametrize(
    ("said", "acts", "action"),
    [
        ("hi, the desk lamp I bought is not right, could I get it in gold instead?", ("state_need",), "exchange_items"),
        ("I'd like to exchange it: desk lamp, order A3. gold please.", ("return_refund",), "exchange_items"),
        ("please send the desk lamp of order A3 back and give me my money", ("return_refund",), "return_items"),
        ("I am looking for a kettle of 2 l", ("state_need",), None),
        ("do you have a desk lamp in gold for a present?", ("state_need", "ask_recommendation"), None),
    ],
)
def test_a_swap_is_told_from_a_return_and_from_shopping(
    desk: EmbeddedDesk, encode: TextVectors, ada: Customer, said: str, acts: tuple[Act, ...], action: str | None
) -> None:
    found = next_actions(desk, ada, [Turn(said, acts)], encode)
    assert {one.name for one in found} == ({action} if action is not None else set())


def test_a_reason_is_the_nearest_that_is_accepted(encode: TextVectors) -> None:
    choices = ("changed my mind", "bought twice")
    assert nearest(["I accidentally bought it two times"], choices, encode) == "bought twice"
    assert nearest(["hello"], choices, encode) is None and nearest([], choices, encode) is None


def test_turns_of_a_session_carry_the_acts_read_in_each(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'shop.db'}")
    session_id = store.create_session()
    store.append_message(session_id, user("hello"))
    store.append_reply(session_id, reply("hi").model_copy(update={"state": State(acts=("greet",))}))
    store.take_over(session_id, "ana")
    store.append_message(session_id, user("a person!"))
    store.push_state(session_id, State(acts=("ask_human",), stage="after_purchase"), source="reading")
    store.append_message(session_id, user("not read yet"))
    assert turns_of(store.load(session_id)) == (
        Turn("hello", ("greet",)), Turn("a person!", ("ask_human",), "after_purchase"), Turn("not read yet", ()),
    )  # fmt: skip
    store.close()


# --- forms -------------------------------------------------------------------------------------------------------


def test_a_complete_form_is_a_request_and_nothing_is_done(desk: EmbeddedDesk, encode: TextVectors) -> None:
    before = desk.everything()
    (action,) = proposed(desk, encode, ("I want to return the red desk lamp of order A3.", "return_refund"))
    assert isinstance(action.request, ReturnItems) and action.refusal is None and "'I want to return" in action.why
    assert action.request.order_id == "A3" and action.request.payment_method_id == "card-ada"
    assert desk.everything() == before and desk.audit() == ()


def test_what_is_pending_is_changed_and_what_arrived_is_exchanged(desk: EmbeddedDesk, encode: TextVectors) -> None:
    text = "For order A{}, I want to exchange the desk lamp for a blue one."
    (pending,) = proposed(desk, encode, (text.format(2), "return_refund"))
    assert isinstance(pending.request, ChangeItems) and pending.request.changes[0].new_item_id == "lamp-blue"
    (arrived,) = proposed(desk, encode, (text.format(4), "change_order"))
    assert arrived.name == "exchange_items" and len(arrived.arguments["changes"]) == 2


def test_what_is_missing_and_what_is_forbidden_is_said(desk: EmbeddedDesk, encode: TextVectors) -> None:
    (vague,) = proposed(desk, encode, ("Please cancel order A1.", "change_order"))
    assert vague.request is None and vague.missing == ("reason",)
    (told,) = proposed(desk, encode, ("Please cancel order A1.", "change_order"), ("I bought it twice.", "thank_bye"))
    assert told.request is not None and told.arguments["reason"] == "bought twice"
    (forbidden,) = proposed(desk, encode, ("I want to return the kettle of order A3.", "return_refund"))
    assert forbidden.refusal is not None and forbidden.refusal.citation is not None
    assert forbidden.refusal.citation.id == "return-an-order-2"


def test_other_customers_orders_are_never_in_a_form(desk: EmbeddedDesk, encode: TextVectors) -> None:
    for text in ("Cancel order B1, I bought it twice.", "Return everything in order B2.", "Use card-ben for order B1."):
        for action in proposed(desk, encode, (text, "change_order"), (text, "return_refund")):
            assert "B" not in str(action.arguments.get("order_id")) and "ben" not in str(action.arguments), text


def test_one_form_for_what_is_said_piece_by_piece(desk: EmbeddedDesk, encode: TextVectors) -> None:
    (action,) = proposed(
        desk, encode, ("In order A1, change the desk lamp to blue.", "change_order"),
        ("And in order A1 the kettle to 2 l.", "change_order"),
    )  # fmt: skip
    assert {c["new_item_id"] for c in action.arguments["changes"]} == {"lamp-blue", "kettle-2l"}
