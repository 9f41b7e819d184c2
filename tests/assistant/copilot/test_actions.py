"""The next actions: what messages point at in the customer's own records, what they ask for, and the forms of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.copilot.actions import ProposedAction, next_actions
from assistant.copilot.asks import Asks
from assistant.copilot.clauses import clauses
from assistant.copilot.mentions import address_named, all_orders_named, methods_named, orders_named, written
from assistant.copilot.wishes import Turn, Wish, nearest, turns_of, wishes
from assistant.records import Act, State
from assistant.service import ChangeItems, EmbeddedDesk, ReturnItems
from assistant.service.records import Address, Customer
from assistant.store import Store
from assistant.vectors import TextVectors
from tests.assistant.scripted import asks, encoder
from tests.assistant.service.small_desk import desk
from tests.assistant.stores import reply, user

__all__ = ["desk"]


@pytest.fixture(scope="module")
def encode() -> TextVectors:
    return TextVectors(encoder())


@pytest.fixture(scope="module")
def hear() -> Asks:
    return asks()


@pytest.fixture
def ada(desk: EmbeddedDesk) -> Iterator[Customer]:
    customer = desk.customer("ada")
    assert customer is not None
    yield customer


def proposed(desk: EmbeddedDesk, *said: tuple[str, Act]) -> list[ProposedAction]:
    customer = desk.customer("ada")
    assert customer is not None
    turns = [Turn(text, (act,)) for text, act in said]
    return next_actions(desk, customer, turns, TextVectors(encoder()), asks())


def wished(hear: Asks, *turns: Turn, own: tuple[str, ...] = ()) -> tuple[Wish, ...]:
    said = clauses([turn.text for turn in turns], hear)
    return wishes(turns, said, named=lambda text: frozenset(word for word in own if word in text.lower()))


# --- mentions ----------------------------------------------------------------------------------------------------


def test_orders_are_named_by_number(desk: EmbeddedDesk) -> None:
    orders = desk.orders("ada")
    for text in ("order A3 please", "#A3", "it is a3.", "number 3"):
        assert [o.id for o in orders_named(text, orders)] == ["A3"], text
    assert orders_named("B1, A30, 33 and none", orders) == ()
    assert all_orders_named("all my pending orders") and not all_orders_named("all of it in order A1")


def test_means_of_payment_and_addresses_are_the_customer_s_own(desk: EmbeddedDesk, ada: Customer) -> None:
    for text, id in (("my gift card", "gift-ada"), ("the visa", "card-ada"), ("card-ada", "card-ada")):
        assert [method.id for method in methods_named(text, ada)] == [id]
    assert methods_named("card-ben or paypal", Customer(id="x")) == ()
    both = methods_named("the gift card, otherwise my credit card", ada)
    assert [method.id for method in both] == ["gift-ada", "card-ada"]
    for text in ("the original payment method", "the other card", "my other payment method"):
        found = [method.id for method in methods_named(text, ada, "gift-ada")]
        assert found == (["gift-ada"] if "original" in text else ["card-ada"]), text
    orders = desk.orders("ada")
    assert address_named("to my default address", ada, orders) == ada.address
    assert address_named("somewhere else", ada, orders) is None
    assert address_named("to 9 Pine Road, Apt 4, Easton, 44009", ada, orders) == Address(
        address1="9 Pine Road", address2="Apt 4", city="Easton", state="OH", country="US", zip="44009")


@pytest.mark.parametrize(("text", "street", "city", "zip"), [
    ("send order LK-5268 to 9 Harbour View, Whitby, YO21 3PU instead", "9 Harbour View", "Whitby", "YO21 3PU"),
    ("send 5268 to 12b Mill Lane, Flat 3, Bristol BS1 5TR", "12b Mill Lane", "Bristol", "BS1 5TR"),
    ("22 King's Road, Saint John, New Brunswick, E2L 4S7", "22 King's Road", "Saint John", "E2L 4S7"),
])  # fmt: skip
def test_an_address_after_an_order_s_number_and_postcodes_with_letters(
    text: str, street: str, city: str, zip: str
) -> None:
    found = written(text, Customer(id="x"), ())
    assert found is not None and (found.address1, found.city, found.zip) == (street, city, zip)


def test_a_sentence_that_goes_on_after_a_street_is_no_address() -> None:
    assert written("it is at 5 Mill Lane, it is 2026", Customer(id="x"), ()) is None


# --- wishes ------------------------------------------------------------------------------------------------------


def test_what_a_message_asks_for(hear: Asks) -> None:
    asked: list[tuple[str, Act, str | None]] = [
        ("I want to cancel my order.", "change_order", "cancel"),
        ("Please send my order to my new address instead.", "change_order", "order_address"),
        ("I'd like to send it back.", "return_refund", "return"),
        ("Can I swap it for a larger size?", "return_refund", "swap"),
        ("Let me talk to a human.", "ask_human", "person"),
        ("I want to cancel my order.", "state_need", None),
        ("Is shipping free?", "policy", None),
        ("Where is my parcel?", "change_order", None),
    ]
    for text, act, ask in asked:
        assert [wish.ask for wish in wished(hear, Turn(text, (act,)))] == ([ask] if ask else []), text


def test_a_need_is_about_an_order_where_it_points_at_one(hear: Asks) -> None:
    want = Turn("I want to exchange the lamp for another colour.", ("state_need",))
    assert [wish.ask for wish in wished(hear, want, own=("lamp",))] == ["swap"] and wished(hear, want) == ()
    look = Turn("What do you have? Show me some desk lamps.", ("state_need",))
    assert wished(hear, look, own=("lamp",)) == ()
    first = Turn("I want to return it.", ("return_refund",))
    goes_on = [first, Turn("Also exchange it for a red one.", ("refine_need",))]
    assert [wish.ask for wish in wished(hear, *goes_on)] == ["return", "swap"]
    to_shop = [first, Turn("Exchange it? Show me others.", ("ask_product",))]
    assert [wish.ask for wish in wished(hear, *to_shop)] == ["return"]


def test_what_is_said_later_belongs_to_a_wish(hear: Asks) -> None:
    later = "I prefer my gift card for the refund. If that is not possible, use my credit card."
    turn = Turn(f"I want to return it and cancel my other order. {later}", ("return_refund",))
    first, second = wished(hear, turn)
    assert (first.ask, second.ask) == ("return", "cancel") and first.details == ()
    assert "gift card" in second.details[0] and "credit card" in second.otherwise[0]
    fallback = Turn("I want to return it. If it cannot be returned, please cancel the order.", ("return_refund",))
    first, second = wished(hear, fallback)
    assert second.instead_of == first and "return it" in second.earlier[0]


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
    desk: EmbeddedDesk, encode: TextVectors, hear: Asks, ada: Customer, said: str, acts: tuple[Act, ...],
    action: str | None,
) -> None:
    found = next_actions(desk, ada, [Turn(said, acts)], encode, hear)
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


def test_a_complete_form_is_a_request_and_nothing_is_done(desk: EmbeddedDesk) -> None:
    before = desk.everything()
    (action,) = proposed(desk, ("I want to return the red desk lamp of order A3.", "return_refund"))
    assert isinstance(action.request, ReturnItems) and action.refusal is None and "“I want to return" in action.why
    assert action.request.order_id == "A3" and action.request.payment_method_id == "card-ada"
    assert desk.everything() == before and desk.audit() == ()


def test_what_is_pending_is_changed_and_what_arrived_is_exchanged(desk: EmbeddedDesk) -> None:
    text = "For order A{}, I want to exchange the desk lamp for a blue one."
    (pending,) = proposed(desk, (text.format(2), "return_refund"))
    assert isinstance(pending.request, ChangeItems) and pending.request.changes[0].new_item_id == "lamp-blue"
    (arrived,) = proposed(desk, (text.format(4), "change_order"))
    assert arrived.name == "exchange_items" and len(arrived.arguments["changes"]) == 1
    (both,) = proposed(desk, (text.format(4).replace("the desk lamp", "both desk lamps"), "change_order"))
    assert len(both.arguments["changes"]) == 2


def test_what_is_missing_and_what_is_forbidden_is_said(desk: EmbeddedDesk) -> None:
    (vague,) = proposed(desk, ("Please cancel order A1.", "change_order"))
    assert vague.request is None and vague.missing == ("reason",)
    (told,) = proposed(desk, ("Please cancel order A1.", "change_order"), ("I bought it twice.", "thank_bye"))
    assert told.request is not None and told.arguments["reason"] == "bought twice"
    (forbidden,) = proposed(desk, ("I want to return the kettle of order A3.", "return_refund"))
    assert forbidden.refusal is not None and forbidden.refusal.citation is not None
    assert forbidden.refusal.citation.id == "return-an-order-2"


def test_other_customers_orders_are_never_in_a_form(desk: EmbeddedDesk) -> None:
    for text in ("Cancel order B1, I bought it twice.", "Return everything in order B2.", "Use card-ben for order B1."):
        for action in proposed(desk, (text, "change_order"), (text, "return_refund")):
            assert "B" not in str(action.arguments.get("order_id")) and "ben" not in str(action.arguments), text


def test_one_form_for_what_is_said_piece_by_piece(desk: EmbeddedDesk) -> None:
    (action,) = proposed(
        desk, ("In order A1, change the desk lamp to blue.", "change_order"),
        ("And in order A1 the kettle to 2 l.", "change_order"),
    )  # fmt: skip
    assert {c["new_item_id"] for c in action.arguments["changes"]} == {"lamp-blue", "kettle-2l"}


def test_of_what_is_forbidden_in_part_the_rest_can_be_done(desk: EmbeddedDesk) -> None:
    said = "I want to return everything in order A3."
    allowed, refused = proposed(desk, (said, "return_refund"))
    assert allowed.refusal is None and allowed.arguments["item_ids"] == ["lamp-red", "lamp-blue"]
    assert refused.refusal is not None and refused.arguments["item_ids"] == ["kettle-1l"]
    assert refused.refusal.citation is not None and "Kettles" in refused.refusal.citation.quote


def test_what_was_said_of_one_order_is_not_asked_of_another(desk: EmbeddedDesk) -> None:
    said = (("My desk lamp of order A5 never came.", "complaint"), ("I want my money back.", "return_refund"))
    assert [action for action in proposed(desk, *said) if action.arguments.get("order_id") not in (None, "A5")] == []
