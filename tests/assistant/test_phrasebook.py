"""What the compact writer may say between its facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.phrasebook import Phrasebook

BOOK = Phrasebook.of(["I suggest {1.title} at {1.price}: {1.reason1} and {1.reason2}.", "Here you go!"])


@pytest.mark.parametrize(
    "sentence", ["i suggest {2.title} at {4.price}: {2.reason3} and {2.reason1}.", "\nHere you go!"]
)
def test_the_same_words_about_another_pick(sentence: str) -> None:
    assert BOOK.slips(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    ["I suggest {1.price}.", "Here you go at {1.price}.", "I suggest gnomes.", "Here go you!", "Here you go"],
)
def test_other_runs_are_slips(sentence: str) -> None:
    assert BOOK.slips(sentence)


def test_its_words() -> None:
    assert BOOK.words == {"i", "suggest", "at", "and", "here", "you", "go"}


def test_saved_and_loaded(tmp_path: Path) -> None:
    BOOK.save(tmp_path)
    assert Phrasebook.load(tmp_path) == BOOK
    with pytest.raises(ModelError, match="phrasebook.json"):
        Phrasebook.load(tmp_path / "nowhere")
