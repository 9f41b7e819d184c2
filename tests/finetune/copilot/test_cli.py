"""`shopkeeper evaluate copilot` as it is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.assistant.cli import run
from tests.finetune.copilot.test_evaluate import CANCEL, RETURN, database, task

POLICY = """# Policy

An order can only be cancelled if its status is 'pending'. The customer gives the reason (only 'bought twice').

An order can only be returned if its status is 'delivered'.
"""


@pytest.fixture
def arguments(tmp_path: Path) -> list[str | Path]:
    (tmp_path / "db.json").write_text(json.dumps(database()))
    (tmp_path / "policy.md").write_text(POLICY)
    (tmp_path / "tasks.json").write_text(json.dumps([task("a", RETURN), task("b", CANCEL)]))
    files = [("--db", "db.json"), ("--policy", "policy.md"), ("--tasks", "tasks.json")]
    return [part for option, name in files for part in (option, tmp_path / name)]


def test_each_score_has_its_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str | Path]) -> None:
    done = run(capsys, "evaluate", "copilot", *arguments, "--readings", "gold")
    first, second, whole = done.out.splitlines()
    assert done.code == 0 and first.startswith("a\tright\t1 action was carried out")
    assert second.startswith("b\twrong\t") and "1 of 2 tasks" in whole


def test_json_and_the_least_share(capsys: pytest.CaptureFixture[str], arguments: list[str | Path]) -> None:
    done = run(capsys, "evaluate", "copilot", *arguments, "--readings", "gold", "--json", "--min-share", "0.9")
    result = json.loads(done.out)
    assert done.code == 1 and (result["readings"], result["share"]) == ("gold", 0.5)
    assert [t["right"] for t in result["tasks"]] == [True, False] and all(t["why"] for t in result["tasks"])


def test_a_file_that_is_missing_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str | Path], tmp_path: Path
) -> None:
    for place in (1, 3, 5):
        wrong = [*arguments[:place], tmp_path / "nothing.json", *arguments[place + 1 :]]
        assert "nothing.json" in run(capsys, "evaluate", "copilot", *wrong, "--readings", "gold").sentence
