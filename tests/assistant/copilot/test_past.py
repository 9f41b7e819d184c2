from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.copilot.copilot import Copilot
from assistant.copilot.similar import READ_AT_ONCE, PastCases
from tests.assistant.copilot.desk_shop import ANGRY, BOOTS, HUMAN, PRIVATE, RETURN, THANKS, desk_assistant, talk


@pytest.fixture
def assistant(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with desk_assistant(tmp_path, tmp_path_factory.mktemp("index") / "index") as assistant:
        yield assistant


def test_similar_cases_are_the_nearest_with_the_agents_answer(assistant: Assistant) -> None:
    past = talk(assistant, ANGRY)
    assistant.take_over(past.id, "ines")
    assistant.say_as_agent(past.id, "ines", "I am sorry. I have ordered a new kettle for you.")
    talk(assistant, RETURN)
    talk(assistant, BOOTS)
    found = assistant.copilot.similar(talk(assistant, ANGRY))
    assert found[0].id == past.id
    assert found[0].answered == "I am sorry. I have ordered a new kettle for you."
    assert found[0].similarity > 0.99
    assert all(case.asked != BOOTS for case in found)


def test_similar_cases_are_masked_and_never_the_conversation_itself(assistant: Assistant) -> None:
    past, now = talk(assistant, PRIVATE), talk(assistant, PRIVATE)
    (found,) = assistant.copilot.similar(now)
    assert found.id == past.id
    assert "Oak Street" not in found.asked
    assert "[card number]" in found.asked


def test_deleted_and_grown_conversations_are_noticed(assistant: Assistant) -> None:
    past, now = talk(assistant, RETURN), talk(assistant, RETURN)
    assert [case.id for case in assistant.copilot.similar(now)] == [past.id]
    assistant.respond(past.id, ANGRY)
    assert ANGRY in assistant.copilot.similar(now)[0].asked
    assistant.delete(past.id)
    assert assistant.copilot.similar(now) == ()


def test_only_some_are_read_at_once(assistant: Assistant) -> None:
    for _ in range(READ_AT_ONCE + 3):
        session_id = assistant.new_session()
        assistant.respond(session_id, RETURN)
    past = PastCases(assistant._parts.store, assistant._parts.encode)
    now = talk(assistant, RETURN)
    assert len(past.like(now, k=100)) < READ_AT_ONCE
    assert len(past.like(now, k=100)) == READ_AT_ONCE + 3


def test_the_course_follows_the_acts_and_fades(assistant: Assistant) -> None:
    session = talk(assistant, BOOTS, ANGRY, HUMAN, THANKS)
    moments = assistant.copilot.course(session)
    assert [moment.message for moment in moments] == [0, 2, 4, 6]
    assert [moment.mood for moment in moments] == [0.0, -0.8, -0.8, 0.1]
    assert all(moment.intent is not None for moment in moments)
    assistant.feedback(session.id, 1, "down")
    assert assistant.copilot.course(assistant.session(session.id))[1].mood == -1.0


def test_wrap_up_suggests_type_and_satisfaction_with_the_sentences_that_tell(assistant: Assistant) -> None:
    angry = assistant.copilot.wrap_up(talk(assistant, BOOTS, ANGRY))
    assert (angry.type, angry.satisfaction) == ("Complaint", 1)
    assert angry.because == f"Complaint: “{ANGRY}”; satisfaction 1 of 5: “{ANGRY}”"
    happy = assistant.copilot.wrap_up(talk(assistant, RETURN, THANKS))
    assert happy.type == "Question" and (happy.satisfaction or 0) > 1
    assert RETURN.rstrip("?") in happy.long
    assert len(happy.short) <= len(happy.long)


def test_wrap_up_masks_the_sentences_and_needs_no_model(assistant: Assistant) -> None:
    private = assistant.copilot.wrap_up(talk(assistant, PRIVATE))
    assert private.type and "4111" not in private.because
    parts = replace(assistant._parts, tickets=None)
    bare = Copilot(parts).wrap_up(talk(assistant, ANGRY))
    assert (bare.type, bare.satisfaction, bare.because) == (None, None, "")
    assert assistant.copilot.wrap_up(talk(assistant)).type is None
