"""LoRA training on tiny models of real architectures, on the CPU."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from assistant.adapters import read_card
from assistant.errors import ModelError
from assistant.generation import Generator
from assistant.prompts import PROMPT_VERSION
from finetune.lora import train_lora
from finetune.lora_learner import schedule
from finetune.lora_model import four_bit
from finetune.lora_recipe import LoraRecipe
from finetune.lora_tasks import Dev, Task
from tests.finetune.lora_parts import FIVE, PAIRS, TASK, recipe, silent
from tests.tiny import tiny_chat_model

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["qwen3", "llama", "gemma3"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat_model(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat_model(tmp_path_factory.mktemp("qwen"))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def same(a: Path, b: Path) -> bool:
    first, second = weights(a), weights(b)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def close(a: Path, b: Path) -> bool:
    first, second = weights(a), weights(b)
    return all(torch.allclose(first[name], second[name], atol=1e-5) for name in first)


def test_every_family_learns_and_its_adapter_serves(model: Path, tmp_path: Path) -> None:
    metrics = train_lora(recipe(model, tmp_path, epochs=4), TASK, report=silent)
    assert metrics.held_out_loss < metrics.held_out_loss_before
    assert metrics.steps == len(metrics.losses) == 12
    served = Generator.load(model, {"reader": tmp_path}, device="cpu")
    chat = PAIRS[0].messages
    adapted, plain = (served.generate(chat, adapter=a, max_new_tokens=1).tokens[0] for a in ("reader", None))
    assert adapted.logprob != plain.logprob


@pytest.mark.parametrize(
    "options",
    [
        {"rslora": True},
        {"dora": True},
        {"targets": ["q_proj"]},
        {"gradient_checkpointing": True},
        {"packing": False},
        {"dtype": "bfloat16"},
    ],
    ids=str,
)
def test_every_option_learns(qwen: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    metrics = train_lora(recipe(qwen, tmp_path, **options), TASK, report=silent)
    assert metrics.held_out_loss < metrics.held_out_loss_before


def test_what_a_run_leaves_tells_how_it_came_about(qwen: Path, tmp_path: Path) -> None:
    metrics = train_lora(recipe(qwen, tmp_path), TASK, report=silent)
    assert json.loads((tmp_path / "metrics.json").read_text()) == asdict(metrics)
    card = read_card(tmp_path)
    assert card is not None
    assert (card.role, card.base, card.prompt_version, card.recipe["rank"]) == ("reader", str(qwen), PROMPT_VERSION, 4)
    assert len(card.data_sha256) == 64
    assert card.metrics["held_out_loss"] == metrics.held_out_loss
    assert (tmp_path / "curve.svg").read_text().startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert f"{metrics.held_out_loss:.4f} after" in (tmp_path / "README.md").read_text()
    assert not (tmp_path / "checkpoint.pt").exists()


def test_an_adapter_on_other_weights_or_another_prompt_is_refused(qwen: Path, tmp_path: Path) -> None:
    train_lora(recipe(qwen, tmp_path / "a", max_steps=1), TASK, report=silent)
    other = tiny_chat_model(tmp_path / "other", seed=1)
    with pytest.raises(ModelError, match=r"was trained on other weights .* Load the model it was trained on"):
        Generator.load(other, {"reader": tmp_path / "a"}, device="cpu")
    with pytest.raises(ModelError, match=r"was trained with prompt version '.+' and this program uses 'writer-"):
        Generator.load(qwen, {"writer": tmp_path / "a"}, device="cpu")


def test_the_same_seed_gives_the_same_weights_and_another_does_not(qwen: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_lora(recipe(qwen, tmp_path / name, seed=seed, epochs=1, dropout=0.1), TASK, report=silent)
    assert same(tmp_path / "a", tmp_path / "b")
    assert not same(tmp_path / "a", tmp_path / "c")


@pytest.fixture(scope="module")
def one_step(qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("one step")
    train_lora(recipe(qwen, output, batch_size=3, accumulate=2, epochs=1), TASK, report=silent)
    return output


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 6},
        {"accumulate": 3},
        {"accumulate": 3, "packing": False},
        {"batch_size": 6, "max_length": 150},
    ],
    ids=str,
)
def test_how_examples_fall_into_batches_does_not_change_what_is_learnt(
    changes: dict[str, Any], qwen: Path, one_step: Path, tmp_path: Path
) -> None:
    train_lora(recipe(qwen, tmp_path, epochs=1, **changes), TASK, report=silent)
    assert close(one_step, tmp_path)


KILLED = """
import os, signal, sys
from finetune import lora_progress
from finetune.lora import train_lora
from finetune.lora_recipe import LoraRecipe
from tests.finetune.lora_parts import TASK, silent

