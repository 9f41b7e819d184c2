"""The baseline learns from labels what its parts can, and always gives a valid reading."""

from __future__ import annotations

import pytest

from assistant.records import Conversation, State
from finetune.evaluate import read
from finetune.judging.baseline import Baseline
from finetune.scoring import score
from tests.finetune.judging.conftest import chat

COLORS = ("red", "blue", "green", "black", "white", "grey", "pink", "teal")


def labelled(part: int) -> list[Conversation]:
    rows = []
    for i, color in enumerate(COLORS):
        if i % 4 != part:
            begun = chat(f"{color}.1", f"I need a kettle in {color}", color)
            rows += [begun, chat(f"{color}.2", f"I need a kettle in {color}", color, "thanks, bye")]
    return rows


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return Baseline.train(labelled(part=0), ["Kettles", "Toasters"])


def test_it_reads_what_it_was_never_shown(baseline: Baseline) -> None:
    done = chat("a", "I need a kettle in ochre", "ochre", "thanks, bye")
    pairs = [(c, read(baseline, c).final) for c in (done, chat("b", "I need a kettle in cyan", "cyan"))]
    scores = score(pairs)
    assert scores.product_accuracy == scores.stage_accuracy == 1
    assert scores.acts is not None
    assert scores.acts.f1 == 1
    assert scores.strict.f1 > 0.5
    assert scores.support_accuracy == 1


@pytest.mark.parametrize("text", ["", " ", "🙂", "kettle " * 500, "<b>" * 50, "在吗", "1 2 3 $"])
def test_any_text_is_read(baseline: Baseline, text: str) -> None:
    conversation = Conversation.model_validate({"id": "a", "messages": [{"role": "user", "content": text}]})
    assert isinstance(read(baseline, conversation).final, State)


def test_too_little_to_learn_from_is_said() -> None:
    with pytest.raises(ValueError, match="two kinds of acts and stages"):
        Baseline.train(labelled(part=0)[:1], ["Kettles"])
