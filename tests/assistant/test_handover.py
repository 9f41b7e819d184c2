"""Taking a conversation over from the assistant and giving it back, through the assistant itself, and the queue."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from assistant.assistant import Assistant
from assistant.copilot.queue import queued
from assistant.records import Constraint, Message, Need, Reply, State
from assistant.store import HeldError, Overview
from tests.assistant.scripted import BOOTS, SLOW, scripted_assistant


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with scripted_assistant(tmp_path_factory.mktemp("shop")) as assistant:
        yield assistant


def roles(assistant: Assistant, session_id: str) -> list[str]:
    return [message.role for message in assistant.session(session_id).messages]


def test_a_held_conversation_is_read_and_not_answered(assistant: Assistant) -> None:
    session_id = assistant.new_session()
    assert assistant.take_over(session_id, "ana").holder == "ana"
    reply = assistant.respond(session_id, BOOTS)
    assert (reply.text, reply.handover, reply.picks) == ("", True, ())
    session = assistant.session(session_id)
    assert session.state.active is not None and session.state.active.product == "hiking boots"
    assert session.state == reply.state and session.replies == {}
    assistant.say_as_agent(session_id, "ana", "I will look for some.")
    assistant.give_back(session_id, "ana")
    assert assistant.respond(session_id, "a lamp").text
    assert roles(assistant, session_id) == ["user", "agent", "user", "assistant"]


def test_a_reply_that_is_being_written_stops_at_the_take_over(assistant: Assistant) -> None:
    session_id = assistant.new_session()
    turn = assistant.stream(session_id, BOOTS)
    assert isinstance(next(turn), str)
    assistant.take_over(session_id, "ana")
    (reply,) = turn
    assert isinstance(reply, Reply) and reply.text == "" and reply.handover
    assert roles(assistant, session_id) == ["user"] and assistant.session(session_id).picks == ()
    assert assistant.session(session_id).state.active is not None


def test_a_reply_begun_before_is_refused_after_the_give_back_too(assistant: Assistant) -> None:
    session_id = assistant.new_session()
    turn = assistant.stream(session_id, BOOTS)
    next(turn)
    assistant.take_over(session_id, "ana")
    assistant.give_back(session_id, "ana")
    *_, reply = turn
    assert isinstance(reply, Reply) and reply.text == "" and roles(assistant, session_id) == ["user"]


def test_take_over_does_not_wait_for_a_turn(assistant: Assistant) -> None:
    session_id = assistant.new_session()
    replies: list[Reply] = []
    turn = threading.Thread(target=lambda: replies.append(assistant.respond(session_id, SLOW)))
    turn.start()
    while not assistant.session(session_id).messages:
        pass
    assistant.take_over(session_id, "ana")
    assistant.say_as_agent(session_id, "ana", "Hello, I am Ana.")
    turn.join()
    assert replies[0].text == "" and roles(assistant, session_id) == ["user", "agent"]


def test_only_the_holder_speaks(assistant: Assistant) -> None:
    session_id = assistant.new_session()
    with pytest.raises(HeldError):
        assistant.say_as_agent(session_id, "ana", "hello")
    assistant.take_over(session_id, "ana")
    with pytest.raises(HeldError):
        assistant.take_over(session_id, "bo")
    with pytest.raises(HeldError):
        assistant.say_as_agent(session_id, "bo", "hello")
    assert roles(assistant, session_id) == []


def test_a_message_sent_again_gets_the_reply_it_got(assistant: Assistant) -> None:
    session_id = assistant.new_session()
    first = assistant.respond(session_id, BOOTS, key="m1")
    assistant.respond(session_id, "a lamp", key="m2")
    assert assistant.respond(session_id, BOOTS, key="m1") == first
    assert len(roles(assistant, session_id)) == 4


def test_a_message_saved_and_not_answered_is_answered_when_sent_again(assistant: Assistant) -> None:
    session_id = assistant.new_session()
    assistant._parts.store.append_message(session_id, Message(role="user", content=BOOTS), key="m1")
    assert assistant.respond(session_id, BOOTS, key="m1").picks
    assert roles(assistant, session_id) == ["user", "assistant"]
    held = assistant.new_session()
    assistant._parts.store.append_message(held, Message(role="user", content=BOOTS), key="m1")
    assistant.take_over(held, "ana")
    assistant.give_back(held, "ana")
    assert assistant.respond(held, BOOTS, key="m1").text == "" and roles(assistant, held) == ["user"]


def test_the_queue_has_each_conversation_once(assistant: Assistant) -> None:
    session_id = assistant.new_session("C9")
    assistant.respond(session_id, BOOTS)
    waiting = {w.session_id: w for w in assistant.queue()}
    assert waiting[session_id].user_id == "C9" and waiting[session_id].messages == 2
    assistant.take_over(session_id, "ana")
    queue = assistant.queue()
    assert len(queue) == len({w.session_id for w in queue}) and queue[-1].holder is not None


# --- what needs a person -----------------------------------------------------------------------------------------


def overview(id: str, **fields: object) -> Overview:
    said = {"id": id, "created": "2026", "updated": "2026-01-01", "messages": 1}
    return Overview.model_validate({**said, "last_message": Message(role="user", content="x"), **fields})


def test_the_queue_orders_by_what_needs_a_person() -> None:
    unsure = Constraint.model_validate({"attribute": "size", "op": "is", "value": "42", "confidence": 0.2})
    asks = Reply(text="What for?", state=State(), move="ask")
    rows = [
        overview("calm"),
        overview("unsure", state=State(needs=(Need(constraints=(unsure,)),))),
        overview("stuck", state=State(purchase_probability=0.9), last_reply=asks),
        overview("angry", state=State(acts=("complaint",))),
        overview("held", holder="ana", handed_over=True),
        overview("later", handed_over=True, updated="2026-01-03"),
        overview("first", handed_over=True, updated="2026-01-02"),
    ]
    assert [w.session_id for w in queued(rows, sure=0.5)] == [
        "first", "later", "angry", "stuck", "unsure", "calm", "held",
    ]  # fmt: skip


def test_what_an_agent_has_dealt_with_needs_nobody() -> None:
    asked = State(acts=("ask_human",))
    (open_, done) = queued([overview("a", state=asked), overview("b", state=asked, attended=True)], sure=0.5)
    assert (open_.session_id, open_.need, done.need) == ("a", "asked", "none")
