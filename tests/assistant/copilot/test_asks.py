"""The model of what a clause asks a desk for: its files, and that the shipped one hears the plain cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.build import build_asks
from assistant.config import Settings
from assistant.copilot.asks import ASKS, AskModel
from assistant.errors import ModelError
from assistant.vectors import TextVectors
from tests.assistant.scripted import asks, encoder

SHIPPED = Path("assistant/models/asks")


def test_the_shipped_model_hears_everyday_requests() -> None:
    said = {
        "Please cancel my order.": "cancel", "I'd like to send it back and get my money.": "return",
        "Can I swap it for a blue one in size M?": "swap",
        "Ship my order to 12 Oak Street, Boston, 02110.": "order_address",
        "Please update the default address in my profile.": "profile_address",
        "I want to pay for my order with another card.": "payment", "Can I talk to a real person?": "person",
        "Never mind, I'll keep it.": "withdraw", "I prefer my gift card for the refund.": "detail",
        "Where is my parcel?": "question", "When will it arrive?": "question",
        "How much will I get back in total?": "question",
        "Thanks, that is all.": "other", "My name is Ann Miller.": "other",
    }  # fmt: skip
    for (text, ask), heard in zip(said.items(), asks()(list(said)), strict=True):
        assert heard.ask == ask and heard.probability > 0.5, (text, heard)
    assert asks()([]) == []


def test_a_model_is_as_it_was_saved(tmp_path: Path) -> None:
    model = AskModel.load(SHIPPED)
    model.save(tmp_path)
    vectors = TextVectors(encoder())(["cancel it", "hello"])
    again = AskModel.load(tmp_path).probabilities(vectors)
    assert np.array_equal(again, model.probabilities(vectors)) and np.allclose(again.sum(1), 1.0)
    assert again.shape == (2, len(ASKS))
    assert (SHIPPED / "weights.safetensors").stat().st_size < 200_000


def test_missing_and_damaged_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json is missing.*shopkeeper train asks"):
        AskModel.load(tmp_path)
    model = AskModel.load(SHIPPED)
    replace(model, answers=model.answers[:, :3]).save(tmp_path)
    with pytest.raises(ModelError, match=r"answers: expected the shape \(64, 11\)"):
        AskModel.load(tmp_path)


def test_the_model_wants_the_encoder_that_it_was_made_for(tmp_path: Path) -> None:
    settings, shared = Settings.load("configs/demo.yaml"), encoder()
    assert build_asks(settings, shared, TextVectors(shared))(["cancel my order"])[0].ask == "cancel"
    model = AskModel.load(SHIPPED)
    replace(model, about=replace(model.about, fingerprint="another")).save(tmp_path)
    other = settings.model_copy(update={"asks": settings.asks.model_copy(update={"path": tmp_path})})
    with pytest.raises(ModelError, match=r"other weights.*shopkeeper train asks"):
        build_asks(other, shared, TextVectors(shared))
