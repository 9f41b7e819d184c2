"""Readings are kept: what was read once is not read again, unless the model is another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.answers import ReadingError
from assistant.records import Conversation, Reading, State
from finetune.evaluate import Chain, read
from finetune.judging.models import Model
from finetune.judging.readings import Kept, read_all
from tests.finetune.judging.conftest import ColorReader, chat

Make = Callable[..., Model]


def whole(chains: list[Chain]) -> list[Conversation]:
    return [chain[-1] for chain in chains]


def test_a_second_run_reads_nothing_and_gives_the_same(conversations: list[Chain], model: Make, tmp_path: Path) -> None:
    reader = ColorReader()
    first = read_all(model(reader=reader), whole(conversations), tmp_path)
    calls = reader.calls
    again = read_all(model(reader=reader), whole(conversations), tmp_path)
    assert calls == reader.calls > 0
    assert again == first


def test_an_interrupted_run_goes_on_where_it_stopped(conversations: list[Chain], model: Make, tmp_path: Path) -> None:
    class Interrupted(ColorReader):
        def read(self, state: State, conversation: Conversation) -> Reading:
            if self.calls == 4:
                raise KeyboardInterrupt
            return super().read(state, conversation)

    with pytest.raises(KeyboardInterrupt):
        read_all(model(reader=Interrupted()), whole(conversations), tmp_path)
    (file,) = tmp_path.iterdir()
    with file.open("a") as stream:
        stream.write('{"key": "half a li')
    reader = ColorReader()
    done = read_all(model(reader=reader), whole(conversations), tmp_path)
    assert 0 < reader.calls < 7
    assert [r.states for r in done] == [r.states for r in read_all(model(), whole(conversations))]
    assert all(line.startswith('{"key"') and line.endswith("}") for line in file.read_text().splitlines())


def test_another_model_or_another_word_is_read_anew(model: Make, tmp_path: Path) -> None:
    read_all(model(), [chat("a", "a red kettle", "red")], tmp_path)
    other = Kept(tmp_path, model(fingerprint="f2"))
    same = Kept(tmp_path, model())
    assert other.get(chat("a", "a red kettle", "red")) is None
    assert same.get(chat("another id", "a red kettle", "blue")) is not None
    assert same.get(chat("a", "a red kettle!", "red")) is None


def test_a_message_that_cannot_be_read_changes_nothing_and_is_counted() -> None:
    class Stumbling(ColorReader):
        def read(self, state: State, conversation: Conversation) -> Reading:
            if "thanks" in conversation.messages[-1].content:
                raise ReadingError("not JSON")
            return super().read(state, conversation)

    done = read(Stumbling(), chat("a", "a red kettle", "red", "thanks"))
    assert done.unreadable == (1,)
    assert done.final == done.states[0]
    assert done.final.needs[0].product == "kettle"


def test_tokens_and_times_are_those_of_each_message(model: Make) -> None:
    (done,) = read_all(model(), [chat("a", "a red kettle", "red", "thanks")])
    assert done.tokens == (7, 7)
    assert len(done.milliseconds) == 2
    assert min(done.milliseconds) > 0
