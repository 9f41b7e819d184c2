from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.build import PHRASES
from assistant.copilot.gist import LONGEST, gist
from assistant.copilot.grounding import unsupported
from assistant.copilot.masking import Mask
from assistant.copilot.notes import Notes
from assistant.copilot.summary import LABELS, extract, summary, wrap_up
from assistant.endpoint import Endpoint, EndpointOptions
from assistant.note_prompt import ALL_CHARS, OPENINGS, note_messages
from assistant.records import Act, Constraint, Conversation, Message, Need, Source, State
from assistant.session import Session
from assistant.store import StateEntry
from assistant.writing import CompactWriter, EndpointWriter
from tests.assistant.local_server import OddServer, said, serving
from tests.assistant.small_shop import encoder

WANTED = "hi, I need waterproof hiking boots, not black, a hundred and twenty at most"
ANSWER = "Here are Fell 2 Hiking Boots at $99.00: waterproof."
HELP = "can I talk to a human please"


@cache
def writer() -> CompactWriter:
    return CompactWriter.load(PHRASES)


def encode(texts: list[str]) -> np.ndarray:
    return encoder().encode(texts)


def notes() -> Notes:
    return Notes(writer(), encode, "USD")


def session(*said: tuple[str, str], state: State | None = None) -> Session:
    """A session of messages, each with its role, whose last one was read as `state`."""
    messages = tuple(Message(role=role, content=text) for role, text in said)  # type: ignore[arg-type]
    entry = StateEntry(source="reading", state=state or State(), after_message=len(messages) - 1, timestamp="")
    return Session(id="s", created="", updated="", revision=0, messages=messages, states=(entry,))


def boots(*acts: Act) -> State:
    rows = (("price", "at_most", 120.0, "a hundred and twenty at most"), ("feature", "is", "waterproof", "waterproof"),
            ("color", "is_not", "black", "not black"), ("brand", "is", "Corrow", None))  # fmt: skip
    constraints = tuple(
        Constraint.model_validate(
            {"attribute": a, "op": o, "value": v, "source": Source(message=0, quote=q) if q else None}
        )
        for a, o, v, q in rows
    )
    return State(needs=(Need(product="hiking boots", active=True, constraints=constraints),), acts=acts)


def test_the_case_is_told_in_the_writers_words() -> None:
    state = boots("ask_recommendation", "ask_human")
    told = session(("user", WANTED), ("assistant", ANSWER), ("user", HELP), state=state)
    brief = notes().brief(told)
    assert "hiking boots" in brief and "waterproof" in brief and "not black" in brief
    assert "person" in brief and f"“{HELP}”" in brief
    assert f"“{WANTED}”" not in brief, "the need says it already"
    assert unsupported(brief, [m.content for m in told.messages], OPENINGS) == []


def test_what_nobody_wrote_is_told_in_the_shoppers_own_words_or_not_at_all() -> None:
    brief = notes().brief(session(("user", WANTED), ("assistant", ANSWER), state=boots("ask_recommendation")))
    assert "120" not in brief and "“a hundred and twenty at most”" in brief
    assert f"“{WANTED}”" not in brief and f"“{ANSWER.rstrip('.')}”" in brief
    assert "Corrow" not in brief, "it was set by hand"


def test_a_thing_that_may_be_theirs_already_is_not_said_to_be_wanted() -> None:
    told = session(("user", "my hiking boots leak, they are waterproof it said"), state=boots("complaint"))
    brief = notes().brief(told)
    assert "hiking boots" in brief and "not black" not in brief
    assert not any(verb in brief for verb in ("wants", "needs", "looking for"))


def test_the_whole_course_is_told_in_its_order() -> None:
    numbers = ("one", "two", "three", "four", "five", "six", "seven")
    lines = [(role, f"{role} says thing number {n}") for n in numbers for role in ("user", "assistant")]
    whole = notes().whole(session(*lines))
    places = [whole.find(f"user says thing number {word}") for word in ("one", "two", "four", "five", "six", "seven")]
    assert -1 not in places and places == sorted(places)
    assert "number three" not in whole
    assert "The assistant" in whole or "of the assistant" in whole


def test_an_order_is_named_and_a_thank_you_left_out() -> None:
    told = session(
        ("user", "where is order A1042?"), ("agent", "It is on its way."), ("user", "thanks!"),
        state=State(acts=("thank_bye",)),
    )  # fmt: skip
    brief = notes().brief(told, ["A1042"])
    assert "A1042" in brief and "agent" in brief and "thanks" not in brief
    request = notes().request(told, ["A1042"])
    assert "“where is order A1042?”" in request and "on its way" not in request


def test_nothing_said_is_no_note() -> None:
    empty = session()
    assert notes().brief(empty) == notes().whole(empty) == notes().request(empty) == ""
    assert summary(empty, notes(), Mask({})) == "Nothing was said yet."


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("user", "assistant", "agent")), st.text(max_size=300)), max_size=9))
def test_any_conversation_has_faithful_notes(lines: list[tuple[str, str]]) -> None:
    told = session(*lines)
    sources = [text for _, text in lines]
    wrapped = wrap_up(told, notes(), Mask({}))
    for text in (summary(told, notes(), Mask({})), wrapped.short, wrapped.long):
        assert text
        assert unsupported(text, [*sources, "Nothing was said yet."], (*OPENINGS, *LABELS)) == []


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=500))
def test_a_gist_is_a_part_of_its_message(text: str) -> None:
    assert gist("- Fell 2 Boots: waterproof\n- Ridge Boots", encode) in ("Fell 2 Boots: waterproof", "Ridge Boots")
    found = gist(text, encode).removesuffix(" …")
    assert found in text and len(found) <= LONGEST


# --- models that read the conversation --------------------------------------------------------------------------


@pytest.fixture
def served() -> Iterator[tuple[OddServer, EndpointWriter]]:
    odd = OddServer()
    with serving(odd.app) as url:
        yield odd, EndpointWriter(Endpoint(EndpointOptions(f"{url}/v1", "lora", timeout=5.0, retries=0)))


def test_a_hub_model_tells_it_in_its_own_words_and_is_checked(served: tuple[OddServer, EndpointWriter]) -> None:
    odd, model = served
    own = Notes(model, encode, "USD")
    told = session(("user", WANTED), ("assistant", ANSWER), ("user", HELP))
    odd.answers = [
        said("The customer wants waterproof boots. They are offered 3 pairs. Anna will call back. The assistant named "
             "Fell 2 Hiking Boots. They will be refunded. They ask for a human.")
    ]  # fmt: skip
    assert own.brief(told) == (
        "The customer wants waterproof boots. The assistant named Fell 2 Hiking Boots. They ask for a human."
    )
    asked = odd.requests[0]["messages"]
    assert asked[0]["role"] == "system" and f"customer: {WANTED}" in asked[1]["content"]
    odd.answers = [said("It costs 5 dollars at Anna's.")]
    assert summary(told, own, Mask({})) == extract(told, encode, Mask({}))


def test_a_long_conversation_is_cut_in_the_middle(tmp_path: Path) -> None:
    messages = tuple(Message(role="user", content=f"{i} " + "word " * 100) for i in range(40))
    _, asked = note_messages(Conversation(id="c", messages=messages), 45)
    lines = asked["content"].splitlines()
    assert lines[0].startswith("customer: 0 ") and lines[1] == "…" and lines[-1].startswith("customer: 39 ")
    assert len(asked["content"]) <= ALL_CHARS + 100
