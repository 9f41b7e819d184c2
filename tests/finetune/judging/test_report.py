"""A report says what was measured, in all its forms, and lets no text of a chat act."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assistant.intent import IntentModel
from finetune.conversations import Problem, read_conversations
from finetune.evaluate import Chain
from finetune.judging.models import Model
from finetune.judging.report import Report, write_misses
from finetune.judging.results import Judged, Options, judge, outcome, sessions
from tests.finetune.judging.conftest import ColorReader, chat

Make = Callable[..., Model]
INTENT = IntentModel(base=-1.0, features=())


class Silent(ColorReader):
    """Finds nothing."""

    def read(self, state: object, conversation: object) -> object:  # type: ignore[override]
        from assistant.records import Reading

        return Reading()


@pytest.fixture
def judged(conversations: list[Chain], model: Make) -> Judged:
    models = [model("colors"), model("silent", Silent())]
    return judge("kettles", conversations, models, Options(intent=INTENT, rounds=200))


def test_figures_of_both_readers(judged: Judged) -> None:
    first, second = judged.results
    assert first.scores.strict.f1 == pytest.approx(2 * 6 / (6 + 8))
    assert second.scores.strict.f1 == 0
    assert [t.turn for t in first.turns] == [1, 2]
    assert [t.states for t in first.turns] == [8, 6]
    assert first.turns[0].strict == pytest.approx(first.scores.strict.f1)
    assert len(first.confidence) == 6
    assert len(first.purchase) == 8
    strict = next(d for d in judged.differences["silent"] if d.figure == "strict")
    assert strict.difference == pytest.approx(-first.scores.strict.f1)
    assert strict.p_value < 0.05
    assert [judged.conversations[place].id for place in judged.worst()] == ["c3", "c7"]


def test_the_files(judged: Judged, tmp_path: Path) -> None:
    report = Report((judged,), (("Data", "kettles"),), minimum=0.9)
    files = {path.name: path.read_text("utf-8") for path in report.write(tmp_path)}
    assert set(files) == {"report.html", "report.json", "junit.xml"}
    figures = json.loads(files["report.json"])
    reader = figures["sets"][0]["readers"][0]
    assert reader["figures"]["strict"]["value"] == pytest.approx(judged.first.scores.strict.f1, abs=1e-4)
    low, high = reader["figures"]["strict"]["interval"]
    assert low <= reader["figures"]["strict"]["value"] <= high
    assert reader["purchase"]["figures"]["auc"]["value"] == 0.5
    assert set(reader["differs"]) == {"c3", "c7"}
    (suite,) = ElementTree.fromstring(files["junit.xml"])
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    (failure,) = suite.iter("failure")
    assert "0.857" in (failure.get("message") or "")
    assert "c3" in (failure.text or "")
    assert report.failed == [judged]
    assert Report((judged,), minimum=0.5).failed == []


def test_the_page_is_whole_and_text_of_chats_stays_text(judged: Judged, tmp_path: Path) -> None:
    page = Report((judged,)).write(tmp_path)[0].read_text("utf-8")
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert not any(outside in page for outside in ("http://", "https://", "src=", "url(", "@import", "<link"))
    assert page.count("<svg") > 8
    assert "prefers-color-scheme: dark" in page
    shown = ("Readers side by side", "By attribute", "silent minus colors", "Purchase probability", "ochre", "p95")
    assert [words for words in shown if words not in page] == []


def test_a_set_without_outcomes_says_so(model: Make, tmp_path: Path) -> None:
    bare = judge("bare", [[chat("a", "a red kettle", "red")]], [model()], Options(intent=INTENT, rounds=100))
    assert len(bare.first.purchase) == 0
    page = Report((bare,)).write(tmp_path)[0].read_text("utf-8")
    assert "No conversation of this set tells whether the shopper bought" in page
    assert Report((bare,)).to_json()["sets"][0]["readers"][0]["purchase"] is None


@pytest.mark.parametrize("label", [{"acts": ["greet"]}, {"stage": "buying"}, {"needs": []}])
def test_labels_that_hold_little_make_a_report_too(label: dict[str, object], model: Make, tmp_path: Path) -> None:
    one = chat("a", "a red kettle", "red").model_copy(update={"label": label})
    judged = judge("partial", [[one]], [model()], Options(rounds=100), [Problem("f", 3, "id", "bad")])
    page = Report((judged,)).write(tmp_path)[0].read_text("utf-8")
    assert "Faulty lines left out: 1." in page


def test_misses_are_conversations_to_label_again(judged: Judged, tmp_path: Path) -> None:
    path = tmp_path / "misses.jsonl"
    assert write_misses(path, [judged]) == 2
    conversations, problems = read_conversations(path)
    assert problems == []
    assert [c.id for c in conversations] == ["c3", "c7"]
    assert conversations[0].label == judged.conversations[3].label
    assert conversations[0].differs[0]["kind"] == "product"  # type: ignore[attr-defined]


def test_outcomes() -> None:
    assert outcome(chat("a", "hi", None)) is None
    assert outcome(chat("a", "hi", None, purchase_probability=0.3)) == 0.3
    assert outcome(chat("a", "hi", None).model_copy(update={"purchased": True})) == 1
    assert outcome(chat("a", "hi", None).model_copy(update={"purchased": "yes"})) is None


def test_sessions_with_outcomes(tmp_path: Path) -> None:
    path = tmp_path / "sessions.jsonl"
    rows = [{"events": [{"event_name": "view_item"}], "purchased": i % 2 == 0} for i in range(6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = sessions(path, INTENT)
    assert (len(found), found.outcome.sum()) == (6, 3)
    path.write_text('{"id": "no session"}\n')
    with pytest.raises(ValueError, match=r"sessions \{events, purchased\}"):
        sessions(path, INTENT)


def test_nothing_to_judge_is_an_error(model: Make) -> None:
    with pytest.raises(ValueError, match="no labelled conversation"):
        judge("empty", [], [model()], Options())
