"""The compact reader really trains: a few steps lower the loss, and an interrupted run ends at the same weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from assistant.compact.decoding import Thresholds
from assistant.compact.network import Network
from assistant.compact_reader import CompactReader, save
from assistant.records import Conversation, Message, State
from finetune.batches import Example
from finetune.conversations import write_conversations
from finetune.generator import generate
from finetune.lora_progress import Progress
from finetune.reader_fit import Judge, fit
from finetune.train_reader import Recipe, examples, new_network, train

ROOT = Path(__file__).resolve().parents[2]
SMALL: dict[str, Any] = {
    "generated": 0, "repeat": 1, "epochs": 2, "polish": 0, "rank": 4, "batch_tokens": 1024, "judge": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "made.jsonl"
    write_conversations(path, [c for chain in generate(8, seed=5) for c in chain])
    return path


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors") | load_file(folder / "heads.safetensors")


KILLED = """
import os, signal, sys
from finetune import lora_progress, reader_fit
from finetune.train_reader import Recipe, train

reader_fit.CHECKPOINT_SECONDS = 0.0
saved = lora_progress.save
def save(folder, progress, *rest):
    if progress.step == 3:
        (folder / "checkpoint.pt.part").write_bytes(b"half of a checkpoint")
        os.kill(os.getpid(), signal.SIGKILL)
    saved(folder, progress, *rest)
lora_progress.save = save
train(Recipe.from_yaml(sys.argv[1]), lambda _: None)
"""


def test_a_run_killed_while_it_writes_a_checkpoint_ends_with_the_same_weights(labelled: Path, tmp_path: Path) -> None:
    recipe = {**SMALL, "data": [str(labelled)], "threads": 1, "judge_every": 2}
    train(Recipe(**recipe, output=str(tmp_path / "whole")), lambda _: None)
    again = Recipe(**recipe, output=str(tmp_path / "cut"))
    (tmp_path / "cut.yaml").write_text(yaml.safe_dump(asdict(again)))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(tmp_path / "cut.yaml")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    said: list[str] = []
    train(again, said.append)

    assert said[1].startswith("going on after step 2 of")
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert (tmp_path / "whole" / "curve.svg").read_text() == (tmp_path / "cut" / "curve.svg").read_text()
    reading = CompactReader.load(tmp_path / "cut").read(
        State(), Conversation(id="c", messages=(Message(role="user", content="a blue kettle"),))
    )
    assert reading.stage in ("exploring", "comparing", "deciding", "buying", "after_purchase")
    assert {p.suffix for p in (tmp_path / "cut").iterdir()} == {".safetensors", ".json", ".md", ".svg"}


def rows(count: int) -> list[Example]:
    _, tokenizer = new_network(Recipe(rank=2))
    return examples(tokenizer, [c for chain in generate(count, seed=5) for c in chain])


def judged_by(*scores: float) -> Judge:
    """A judge who has seen it all coming; only the numbers are made up, the training is real."""
    left = iter(scores)
    return lambda network: (1.0, next(left))


def run(tmp_path: Path, judge: Judge, **settings: Any) -> tuple[Network, Progress]:
    recipe = Recipe(rank=2, judge_every=1, threads=1, output=str(tmp_path / "run"), **settings)
    network, _ = new_network(recipe)
    batch = rows(2)
    return network, fit(network, recipe, [batch] * 5, judge, "run", lambda _: None)


def test_the_weights_judged_best_are_kept_and_a_run_that_gets_no_better_ends(tmp_path: Path) -> None:
    network, progress = run(tmp_path, judged_by(0.1, 0.2, 0.5, 0.4, 0.3), patience=2)
    assert progress.step == 4
    assert progress.best is not None
    assert progress.best.step == 2
    kept = network.heads.state_dict()
    assert all(torch.equal(kept[name], progress.best_weights[f"heads.{name}"]) for name in kept)


def test_without_patience_a_run_goes_to_its_end(tmp_path: Path) -> None:
    assert run(tmp_path, judged_by(0.9, *[0.1] * 5))[1].step == 5


def test_a_mean_with_the_weights_before_is_kept_where_it_is_judged_better(tmp_path: Path) -> None:
    before, _ = new_network(Recipe(rank=2, seed=3))
    save(before, tmp_path / "before", Thresholds())
    start = {name: weight.half().float() for name, weight in before.heads.state_dict().items()}
    scores = [*[0.1] * 5, 0.5, 0.5, 0.6, 0.7, 0.6]  # six judgements, then the shares 0, .2, .35 and .5
    network, progress = run(tmp_path, judged_by(*scores), start=str(tmp_path / "before"), average=True)
    for name, weight in network.heads.state_dict().items():
        end = progress.best_weights[f"heads.{name}"]
        assert torch.allclose(weight, 0.65 * end + 0.35 * start[name], atol=1e-6)


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    run(tmp_path, judged_by(*[0.1] * 6))
    recipe = Recipe(rank=2, output=str(tmp_path / "run"))
    with pytest.raises(ValueError, match="another recipe"):
        fit(new_network(recipe)[0], recipe, [rows(2)], None, "another run", lambda _: None)


def test_a_recipe_with_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("learning_rat: 1.0\n")
    with pytest.raises(ValueError, match=r"learning_rat.*learning_rate"):
        Recipe.from_yaml(path)


def test_the_shipped_recipe_is_valid() -> None:
    assert Recipe.from_yaml("configs/train-reader.yaml").rank > 0
