"""`shopkeeper evaluate copilot` as it is run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.assistant.cli import run
from tests.finetune.copilot.test_evaluate import CANCEL, RETURN, database, task
from tests.finetune.tickets import shop, write

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


def test_everything_together_with_a_report(
    capsys: pytest.CaptureFixture[str], arguments: list[str | Path], tmp_path: Path
) -> None:
    asked = [{"QuestionId": 1, "ProductId": 1, "Question": "How do I descale the kettle?", "Answer": "Vinegar"}]
    tickets = write(tmp_path / "shop", tickets=shop(6), evalquestions=asked)
    intents, out = tmp_path / "intents.csv", tmp_path / "report"
    intents.write_text("utterance,intent\ncancel order 12 <b>now</b>,cancel_order\n")
    done = run(capsys, "evaluate", "copilot", *arguments, "--readings", "gold", "--tickets", tickets, "--json",
               "--intents", intents, "--report", out, "--min", "intent=0.9", "--min", "type=0.9", "--rounds", "100")
    result = json.loads(done.out)
    assert done.code == 1 and "type is below the 0.9" in done.err and "intent is below" not in done.err
    assert [part["name"] for part in result["parts"]] == ["tasks", "tickets", "answers", "intents"]
    assert result["share"] == 0.5 == result["parts"][0]["measures"]["tasks"]["value"]
    for part in result["parts"]:
        assert all(m["why"] for m in part["measures"].values())
        assert all(f["why"] for case in part["cases"] for f in case["findings"])
        known = {case["id"] for case in part["cases"]}
        assert all(set(m["cases"]) <= known for m in part["measures"].values())
    assert json.loads((out / "report.json").read_text())["parts"] == result["parts"]
    page = (out / "report.html").read_text("utf-8")
    assert "&lt;b&gt;now" in page and "<script" not in page and not any(o in page for o in ("http:", "src=", "<link"))
    anchors = set(re.findall(r'id="([^"]+)"', page))
    links = re.findall(r'href="#([^"]+)"', page)
    assert len(links) > 12 and set(links) <= anchors
    suites = ElementTree.parse(out / "junit.xml").getroot()
    assert [(s.get("name"), s.get("failures")) for s in suites] == [
        ("Service tasks", "0"), ("Support tickets", "1"), ("Answers with citation", "0"), ("Support intents", "0"),
    ]  # fmt: skip


def test_tickets_alone_are_told_with_their_sentences(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    done = run(capsys, "evaluate", "copilot", "--tickets", write(tmp_path / "shop", tickets=shop(4)), "--rounds", "100")
    assert done.code == 0 and "Support tickets: 4 tickets of shop." in done.out
    assert "faithful\t1.000 (1.00–1.00)\tIn 4 of 4 summaries" in done.out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "Nothing to judge: give --db, --policy and --tasks"),
        (("--db", "db.json"), "missing: --policy, --tasks"),
        (("--tickets", "nosuch"), "nosuch"),
        (("--intents", "pyproject.toml"), "Bitext's layout"),
        (("--tickets", "tests", "--min", "type"), "expected NAME=VALUE"),
        (("--tickets", "tests", "--min", "type=nan"), "found 'type=nan'"),
        (("--tickets", "tests"), "expected tickets.json"),
    ],
)
def test_bad_input_is_one_sentence(given: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in run(capsys, "evaluate", "copilot", *given).sentence


def test_a_minimum_of_what_was_not_judged(capsys: pytest.CaptureFixture[str], arguments: list[str | Path]) -> None:
    done = run(capsys, "evaluate", "copilot", *arguments, "--readings", "gold", "--min", "typ=1")
    assert "nothing judged is called 'typ'; judged were tasks, idle" in done.sentence


def test_a_file_that_is_missing_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str | Path], tmp_path: Path
) -> None:
    for place in (1, 3, 5):
        wrong = [*arguments[:place], tmp_path / "nothing.json", *arguments[place + 1 :]]
        assert "nothing.json" in run(capsys, "evaluate", "copilot", *wrong, "--readings", "gold").sentence