saved = lora_progress.save
def save(folder, progress, *rest):
    if progress.step == 4:  # the second checkpoint is cut off while it is written
        (folder / "checkpoint.pt.part").write_bytes(b"half of a checkpoint")
        os.kill(os.getpid(), signal.SIGKILL)
    saved(folder, progress, *rest)
lora_progress.save = save
train_lora(LoraRecipe.from_yaml(sys.argv[1]), TASK, silent)
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture
def deterministic() -> Iterator[None]:
    """Leaves torch as it was, one thread included: the killed process has one too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("deterministic")
def test_a_run_killed_while_it_writes_a_checkpoint_ends_with_the_same_weights(qwen: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"dropout": 0.1, "deterministic": True, "epochs": 3, "evaluate_every": 3}
    train_lora(recipe(qwen, tmp_path / "whole", **options), TASK, silent)
    again = recipe(qwen, tmp_path / "killed", **options)
    (tmp_path / "killed.yaml").write_text(yaml.safe_dump(asdict(again)))
    done = python("-c", KILLED, str(tmp_path / "killed.yaml"))
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert {path.name for path in (tmp_path / "killed").iterdir()} == {"checkpoint.pt", "checkpoint.pt.part"}
    lines: list[str] = []
    train_lora(again, TASK, lines.append)
    assert lines[0] == "going on after step 2 of 9"
    assert same(tmp_path / "whole", tmp_path / "killed")
    first, second = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("whole", "killed"))
    assert first["losses"] == second["losses"]
    assert len(first["losses"]) == 9
    assert first["held_out_loss"] == second["held_out_loss"]
    assert (tmp_path / "whole" / "curve.svg").read_text() == (tmp_path / "killed" / "curve.svg").read_text()
    assert not list((tmp_path / "killed").glob("checkpoint*"))


def test_a_checkpoint_of_another_run_is_refused(qwen: Path, tmp_path: Path) -> None:
    from finetune import lora_progress
    from finetune.lora import _Run

    run = _Run(recipe(qwen, tmp_path), TASK, silent)
    lora_progress.save(tmp_path, run.progress, run._adapter(), run.learner.optimiser, run.identity)
    with pytest.raises(ValueError, match="another recipe"):
        train_lora(recipe(qwen, tmp_path, rank=8), TASK, report=silent)


TWO = """
import sys
from finetune.lora import train_lora
from finetune.lora_recipe import LoraRecipe
from tests.finetune.lora_parts import FIVE, silent
train_lora(LoraRecipe.from_yaml(sys.argv[1]), FIVE, silent)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_two_processes_learn_what_one_does(qwen: Path, tmp_path: Path) -> None:
    """Five pairs in steps of four, so that in the last step of an epoch one process has nothing to learn from. On a
    machine with GPUs, `accelerate launch` starts the processes in the same way."""
    train_lora(recipe(qwen, tmp_path / "one", batch_size=4), FIVE, silent)
    (tmp_path / "two.yaml").write_text(yaml.safe_dump(asdict(recipe(qwen, tmp_path / "two"))))
    script = tmp_path / "train.py"
    script.write_text(TWO)
    options = {"num_processes": 2, "num_machines": 1, "main_process_port": free_port(), "mixed_precision": "no"}
    launch = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    done = python("-m", "accelerate.commands.launch", "--multi_gpu", *launch, str(script), str(tmp_path / "two.yaml"))
    assert done.returncode == 0, done.stderr
    assert close(tmp_path / "one", tmp_path / "two")
    one, two = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("one", "two"))
    assert (one["processes"], two["processes"]) == (1, 2)
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-4)
    assert two["held_out_loss"] == pytest.approx(one["held_out_loss"], abs=1e-4)


def scripted(scores: Sequence[float]) -> Task:
    """A task whose judgements are known beforehand: what the loop does with them is tested."""
    left = list(scores)
    return replace(TASK, dev=Dev("score", [0], lambda _, item: item, lambda answers: left.pop(0)))


