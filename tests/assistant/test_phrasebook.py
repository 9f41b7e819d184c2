"""What the compact writer may say between its facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.phrasebook import Phrasebook
from assistant.records import Plan

FIND = Plan(move="recommend", why="", ask="size")
THANKS = Plan(move="chat", why="", topic="thanks", ask="price")
BOOK = Phrasebook.of(
    [
        (FIND, "I suggest {1.title} at {1.price}: {1.reason1} and {1.reason2}."),
        (FIND, "Here you go!"),
        (FIND, "Which size?"),
        (THANKS, "Any time!"),
        (THANKS, "Which budget?"),
    ]
)


@pytest.mark.parametrize(
    "sentence",
    ["i suggest {2.title} at {4.price}: {2.reason3} and {2.reason1}.", "\nHere you go!", "Which size?"],
)
def test_the_same_words_about_another_pick(sentence: str) -> None:
    assert BOOK.slips(sentence, FIND) == []


@pytest.mark.parametrize(
    "sentence",
    ["I suggest {1.price}.", "Here you go at {1.price}.", "I suggest gnomes.", "Here go you!", "Here you go"],
)
def test_other_runs_are_slips(sentence: str) -> None:
    assert BOOK.slips(sentence, FIND)


def test_sentences_without_facts_belong_to_their_move_and_questions_to_what_is_asked() -> None:
    assert BOOK.slips("Any time!", FIND) and not BOOK.slips("Any time!", THANKS)
    assert BOOK.slips("Which budget?", FIND) and not BOOK.slips("Which budget?", THANKS)
    assert not BOOK.slips("I suggest {1.title} at {1.price}: {1.reason1} and {1.reason2}.", THANKS)


def test_its_words() -> None:
    assert {"i", "suggest", "here", "any", "budget"} <= BOOK.words and "title" not in BOOK.words


def test_saved_and_loaded(tmp_path: Path) -> None:
    BOOK.save(tmp_path)
    assert Phrasebook.load(tmp_path) == BOOK
    with pytest.raises(ModelError, match="phrasebook"):
        Phrasebook.load(tmp_path / "nowhere")
