"""Whether a passage answers a question: the shipped model, what it decides, and faults of its files."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from assistant.answerability import AnswerModel, Answers
from assistant.errors import ModelError
from assistant.shop import Clause
from assistant.statements import answer, clauses
from assistant.vectors import TextVectors
from retrieval.product import Product, Review
from tests.assistant.scripted import encoder

SHIPPED = Path("assistant/models/answers")
RULES = (
    Clause(id="repairs-1", topic="repairs", title="Repairs", text="Repairs take two weeks and cost 30 EUR an hour."),
    Clause(id="repairs-2", topic="repairs", title="Estimates", text="An estimate is free and holds for a month."),
    Clause(id="parking-1", topic="parking", title="Parking", text="Customers park free of charge behind the shop."),
)
LAMP = Product(
    id="lamp", title="Arc lamp", product_detail=(("Height", "180 cm"), ("Weight", "7 kg"), ("Color", "white")),
    description="A lamp for reading. The bulb can be changed without tools.",
    reviews=(Review(rating=4, text="The switch is hard to reach."),),
)  # fmt: skip


@cache
def answers() -> Answers:
    return Answers(AnswerModel.load(SHIPPED), encoder())


@cache
def vectors() -> TextVectors:
    return TextVectors(encoder())


def cited(question: str) -> list[str]:
    return [clause.id for clause in clauses(question, RULES, vectors(), 0.4, answers())]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How long does a repair take?", "repairs-1"),
        ("Do I have to pay for an estimate?", "repairs-2"),
        ("Where can I park?", "parking-1"),
    ],
)
def test_the_clause_that_answers_comes_first(question: str, first: str) -> None:
    assert cited(question)[0] == first


@pytest.mark.parametrize("question", ["Do you sell gift cards?", "Which brands do you carry?", "Are dogs allowed?"])
def test_nothing_is_cited_where_nothing_answers(question: str) -> None:
    assert cited(question) == []


def test_a_record_answers_by_the_field_or_is_silent() -> None:
    assert answer("How tall is it?", LAMP, vectors(), 0.45, answers())[0].name == "Height"
    assert answer("Does it work outdoors?", LAMP, vectors(), 0.45, answers()) == []


def test_probabilities_are_of_each_passage_and_do_not_depend_on_the_others() -> None:
    texts = [clause.text for clause in RULES]
    whole = answers()("How long does a repair take?", texts)
    fresh = Answers(answers().model, encoder(), keep=1)
    alone = np.concatenate([fresh("How long does a repair take?", [text]) for text in texts])
    assert whole.shape == (3,) and np.allclose(whole, alone, atol=1e-4)
    assert ((whole >= 0) & (whole <= 1)).all() and whole.argmax() == 0


def test_odd_texts_get_a_probability() -> None:
    found = answers()("", ["", "?!", "\U0001f97e", "x " * 5000])
    assert found.shape == (4,) and np.isfinite(found).all()
    assert answers()("why", []).shape == (0,)


def test_only_the_closest_are_asked() -> None:
    found = answers().of_closest("Where can I park?", [f"Rule {i}" for i in range(20)], np.arange(20, dtype=np.float32))
    assert np.count_nonzero(found) == 6 and not found[:14].any()


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("How long is the warranty on a blender?", True),
        ("whats ur return policy", True),
        ("will it fit my frs20qrb?", True),
        ("Wie viele Tage habe ich für die Rückgabe?", False),
        ("¿Puedo pagar con tarjeta de crédito?", False),
        ("保修期多长时间？", False),
        ("", False),
    ],
)
def test_other_languages_are_told_apart(question: str, read: bool) -> None:
    assert answers().reads(question) is read


def test_what_it_cannot_read_is_decided_by_likeness() -> None:
    question = "Wie viele Tage dauern repairs?"
    assert clauses(question, RULES, vectors(), 0.3, answers()) == clauses(question, RULES, vectors(), 0.3)


def test_missing_and_damaged_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config.json is missing.*shopkeeper train answers"):
        AnswerModel.load(tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "a")
    settings = json.loads((tmp_path / "a/config.json").read_text())
    (tmp_path / "a/config.json").write_text(json.dumps(settings | {"format": 99}))
    with pytest.raises(ModelError, match="expected format"):
        AnswerModel.load(tmp_path / "a")
    (tmp_path / "a/config.json").write_text(json.dumps(settings))
    (tmp_path / "a/weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="holds no answer model"):
        AnswerModel.load(tmp_path / "a")


def test_a_model_saved_is_the_model_loaded(tmp_path: Path) -> None:
    answers().model.save(tmp_path)
    again = AnswerModel.load(tmp_path)
    assert again.about == answers().model.about and np.array_equal(again.hidden, answers().model.hidden)
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 1_000_000