@pytest.mark.parametrize(
    ("scores", "steps", "kept"),
    [
        ([0.0, 0.2, 0.5, 0.4, 0.4, 0.9], 4, 2),  # no better twice
        ([0.9, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], 6, 6),  # what was before any training is never kept
        ([0.0, 0.5, 0.4, 0.6, 0.5, 0.55, 0.9], 5, 3),
    ],
)
def test_it_stops_when_the_score_does_not_rise_and_keeps_the_best(
    scores: list[float], steps: int, kept: int, qwen: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    chosen = recipe(qwen, tmp_path / "a", evaluate_every=1, patience=2)
    metrics = train_lora(chosen, scripted(scores), report=lines.append)
    assert (metrics.steps, metrics.kept_step, metrics.planned_steps) == (steps, kept, 6)
    assert (metrics.score_before, metrics.score) == (scores[0], scores[kept])
    assert any(line.startswith("stopped after step") for line in lines) == (steps < 6)
    assert "Score, held out" in (tmp_path / "a" / "curve.svg").read_text()


def test_the_weights_kept_are_those_of_the_best_judgement(qwen: Path, tmp_path: Path) -> None:
    """Stopped in the fourth step and kept from the second: the same as a run of which the second was the best."""
    for name, scores in (("a", [0.0, 0.2, 0.5, 0.4, 0.4]), ("b", [0.0, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1])):
        patience = 2 if name == "a" else 0
        train_lora(recipe(qwen, tmp_path / name, evaluate_every=1, patience=patience), scripted(scores), silent)
    train_lora(recipe(qwen, tmp_path / "last", evaluate_every=1), TASK, silent)
    assert same(tmp_path / "a", tmp_path / "b")
    assert not same(tmp_path / "a", tmp_path / "last")


def test_the_compact_writer_takes_an_adapter_by_the_same_code(tmp_path: Path) -> None:
    base = ROOT / "assistant" / "models" / "writer"
    metrics = train_lora(recipe(base, tmp_path, epochs=3), TASK, report=silent)
    assert metrics.held_out_loss < metrics.held_out_loss_before


def test_nothing_to_train_on_is_said(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Nothing to train on: 6 pairs, 6 over 4 tokens"):
        train_lora(recipe(qwen, tmp_path, max_length=4), TASK, report=silent)
    with pytest.raises(ModelError, match="No model folder"):
        train_lora(recipe(tmp_path / "none", tmp_path), TASK, report=silent)
    with pytest.raises(ValueError, match=r"`targets` .* do not fit"):
        train_lora(recipe(qwen, tmp_path, targets=["nosuch"]), TASK, report=silent)
    with pytest.raises(ValueError, match="cannot be trained in"):
        train_lora(recipe(qwen, tmp_path, dtype="float16"), TASK, report=silent)


def test_four_bits_need_a_gpu_and_bitsandbytes(qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="needs an NVIDIA GPU, and this run is on cpu"):
        train_lora(recipe(qwen, tmp_path, quantize="4bit"), TASK, report=silent)
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(ModelError, match="pip install bitsandbytes"):
        four_bit(torch.bfloat16, torch.device("cuda"))


@pytest.mark.parametrize("name", ["train-hub-reader.yaml", "train-hub-writer.yaml"])
def test_shipped_recipes(name: str) -> None:
    shipped = LoraRecipe.from_yaml(ROOT / "configs" / name, rank=8)
    assert (shipped.model, shipped.rank, shipped.redact) == ("Qwen/Qwen3-4B-Instruct-2507", 8, True)
    with pytest.raises(ValueError, match="unknown setting 'ranks'"):
        LoraRecipe.from_yaml(ROOT / "configs" / name, ranks=8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank": 0}, "`rank` must be 1 or more"),
        ({"max_steps": 0}, "`max_steps` must be 1 or more, or null"),
        ({"held_out": 1.0}, "`held_out` is a share"),
        ({"patience": -1}, "`patience`"),
        ({"privacy_epsilon": 0.0}, "`privacy_epsilon` must be more than 0"),
        ({"privacy_epsilon": 1.0, "privacy_clip": 0.0}, "`privacy_clip`"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LoraRecipe(**settings)


def test_a_value_of_another_type_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("rank: many\n")
    with pytest.raises(ValueError, match=r"recipe.yaml: rank: .*found 'many'"):
        LoraRecipe.from_yaml(path)


def test_schedule() -> None:
    rates = [schedule(i, 100, 0.05) for i in range(100)]
    assert max(rates) == rates[5] == 1.0
    assert rates[0] == 0.2
    assert 0.1 < rates[-1] < 0.11
