"""Whole turns on a small shop: every move, edits, behaviour, orders, bad input, many threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.errors import InvalidInput, ModelError, UnknownProduct, UnknownSession
from assistant.records import Conversation, Edit, Message, Reading, Ref, Reply, State
from tests.assistant.small_shop import make_assistant, must, saying, want, wish

BOOTS = want("hiking boots", must("feature", "is", "waterproof"), must("price", "at_most", 150.0, unit="USD"),
             must("color", "is_not", "black"))
Make = Callable[..., Assistant]


@pytest.fixture(scope="session")
def index_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture
def make(tmp_path: Path, index_directory: Path) -> Make:
    def build(readings: Mapping[str, Reading], **thresholds: float) -> Assistant:
        return make_assistant(tmp_path, readings, index_directory, **thresholds)

    return build


def views(*ids: str) -> list[dict[str, object]]:
    return [{"event_name": "view_item", "items": [{"item_id": i}]} for i in ids]


def test_picks_meet_every_must_and_carry_receipts(make: Make) -> None:
    assistant = make({"boots": BOOTS})
    reply = assistant.respond(assistant.new_session(), "boots")
    assert reply.move == "recommend" and reply.picks and not reply.relaxed
    for pick in reply.picks:
        product = assistant.product(pick.id)
        assert product.amount <= 150 and "black" not in product.color and "Waterproof" in product.product_highlight[0]
        assert {reason.constraint for reason in pick.reasons if reason.kind == "match"} >= {(0, 0), (0, 1), (0, 2)}
    assert [pick.rank for pick in reply.picks] == [1, 2, 3]


def test_stream_yields_text_then_the_saved_reply(make: Make) -> None:
    assistant = make({"boots": BOOTS})
    session_id = assistant.new_session()
    *pieces, reply = assistant.stream(session_id, "boots")
    assert isinstance(reply, Reply) and "".join(pieces) == reply.text
    session = assistant.session(session_id)
    assert session.replies[1] == reply and session.picks == reply.picks and session.state == reply.state


def test_nothing_meets_all_gives_up_the_fewest_and_keeps_the_price(make: Make) -> None:
    reading = want("hiking boots", must("price", "at_most", 75.0), must("color", "is", "purple"))
    assistant = make({"boots": reading})
    reply = assistant.respond(assistant.new_session(), "boots")
    assert [c.attribute for c in reply.relaxed] == ["color"]
    assert " relaxed1=purple;" in reply.text and "need1=purple" not in reply.text and " need1=" in reply.text
    assert reply.picks and all(assistant.product(p.id).amount <= 75 for p in reply.picks)
    assert any(reason.kind == "tradeoff" for reason in reply.picks[0].reasons)


def test_a_kind_that_the_shop_does_not_carry_shows_nothing(make: Make) -> None:
    assistant = make({"piano": want("grand piano")})
    reply = assistant.respond(assistant.new_session(), "piano")
    assert reply.move == "recommend" and not reply.picks and not reply.relaxed and "missing.product" in reply.text


def test_cheaper_goes_on_from_what_is_shown(make: Make) -> None:
    assistant = make({"kettles": want("kettle"), "cheaper": saying("compare", active=0)})
    session = assistant.new_session()
    shown = assistant.respond(session, "kettles").picks
    reply = assistant.respond(session, "cheaper")
    assert reply.move == "recommend"
    bound = assistant.product(shown[0].id).amount
    prices = [assistant.product(pick.id).amount for pick in reply.picks]
    assert prices
    assert all(price < bound for price in prices) or prices[0] == min(
        p.amount for p in assistant.index.allowed("kettle")
    )


def test_products_shown_are_compared_after_a_question_about_something_else(make: Make) -> None:
    readings = {"kettles": want("kettle"), "delivery?": saying("policy"), "compare them": saying("compare", active=0)}
    assistant = make(readings)
    session = assistant.new_session()
    shown = assistant.respond(session, "kettles").picks
    assistant.respond(session, "delivery?")
    reply = assistant.respond(session, "compare them")
    assert reply.move == "compare"
    assert [pick.id for pick in reply.picks] == [pick.id for pick in shown]


def test_a_wider_kind_is_offered_as_what_it_is(make: Make) -> None:
    assistant = make({"camping kettle": want("samovar kettle")})
    reply = assistant.respond(assistant.new_session(), "camping kettle")
    assert [(c.attribute, c.value) for c in reply.relaxed] == [("product", "samovar kettle")]
    assert reply.picks


def test_cheapest_is_the_cheapest(make: Make) -> None:
    assistant = make({"the cheapest kettle": want("kettle", acts=("state_need", "ask_recommendation"))})
    reply = assistant.respond(assistant.new_session(), "the cheapest kettle")
    assert reply.picks[0].id == "kettle-3" and reply.picks[0].reasons[0].text == "the cheapest"
    assert all(reason.text != "the cheapest" for pick in reply.picks[1:] for reason in pick.reasons)
    assert reply.asked is None


def test_a_superlative_that_was_read_orders_and_does_not_filter(make: Make) -> None:
    assistant = make({"k": want("kettle", must("other", "is", "cheapest"))})
    assert assistant.respond(assistant.new_session(), "k").picks[0].id == "kettle-3"


def test_wish_that_is_not_met_is_a_tradeoff_and_one_that_is_ranks_first(make: Make) -> None:
    assistant = make({"k": want("kettle", wish("color", "is", "blue"))})
    reply = assistant.respond(assistant.new_session(), "k")
    assert reply.picks[0].id == "kettle-1"
    assert any(reason.kind == "tradeoff" and reason.field == "color" for reason in reply.picks[1].reasons)


def test_nothing_said_asks_what_for(make: Make) -> None:
    assistant = make({"hi, I need help": saying("greet", "ask_recommendation")})
    reply = assistant.respond(assistant.new_session(), "hi, I need help")
    assert reply.move == "ask" and reply.asked == "product" and reply.question


def test_an_unsure_must_is_asked_back_once(make: Make) -> None:
    unsure = want("kettle", must("price", "at_most", 40.0, confidence=0.2))
    assistant = make({"a": unsure, "b": saying("ask_recommendation", active=0)})
    session_id = assistant.new_session()
    reply = assistant.respond(session_id, "a")
    assert reply.asked == "price=40.0" and "ask.confirm=up to $40" in reply.text.replace("under", "up to")
    assert assistant.respond(session_id, "b").asked != "price=40.0"


def test_many_candidates_bring_one_question_and_not_the_same_twice(make: Make) -> None:
    again = saying("ask_recommendation", active=0)
    assistant = make({"a": want("hiking boots"), "b": again, "c": again}, ask_above=3, ask_gain=0.1)
    session_id = assistant.new_session()
    replies = [assistant.respond(session_id, message) for message in "abc"]
    keys = [reply.asked for reply in replies if reply.asked]
    assert keys and len(keys) == len(set(keys)) and replies[0].picks


def test_product_question_is_answered_from_the_record_or_unknown(make: Make) -> None:
    question = saying("ask_product", active=0)
    assistant = make({"k": want("kettle"), "is the first one dishwasher safe?": question,
                      "is the second one made by elves?": question})
    session_id = assistant.new_session()
    first, second, _ = assistant.respond(session_id, "k").picks
    reply = assistant.respond(session_id, "is the first one dishwasher safe?")
    assert reply.move == "answer" and [p.id for p in reply.picks] == [first.id]
    assert "dishwasher safe: no" in reply.text and reply.citations
    assert len(assistant.session(session_id).picks) == 3
    reply = assistant.respond(session_id, "is the second one made by elves?")
    assert [p.id for p in reply.picks] == [second.id] and "not stated: " in reply.text


def test_compare_names_what_differs(make: Make) -> None:
    assistant = make({"t": want("tent"), "first two?": saying("compare", active=0)})
    session_id = assistant.new_session()
    assistant.respond(session_id, "t")
    reply = assistant.respond(session_id, "first two?")
    assert reply.move == "compare" and "diff1=sleeps" in reply.text


def test_policy_question_cites_the_clause_for_shoes_first(make: Make) -> None:
    message = "what is your return policy for shoes?"
    assistant = make({message: saying("policy")})
    reply = assistant.respond(assistant.new_session(), message)
    assert reply.move == "policy" and reply.citations[0].id == "returns-2"
    assert reply.citations[0].quote in reply.text


def test_what_no_clause_covers_is_said_to_be_uncovered(make: Make) -> None:
    message = "may I bring my parrot to the opera?"
    assistant = make({message: saying("policy")})
    assert assistant.respond(assistant.new_session(), message).text.startswith("[policy:none]")


def test_policy_and_need_in_one_message_get_both(make: Make) -> None:
    message = "is shipping free? I need a kettle"
    assistant = make({message: want("kettle", acts=("policy", "state_need"))})
    reply = assistant.respond(assistant.new_session(), message)
    assert reply.text.startswith("[policy]") and "[recommend]" in reply.text and reply.picks


def test_order_needs_id_or_email_of_its_owner(make: Make) -> None:
    status = saying("order_status", stage="after_purchase")
    messages = ["where is my order?", "Q100", "it is ben@example.org", "sorry, ana@example.org"]
    assistant = make(dict.fromkeys(messages, status))
    session_id = assistant.new_session()
    replies = [assistant.respond(session_id, message) for message in messages]
    assert [reply.move for reply in replies] == ["ask", "ask", "order", "order"]
    assert "order.status" not in "".join(reply.text for reply in replies[:3])
    assert "on its way" in replies[3].text and "TRK1" in replies[3].text


def test_an_identified_shopper_sees_their_own_order_only(make: Make) -> None:
    messages = {"where is my order?": saying("order_status"), "and Q100? ana@example.org": saying("order_status")}
    assistant = make(messages)
    session_id = assistant.new_session(user_id="C2")
    assert "Q200" in assistant.respond(session_id, "where is my order?").text
    assert assistant.respond(session_id, "and Q100? ana@example.org").text.startswith("[order:not_found]")


def test_an_open_question_about_the_order_is_settled_by_a_bare_answer(make: Make) -> None:
    assistant = make({"where is it": saying("order_status"), "Q100 ana@example.org": saying("checkout")})
    session_id = assistant.new_session()
    assistant.respond(session_id, "where is it")
    assert assistant.respond(session_id, "Q100 ana@example.org").why == "order_status: the order is the shopper's own"


def test_basket_by_words_and_checkout(make: Make) -> None:
    assistant = make({"k": want("kettle", must("quantity", "is", 2.0)), "add it": saying("add_to_cart", active=0),
                      "add the second": saying("add_to_cart", active=0), "pay": saying("checkout")})
    session_id = assistant.new_session()
    assert assistant.respond(session_id, "k").picks
    second = assistant.session(session_id).picks[1].id
    reply = assistant.respond(session_id, "add the second")
    session = assistant.session(session_id)
    assert reply.move == "basket" and session.basket == {second: 2}
    assert session.events[-1].event_name == "add_to_cart" and session.events[-1].items[0].quantity == 2
    assert assistant.respond(session_id, "pay").text.startswith("[basket:checkout]")


def test_unclear_which_one_to_add_is_asked_and_settled(make: Make) -> None:
    assistant = make({"k": want("kettle"), "put one in": saying("add_to_cart", active=0),
                      "the second": saying("off_topic", active=0)})
    session_id = assistant.new_session()
    assistant.respond(session_id, "k")
    assert assistant.respond(session_id, "put one in").asked == "pick:add_to_cart"
    second = assistant.session(session_id).picks[1].id
    assistant.respond(session_id, "the second")
    assert assistant.session(session_id).basket == {second: 1}


def test_rejected_products_do_not_come_back(make: Make) -> None:
    assistant = make({"t": want("tent"), "not the first": saying("reject", active=0),
                      "more?": saying("ask_recommendation", active=0)})
    session_id = assistant.new_session()
    first = assistant.respond(session_id, "t").picks[0].id
    for message in ("not the first", "more?"):
        assert first not in {pick.id for pick in assistant.respond(session_id, message).picks}


def test_clicks_make_the_need_and_the_reply_says_why(make: Make) -> None:
    message = "what would you recommend?"
    assistant = make({message: saying("ask_recommendation")})
    session_id = assistant.new_session()
    reply = assistant.respond(session_id, message, views("tent-1", "tent-2", "tent-3", "tent-4"))
    assert reply.state.active is not None and reply.state.active.product == "tents"
    assert reply.picks and all(pick.id.startswith("tent-") for pick in reply.picks)
    assert "behaviour1=4 tents" in reply.text
    assert any(r.kind == "behaviour" and r.text == "You looked at 4 tents" for r in reply.picks[0].reasons)
    brand = reply.state.active.constraints[0]
    assert brand.strength == "prefer" and brand.source is not None and brand.source.event is not None


def test_removing_a_constraint_ranks_again_and_undo_takes_it_back(make: Make) -> None:
    assistant = make({"boots": BOOTS})
    session_id = assistant.new_session()
    before = assistant.respond(session_id, "boots")
    edited = assistant.edit(session_id, Edit(action="remove", need=0, constraint=1))
    assert len(edited.state.needs[0].constraints) == 2 and edited.state.acts == before.state.acts
    undone = assistant.edit(session_id, Edit(action="undo"))
    assert undone.state == before.state and undone.picks == before.picks


def test_edits_that_fit_nothing_are_refused(make: Make) -> None:
    assistant = make({"boots": BOOTS})
    session_id = assistant.new_session()
    assistant.respond(session_id, "boots")
    for edit in (Edit(action="remove", need=3, constraint=0), Edit(action="remove", need=0, constraint=9),
                 Edit(action="replace", need=0, constraint=1, value="cheap"), Edit(action="undo"),
                 Edit(action="add", need=0, attribute="smell", value="roses")):
        with pytest.raises(InvalidInput):
            assistant.edit(session_id, edit)


def test_handover_thanks_and_complaint(make: Make) -> None:
    assistant = make({"human": saying("ask_human"), "bye": saying("thank_bye"), "angry": saying("complaint")})
    session_id = assistant.new_session()
    assert assistant.respond(session_id, "human").handover
    assert assistant.respond(session_id, "bye").move == "chat"
    assert assistant.respond(session_id, "angry").handover


def test_a_changed_price_changes_the_price_only(make: Make) -> None:
    up = Reading(dropped=(Ref(need=0, constraint=1),), active=0, acts=("refine_need",),
                 added=want(None, must("price", "at_most", 200.0)).added)
    assistant = make({"boots": BOOTS, "up to 200": up})
    session_id = assistant.new_session()
    assistant.respond(session_id, "boots")
    reply = assistant.respond(session_id, "up to 200")
    assert {(c.attribute, c.value) for c in reply.state.needs[0].constraints} == {
        ("feature", "waterproof"), ("color", "black"), ("price", 200.0)}
    assert "[recommend:changed]" in reply.text


def test_a_message_whose_turn_was_cut_off_is_read_with_the_next(make: Make) -> None:
    assistant = make({"boots": BOOTS, "hello?": saying("ask_recommendation", active=0)})
    session_id = assistant.new_session()
    turn = iter(assistant.stream(session_id, "boots"))
    next(turn)
    turn.close()  # type: ignore[attr-defined]
    assert assistant.session(session_id).state.needs == ()
    reply = assistant.respond(session_id, "hello?")
    assert [(c.attribute, c.value) for c in reply.state.needs[0].constraints] == [
        ("feature", "waterproof"), ("price", 150.0), ("color", "black")]
    assert reply.move == "recommend" and reply.picks


def test_a_message_that_cannot_be_read_stops_nobody(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    assistant = make({"boots": BOOTS})
    reader, session_id = assistant._parts.reader, assistant.new_session()
    reads = reader.read

    def failing(state: State, conversation: Conversation) -> Reading:
        if conversation.messages[-1].content == "poison":
            raise ModelError("out of tokens")
        return reads(state, conversation)

    monkeypatch.setattr(reader, "read", failing)
    with pytest.raises(ModelError):
        assistant.respond(session_id, "poison")
    assert assistant.respond(session_id, "boots").picks


@pytest.mark.parametrize("message", ["", "   \n", "x" * 4001])
def test_bad_messages_are_refused_and_leave_nothing_behind(make: Make, message: str) -> None:
    assistant = make({})
    session_id = assistant.new_session()
    with pytest.raises(InvalidInput):
        assistant.respond(session_id, message)
    assert assistant.session(session_id).messages == ()


def test_unknown_sessions_products_and_bad_events_are_refused(make: Make) -> None:
    assistant = make({"boots": BOOTS})
    session_id = assistant.new_session()
    calls: list[Callable[[], object]] = [
        lambda: assistant.respond("nobody", "boots"), lambda: assistant.session("nobody"),
        lambda: assistant.delete("nobody"), lambda: assistant.record_events("nobody", []),
        lambda: assistant.edit("nobody", Edit(action="undo")), lambda: assistant.intent("nobody"),
    ]
    for call in calls:
        with pytest.raises(UnknownSession):
            call()
    with pytest.raises(UnknownProduct):
        assistant.basket(session_id, "no-such", 1)
    for bad in (-1, 10_000, True, 1.5):
        with pytest.raises(InvalidInput):
            assistant.basket(session_id, "boot-1", bad)  # type: ignore[arg-type]
    for event in ({"event_name": "dance"}, {}, {"event_name": "view_item", "items": [{}]}, "view_item"):
        with pytest.raises(InvalidInput):
            assistant.respond(session_id, "boots", [event])  # type: ignore[list-item]
    for ids in (["boot-1"], ["boot-1", "boot-1"], ["boot-1"] * 5):
        with pytest.raises(InvalidInput):
            assistant.compare(ids)
    assert assistant.session(session_id).messages == () and assistant.session(session_id).basket == {}


def test_read_is_the_same_pipeline_with_a_probability(make: Make) -> None:
    assistant = make({"boots": BOOTS})
    state = assistant.read(Conversation(id="c", messages=(Message(role="user", content="boots"),)))
    assert state.needs[0].product == "hiking boots" and 0 < (state.purchase_probability or 0) < 1


def test_feedback_and_delete(make: Make) -> None:
    assistant = make({"boots": BOOTS})
    session_id = assistant.new_session()
    assistant.respond(session_id, "boots")
    assistant.feedback(session_id, 1, "up", "nice")
    with pytest.raises(InvalidInput):
        assistant.feedback(session_id, 1, "sideways")  # type: ignore[arg-type]
    assistant.delete(session_id)
    with pytest.raises(UnknownSession):
        assistant.session(session_id)


def test_many_shoppers_at_once_do_not_mix(make: Make) -> None:
    assistant = make({"boots": BOOTS, "k": want("kettle")})
    sessions = [assistant.new_session() for _ in range(8)]
    errors: list[BaseException] = []

    def talk(i: int) -> None:
        try:
            for _ in range(2):
                assistant.respond(sessions[i], "boots" if i % 2 else "k")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=talk, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for i, session_id in enumerate(sessions):
        session = assistant.session(session_id)
        kind = "boot-" if i % 2 else "kettle-"
        assert len(session.messages) == 4 and all(pick.id.startswith(kind) for pick in session.picks)
