"""A reply while it is written: sentences as they stream, what may be shown, what is still to be said."""

from __future__ import annotations

import pytest

from assistant.draft import Draft, sentences
from assistant.facts import MAX_WORDS
from assistant.phrasebook import Phrasebook
from assistant.records import Conversation, Plan

NOBODY = Conversation(id="", messages=())
TEXTS = {
    "1.title": "Fell Boot",
    "1.price": "$89.00",
    "2.title": "Ridge Boot",
    "2.price": "$95.00",
    "1.reason1": "waterproof",
}


def draft(*keys: str, move: str = "recommend", ask: str | None = None) -> Draft:
    facts = [{"key": key, "text": TEXTS.get(key, "some words")} for key in keys]
    return Draft(Plan.model_validate({"move": move, "why": "", "facts": facts, "ask": ask}), NOBODY)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_sentences_of_a_stream(size: int) -> None:
    text = "Here! For e.g.it, look:\n- {1.title}: {1.reason1}. Mind: no lid.\n- {2.title}\nWhich one?"
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert list(sentences(pieces)) == [
        "Here!",
        "For e.g.it, look:",
        "\n- {1.title}: {1.reason1}.",
        "Mind: no lid.",
        "\n- {2.title}",
        "\nWhich one?",
    ]


def test_what_is_verified_is_shown_and_filled() -> None:
    reply = draft("1.title", "1.price", "1.reason1", ask="size")
    assert reply.add("I suggest {1.title} at {1.price}: {1.reason1}.") == "I suggest Fell Boot at $89.00: waterproof."
    assert reply.missing() == ["ask"]
    assert reply.add("Which size do you take?") == " Which size do you take?"
    assert reply.missing() == []


@pytest.mark.parametrize(
    "sentence",
    ["It has 3 pockets.", "I suggest {3.title}.", "It is {2.price}.", "Shall I go on?", "I suggest {1.title} and"],
)
def test_what_is_not_supported_is_left_out(sentence: str) -> None:
    reply = draft("1.title", "1.price", "2.title", "2.price")
    reply.add("I suggest {1.title}.")
    assert reply.add(sentence) == ""


def test_nothing_is_said_twice() -> None:
    reply = draft("1.title", "1.price")
    assert reply.add("{1.title} is {1.price}.") and not reply.add("So it is {1.price}.")


def test_what_is_said_after_all_begins_a_line_below_a_list() -> None:
    reply = draft("1.title", "2.title", ask="size")
    assert reply.add("Look at these:") == "Look at these:" and reply.add("\n- {1.title}.") == "\n- Fell Boot."
    reply.remainder(reply.missing())
    assert reply.add("Then {2.title}.") == "\nThen Ridge Boot."
    assert reply.add("Which size do you take?") == " Which size do you take?"


def test_with_a_phrasebook_nothing_else_is_said() -> None:
    plan = Plan.model_validate({"move": "recommend", "why": "", "facts": [{"key": "1.title", "text": "Fell Boot"}]})
    book = Phrasebook.of((plan, line) for line in ("I suggest {2.title} at {2.price}.", "Have a look at {1.title}."))
    assert Draft(plan, NOBODY, phrasebook=book).add("I suggest {1.title}.") == ""
    assert Draft(plan, NOBODY, phrasebook=book).add("Have a look at {1.title}.") == "Have a look at Fell Boot."


def test_a_reply_stays_short_but_keeps_room_for_its_question() -> None:
    reply = draft("1.title", ask="size")
    sentences = (f"I would look at this {'and that ' * n}for a while." for n in range(12))
    assert not all(reply.add(sentence) for sentence in sentences)
    assert reply.words <= MAX_WORDS
    assert reply.add("Which size do you take?")


def test_what_was_not_said_makes_a_plan_of_its_own() -> None:
    reply = draft("1.title", "1.price", "2.title", "2.price", ask="size")
    reply.add("I suggest {1.title} at {1.price}.")
    rest = reply.remainder(reply.missing())
    assert [fact.key for fact in rest.facts] == ["2.title", "2.price"]
    assert (rest.move, rest.ask, rest.greet) == ("recommend", "size", False)
    reply.add("Then {2.title} at {2.price}.")
    only = reply.remainder(reply.missing())
    assert (only.move, only.ask, only.facts) == ("ask", "size", ())
