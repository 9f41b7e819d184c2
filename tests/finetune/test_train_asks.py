"""Clauses that teach what is asked for, and the model that is trained on them."""

from __future__ import annotations

import csv
import gzip
import json
import random
from pathlib import Path

import pytest

from assistant.copilot.asks import ASKS, AskModel
from assistant.vectors import TextVectors
from finetune.asks import SLOT, made_up, of_bitext, of_clinc150
from finetune.train_asks import Recipe, accuracy, fit, train
from tests.assistant.scripted import encoder


def test_made_up_clauses_are_whole_and_of_every_ask() -> None:
    examples = list(made_up(random.Random(3), 200))
    assert {ask for _, ask in examples} == set(ASKS) and len(examples) == 200 * len(ASKS)
    assert not [text for text, _ in examples if SLOT.search(text) or "|" in text or not text.strip()]
    assert examples == list(made_up(random.Random(3), 200)) != list(made_up(random.Random(4), 200))


def test_public_requests_that_are_like_ours(tmp_path: Path) -> None:
    with (tmp_path / "train.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, ["utterance", "intent"])
        rows.writeheader()
        for intent in ("cancel_order", "get_refund"):
            rows.writerow({"utterance": f"text {intent} 123456789", "intent": intent})
    assert list(of_bitext(tmp_path / "train.csv")) == [("text cancel_order my order", "cancel")]
    parts = {"train": [["a joke", "tell_joke"], ["my order", "order_status"]], "oos_train": [["what", "oos"]]}
    (tmp_path / "data.json.gz").write_bytes(gzip.compress(json.dumps(parts).encode()))
    assert list(of_clinc150(tmp_path / "data.json.gz")) == [("a joke", "other"), ("what", "other")]


def test_it_learns_and_writes_what_is_read_again(tmp_path: Path) -> None:
    recipe = Recipe(each=120, rounds=40, hidden=16, output=str(tmp_path))
    figures = train(recipe)
    assert figures["held_out"]["made_up"]["all"] > 0.6 and set(figures["learned_from"]) == set(ASKS)
    model = AskModel.load(tmp_path)
    assert model.hidden.shape[1] == 16 and json.loads((tmp_path / "metrics.json").read_text()) == figures
    fresh = [("please cancel my order", "cancel"), ("let me talk to a person", "person")]
    assert accuracy(model, fresh, TextVectors(encoder()))["all"] == 1.0  # type: ignore[arg-type]


def test_what_cannot_be_learned_is_said() -> None:
    with pytest.raises(ValueError, match="none of cancel, detail, order_address"):
        fit([("return it", "return")], TextVectors(encoder()), Recipe(), "f")
    with pytest.raises(ValueError, match="expected 1 or more"):
        Recipe(each=0)
