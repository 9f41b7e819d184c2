"""`shopkeeper train base` and `train encoder`, and judging what they leave, through the entry point."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.assistant.cli import run
from tests.finetune.test_cli import record

Capture = pytest.CaptureFixture[str]


def test_a_base_model_is_prepared_trained_and_judged(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "text" / "webshop").mkdir(parents=True)
    goals = [f"I want a quiet kettle number {i}" for i in range(50)]
    (tmp_path / "text" / "webshop" / "human_goals.json.gz").write_bytes(gzip.compress(json.dumps(goals).encode()))
    settings = {
        "text": tmp_path / "text", "shared": "null", "data": tmp_path / "data", "vocabulary": 600, "context": 768,
        "shard": 8, "held_out": 2, "workers": 1, "max_steps": 1, "batch_tokens": 4096, "device": "cpu",
    }  # fmt: skip
    changes = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    assert run(capsys, "train", "base", "--prepare", *changes).code == 0
    assert (tmp_path / "data" / "text.npz").exists() and not (tmp_path / "data" / "chats-00000.npz").exists()
    done = run(capsys, "train", "base", "--out", tmp_path / "out", "--size", "tiny", "--chats", "8", *changes)
    assert done.code == 0, done.err
    (metrics,) = json.loads(done.out)
    assert (metrics["size"], metrics["steps"]) == ("tiny", 1)
    model = tmp_path / "out" / "tiny-8"
    chats = tmp_path / "chats.jsonl"
    chats.write_text(record("c", "red") + "\n", "utf-8")
    judged = run(capsys, "evaluate", "reader", "--data", chats, "--model", model, "--json")
    assert judged.code == 0, judged.err
    assert json.loads(judged.out)[0]["model"] == str(model)


def test_a_base_recipe_that_makes_no_sense_is_told(capsys: Capture) -> None:
    done = run(capsys, "train", "base", "--set", "size=9b")
    assert done.code != 0 and "`size` is one of tiny, 20m" in done.err


def test_an_encoder_adapter_without_sources_is_told(capsys: Capture) -> None:
    done = run(capsys, "train", "encoder", "--set", "sources=[amazon:x]")
    assert done.code != 0 and "expected KIND:PATH" in done.err
