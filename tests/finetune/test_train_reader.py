"""The compact reader really trains: a few steps lower the loss, and an interrupted run ends at the same weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from assistant.compact_reader import CompactReader
from assistant.records import Conversation, Message, State
from finetune.conversations import write_conversations
from finetune.generator import generate
from finetune.train_reader import Recipe, train

SMALL = {"generated": 0, "repeat": 1, "epochs": 2, "polish": 0, "rank": 4, "batch_tokens": 1024, "judge": []}


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "made.jsonl"
    write_conversations(path, [c for chain in generate(8, seed=5) for c in chain])
    return path


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors") | load_file(folder / "heads.safetensors")


class PowerCutError(Exception):
    """Stands for the power cut."""


def test_an_interrupted_run_ends_at_the_same_weights(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import finetune.train_reader as module

    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    recipe = {**SMALL, "data": [str(labelled)], "threads": 1}
    train(Recipe(**recipe, output=str(tmp_path / "whole")), lambda _: None)

    written = module._checkpoint

    def cut(path: Path, *rest: object) -> None:
        written(path, *rest)  # type: ignore[arg-type]
        if rest[-1] == 2:
            raise PowerCutError

    monkeypatch.setattr(module, "_checkpoint", cut)
    with pytest.raises(PowerCutError):
        train(Recipe(**recipe, output=str(tmp_path / "cut")), lambda _: None)
    monkeypatch.setattr(module, "_checkpoint", written)
    train(Recipe(**recipe, output=str(tmp_path / "cut")), lambda _: None)

    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    reading = CompactReader.load(tmp_path / "cut").read(
        State(), Conversation(id="c", messages=(Message(role="user", content="a blue kettle"),))
    )
    assert reading.stage in ("exploring", "comparing", "deciding", "buying", "after_purchase")
    assert {p.suffix for p in (tmp_path / "cut").iterdir()} == {".safetensors", ".json", ".md"}


def test_a_recipe_with_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("learning_rat: 1.0\n")
    with pytest.raises(ValueError, match=r"learning_rat.*learning_rate"):
        Recipe.from_yaml(path)


def test_the_shipped_recipe_is_valid() -> None:
    assert Recipe.from_yaml("configs/train-reader.yaml").rank > 0
