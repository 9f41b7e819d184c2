"""`shopkeeper train`, `evaluate` and `data` through the entry point, at the smallest size that is real."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.assistant.cli import run
from tests.tiny import tiny_chat_model

Capture = pytest.CaptureFixture[str]
HUB = ("--config", "configs/train-hub-reader.yaml")


def record(id: str, color: str) -> str:
    text = f"a {color} kettle please"
    source = {"message": 0, "quote": color}
    constraint = {"attribute": "color", "op": "is", "value": color, "strength": "must", "source": source}
    need = {"product": "kettle", "active": True, "constraints": [constraint]}
    label = {"needs": [need], "acts": ["state_need"], "stage": "exploring"}
    return json.dumps({"id": id, "messages": [{"role": "user", "content": text}], "label": label})


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    colors = ("red", "blue", "green", "black", "white", "grey")
    path.write_text("".join(record(f"c{i}", color) + "\n" for i, color in enumerate(colors * 3)), "utf-8")
    return path


def test_evaluate_reader_prints_figures_for_a_program_and_for_a_person(labelled: Path, capsys: Capture) -> None:
    done = run(capsys, "evaluate", "reader", "--data", labelled, "--json", "--min-f1", "0")
    assert done.code == 0
    (figures,) = json.loads(done.out)
    assert figures["conversations"] == 18
    assert 0 <= figures["strict"]["f1"] <= 1
    shown = run(capsys, "evaluate", "reader", "--data", labelled)
    assert f"{figures['strict']['f1']:.3f}" in shown.out


def test_a_reader_below_what_was_asked_for_is_exit_code_1(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "never.jsonl"
    path.write_text(record("c", "red").replace('"value": "red"', '"value": "ultraviolet"') + "\n", "utf-8")
    assert run(capsys, "evaluate", "reader", "--data", path, "--min-f1", "0.99").code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "reader"], "--data"),
        (["evaluate", "reader", "--data", "nosuch.jsonl"], "found 'nosuch.jsonl'"),
        (["evaluate", "reader", "--data", "unseen", "--min-f1", "2"], "--min-f1"),
        (["train", "poet"], "poet"),
        (["train", "reader", "--config", "nosuch.yaml"], "nosuch.yaml: No such file"),
        (["train", "writer", "--set", "steps"], "expected KEY=VALUE"),
        (["train", "writer", "--set", "stepps=1"], "unknown setting 'stepps'; did you mean steps? Known are "),
        (["train", "intent", "--set", "uci=nosuch.csv"], "nosuch.csv"),
        (["train", "reader", *HUB, "--set", "rank=0"], "`rank` must be 1 or more"),
        (["train", "writer", "--set", "model=x", "--set", "vocabulary=9"], "unknown setting"),
        (["train", "writer", *HUB, "--data", "composed:some"], "expected composed:NUMBER"),
        (["train", "reader", *HUB, "--data", "annotated:nosuch.txt"], "nosuch.txt"),
        (["train", "reader", *HUB, "--data", "nosuch.jsonl"], "nosuch.jsonl"),
        (["data", "check", "nosuch.jsonl"], "nosuch.jsonl"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(arguments: list[str], said: str, capsys: Capture) -> None:
    assert said in run(capsys, *arguments).sentence


def test_a_reader_that_is_not_there(labelled: Path, capsys: Capture) -> None:
    assert "nosuch" in run(capsys, "evaluate", "reader", "--data", labelled, "--model", "nosuch").sentence


@pytest.mark.parametrize("content", ["- a\n- b\n", "seed: 1\n", "a: [\n"])
def test_a_recipe_that_is_none(content: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(content, "utf-8")
    done = run(capsys, "train", "intent", "--config", path)
    assert (done.code, done.out) == (2, "")
    assert done.err.strip()


def test_train_reader_on_a_chat_model_leaves_an_adapter_and_prints_its_figures(
    labelled: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.lora_tasks.DEV_TOKENS", 20)
    labelled.write_text("".join(record(f"c{i}", "red") + "\n" for i in range(4)), "utf-8")
    model = tiny_chat_model(tmp_path / "model", context=8192)
    small = {"rank": 2, "alpha": 4, "max_steps": 1, "held_out": 0.3, "device": "cpu", "max_length": 8000}
    changes = [part for key, value in (small | {"dev_limit": 1}).items() for part in ("--set", f"{key}={value}")]
    arguments = ["--data", labelled, "--set", f"model={model}", "--out", tmp_path / "out", *changes]
    done = run(capsys, "train", "reader", *HUB, *arguments)
    assert done.code == 0, done.err
    figures = json.loads(done.out)
    assert (figures["steps"], figures["metric"]) == (1, "constraint F1")
    assert 0 <= figures["score"] <= 1
    assert "step 1 of 1" in done.err
    assert (tmp_path / "out" / "adapter_model.safetensors").is_file()


def test_data_check_split_and_stats(labelled: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(capsys, "data", "check", labelled).err == "18 good, 0 problems\n"
    assert json.loads(run(capsys, "data", "stats", labelled).out)["conversations"] == 18
    assert run(capsys, "data", "split", labelled, "--out", tmp_path / "parts").code == 0
    parts = [(tmp_path / "parts" / f"{name}.jsonl").read_text().splitlines() for name in ("train", "dev", "test")]
    assert sorted(json.loads(row)["id"] for part in parts for row in part) == sorted(f"c{i}" for i in range(18))
    with labelled.open("a") as file:
        file.write("{\n")
    done = run(capsys, "data", "check", labelled)
    assert done.code == 1
    assert f"{labelled}:19: record: " in done.err
