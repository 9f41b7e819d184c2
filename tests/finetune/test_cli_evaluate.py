"""`shopkeeper evaluate reader` through the entry point: readers side by side, reports, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.assistant.cli import run
from tests.finetune.judging.conftest import COLORS, chat

Capture = pytest.CaptureFixture[str]


def written(path: Path, nouns: tuple[str, ...]) -> Path:
    rows = []
    for noun in nouns:
        for color in COLORS:
            rows += [chat(f"{noun}-{color}.1", f"a {color} {noun} please", color),
                     chat(f"{noun}-{color}.2", f"a {color} {noun} please", color, "thanks, bye")]  # fmt: skip
    path.write_text("".join(row.model_dump_json(exclude_none=True) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return written(tmp_path / "labelled.jsonl", ("kettle",))


def test_three_readers_side_by_side_with_a_report(labelled: Path, tmp_path: Path, capsys: Capture) -> None:
    train, out = written(tmp_path / "train.jsonl", ("toaster", "blender")), tmp_path / "report"
    arguments = ("evaluate", "reader", "--data", labelled, "--train", train, "--report", out, "--rounds", "100",
                 "--model", "adapter", "--model", "base", "--model", "baseline", "--misses", tmp_path / "misses.jsonl",
                 "--json")  # fmt: skip
    done = run(capsys, *arguments)
    assert done.code == 0, done.err
    figures = json.loads(done.out)
    assert [row["model"] for row in figures] == ["adapter", "base", "baseline"]
    assert figures[0]["conversations"] == 4
    page = (out / "report.html").read_text("utf-8")
    assert all(f"{name} minus adapter" in page for name in ("base", "baseline"))
    assert f"misread conversations in {tmp_path / 'misses.jsonl'}" in done.err
    readings = {path.name: path.stat().st_mtime_ns for path in (out / "readings").iterdir()}
    assert len(readings) == 3
    again = run(capsys, *arguments)
    assert json.loads(again.out) == figures
    assert {path.name: path.stat().st_mtime_ns for path in (out / "readings").iterdir()} == readings


def test_the_baseline_is_not_judged_on_what_it_learnt(labelled: Path, capsys: Capture) -> None:
    done = run(capsys, "evaluate", "reader", "--data", labelled, "--train", labelled, "--model", "baseline")
    assert "labelled.jsonl are among them, such as 'kettle-red.2'" in done.sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "baseline"], "--train FILE"),
        (["--model", "nosuch"], "found 'nosuch'"),
        (["--rounds", "3"], "--rounds"),
        (["--outcomes", "nosuch.jsonl"], "nosuch.jsonl: No such file"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(
    arguments: list[str], said: str, labelled: Path, capsys: Capture
) -> None:
    assert said in run(capsys, "evaluate", "reader", "--data", labelled, *arguments).sentence


def test_too_low_is_said_and_is_exit_code_1(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "never.jsonl"
    never = chat("a", "a red kettle please", "red").model_dump_json(exclude_none=True)
    path.write_text(never.replace('"value":"red"', '"value":"ultraviolet"') + "\n", "utf-8")
    done = run(capsys, "evaluate", "reader", "--data", path, "--min-f1", "0.99")
    assert done.code == 1
    assert "below the 0.99 that was asked for" in done.err
