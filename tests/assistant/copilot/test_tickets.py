"""The ticket model: sums over sentences, reasons that are those sums, and files that are checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.build import build_tickets
from assistant.config import Settings
from assistant.copilot.tickets import About, TicketModel, Tickets, sentences
from assistant.errors import ModelError
from assistant.records import Message
from assistant.vectors import TextVectors
from tests.assistant.scripted import encoder as shared_encoder

WORDS = ("broken", "how", "thanks")


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """One dimension a word: whether the text holds it."""
    return np.array([[float(word in text.lower()) for word in WORDS] for text in texts], np.float32).reshape(-1, 3)


def said(*texts: str) -> tuple[Message, ...]:
    return tuple(Message(role="user", content=text) for text in texts)


@pytest.fixture
def model() -> TicketModel:
    about = About(("fault", "query"), (1.0, 10.0), last=0.5, encoder="words", fingerprint="w")
    arrays = ([0, 0, 0], [[4, 0, 0], [0, 4, 0]], [0, 0.1], [-6, 0, 6], [5])
    return TicketModel(about, *(np.array(array, np.float32) for array in arrays)).checked()


def test_the_sentence_that_moves_most_is_the_reason(model: TicketModel) -> None:
    found = model.judge(said("Hello there. It is broken! How do I fix it?", "Nothing helps."), encode)
    assert found is not None
    assert (found.type, found.type_because) == ("query", "How do I fix it?")
    assert found.satisfaction_because == "It is broken!"
    assert found.satisfaction == pytest.approx(5 - 6 * 0.5 / 4)
    odds = np.exp([4 * 0.125, 4 * 0.125 + 0.1])
    assert found.probability == pytest.approx(odds[1] / odds.sum(), abs=1e-5)


def test_the_last_message_has_its_share(model: TicketModel) -> None:
    parts, weights = sentences(said("One. Two.", " ", "Three is 3.5 long."), last=0.4)
    assert parts == ["One.", "Two.", "Three is 3.5 long."]
    assert weights == pytest.approx([0.2, 0.2, 0.6])
    earlier = model.judge(said("Thanks.", "It is broken."), encode)
    later = model.judge(said("It is broken.", "Thanks."), encode)
    assert earlier and later and earlier.satisfaction is not None and later.satisfaction is not None
    assert earlier.satisfaction < 5 < later.satisfaction
    assert (earlier.satisfaction_because, later.satisfaction_because) == ("It is broken.", "Thanks.")
    assert sentences(said("好。谢谢！"), 0.0)[0] == ["好。", "谢谢！"]


def test_an_address_or_a_number_alone_is_no_sentence() -> None:
    assert sentences(said("It is broken. ada@mail.example.com", "A1-204"), 0.0)[0] == ["It is broken."]


def test_satisfaction_stays_on_its_scale_and_becomes_stars(model: TicketModel) -> None:
    worse = replace(model, satisfaction=model.satisfaction * 10)
    found = worse.judge(said("Broken."), encode)
    assert found is not None and (found.satisfaction, found.stars) == (1.0, 1)
    silent = replace(model, satisfaction=np.zeros(3, np.float32)).judge(said("Broken."), encode)
    assert silent is not None and (silent.satisfaction, silent.stars, silent.satisfaction_because) == (None, None, "")


def test_nobody_said_anything(model: TicketModel) -> None:
    assert model.judge((), encode) is None
    assert model.judge((Message(role="agent", content="Broken?"), *said("?!")), encode) is None


def test_it_is_saved_and_loaded_as_it_is(model: TicketModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = TicketModel.load(tmp_path)
    assert again.about == model.about
    assert again.judge(said("How?"), encode) == model.judge(said("How?"), encode)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"types": ["fault"]}, "expected the shape"),
        ({"types": []}, "at least one type"),
        ({"scale": [5, 5]}, "from less to more"),
        ({"format": 99}, "expected format 1"),
        ({"more": 1}, "more"),
    ],
)
def test_what_does_not_fit_is_refused(model: TicketModel, tmp_path: Path, change: dict[str, object], what: str) -> None:
    model.save(tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match=what):
        TicketModel.load(tmp_path)


def test_missing_and_damaged_files_say_what_to_do(model: TicketModel, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json is missing.*shopkeeper train tickets"):
        TicketModel.load(tmp_path)
    model.save(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="no ticket model of this version"):
        TicketModel.load(tmp_path)


def test_the_shipped_model_is_built_with_the_encoder_that_it_was_made_for(model: TicketModel, tmp_path: Path) -> None:
    settings = Settings.load("configs/demo.yaml")
    encoder = shared_encoder()
    tickets = build_tickets(settings, encoder, TextVectors(encoder))
    assert tickets is not None and set(tickets.model.about.types) == {"Question", "Complaint", "Returns", "Idea"}
    broken = tickets(said("Hello.", "This jacket is torn and I am furious!"))
    assert broken is not None and broken.type == "Complaint" and "furious" in broken.type_because
    replace(model, about=replace(model.about, encoder="minilm")).save(tmp_path)
    other = settings.model_copy(update={"tickets": settings.tickets.model_copy(update={"path": tmp_path})})
    with pytest.raises(ModelError, match="other weights"):
        build_tickets(other, encoder, TextVectors(encoder))
    none = settings.model_copy(update={"tickets": settings.tickets.model_copy(update={"path": None})})
    assert build_tickets(none, encoder, TextVectors(encoder)) is None
    assert isinstance(tickets, Tickets)
