"""Sets to judge by are found by name, and a reader's figures on them are right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import finetune.evaluate as module
from assistant.records import Added, Constraint, Conversation, Named, Reading, State
from finetune.evaluate import evaluate, load, misses

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
RED = {"attribute": "color", "op": "is", "value": "red", "strength": "must", "source": {"message": 0, "quote": "red"}}
KETTLE = {"product": "kettle", "active": True, "constraints": [RED]}


def line(id: str, text: str, needs: list[object], *more: str) -> str:
    messages = [{"role": "user", "content": content} for content in (text, *more)]
    return json.dumps({"id": id, "messages": messages, "label": {"needs": needs}})


class RedReader:
    """Takes every first message for a wish for a red kettle; stands in for a slow model."""

    def read(self, state: State, conversation: Conversation) -> Reading:
        if len(conversation.messages) > 1:
            return Reading(active=0)
        red = Added(need=0, constraint=Constraint.model_validate(RED))
        return Reading(named=(Named(need=0, product="kettle"),), added=(red,), active=0)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    lines = [
        line("a.1", "a red kettle", [KETTLE]), line("a.2", "a red kettle", [KETTLE], "thanks"),
        line("b", "hello", []), "not a record",
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_a_file_is_judged_by_its_whole_conversations(labelled: Path) -> None:
    conversations, problems = load(str(labelled))
    assert [c.id for c in conversations] == ["a.2", "b"]
    assert [p.line for p in problems] == [4]


def test_figures(labelled: Path) -> None:
    steps: list[tuple[int, int]] = []
    result = evaluate(RedReader(), load(str(labelled))[0], "labelled", lambda *step: steps.append(step))
    strict = result.scores.strict
    assert (strict.right, strict.found, strict.expected) == (1, 2, 1)
    assert strict.f1 == pytest.approx(2 / 3)
    assert result.strict_interval[0] <= strict.f1 <= result.strict_interval[1]
    assert steps == [(1, 2), (2, 2)]
    assert [c.id for _, c, _ in misses(result.pairs)] == ["b", "a.2"]
    assert result.to_json()["strict"]["support"] == 1


def test_nothing_to_judge_by_is_an_error() -> None:
    with pytest.raises(ValueError, match="no labelled conversation"):
        evaluate(RedReader(), [], "empty")


@pytest.mark.parametrize("name", ["nosuch.jsonl", "pscon:nosuch.jsonl", "sgd:here", "pscon"])
def test_an_unknown_set_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(ValueError, match="shoppingbench:FOLDER or unseen"):
        load(name)


@pytest.mark.parametrize("name", ["pscon:pscon/conversations.jsonl.gz", "shoppingbench:shoppingbench"])
def test_public_sets_give_whole_conversations_with_needs(name: str) -> None:
    kind, _, place = name.partition(":")
    if not (SHARED / place).exists():
        pytest.skip(f"needs {SHARED / place}, which is not here")
    conversations, problems = load(f"{kind}:{SHARED / place}")
    assert problems == []
    assert len(conversations) > 20
    assert all(c.label and c.label["needs"] and c.id.startswith(kind) for c in conversations)


def test_unseen_is_made_up_and_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNSEEN_CONVERSATIONS", 3)
    first, _ = load("unseen")
    assert len(first) == 3
    assert first == load("unseen")[0]
