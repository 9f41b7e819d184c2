"""Rules that hold for the whole repository: which way imports point, what a start loads, what may be shipped."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from assistant.cli import app
from assistant.config import Settings

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {"retrieval": {"assistant", "finetune"}, "assistant": {"finetune"}}
HEAVY = {"torch", "transformers", "faiss", "gradio", "sentence_transformers", "sklearn", "pandas"}
SAFE = {".safetensors", ".json", ".md", ".jinja"}
MOST_BYTES = 60_000_000


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way(package: str) -> None:
    against = {str(p.relative_to(ROOT)): bad for p in modules(package) if (bad := imported(p) & FORBIDDEN[package])}
    assert against == {}


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    code = "import sys, assistant.cli; print(*(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert HEAVY & set(done.stdout.split()) == set()


def weights() -> list[Path]:
    return sorted({p.parent for package in ("assistant", "retrieval") for p in (ROOT / package).rglob("models/*/*")})


@pytest.mark.parametrize("folder", weights(), ids=lambda p: str(p.relative_to(ROOT)))
def test_shipped_weights_are_safe_and_have_a_card(folder: Path) -> None:
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert {p.suffix for p in files} <= SAFE
    card = (folder / "README.md").read_text("utf-8")
    assert "## Measured" in card or "## Figures" in card


def test_all_weights_together_are_small() -> None:
    folders = weights()
    assert len(folders) >= 3
    assert sum(p.stat().st_size for folder in folders for p in folder.rglob("*") if p.is_file()) < MOST_BYTES


def test_the_commands_of_the_readme_exist() -> None:
    makefile, readme = (ROOT / "Makefile").read_text("utf-8"), (ROOT / "README.md").read_text("utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert f"\n{target}:" in makefile
    assert "make test" in (ROOT / ".ci/run").read_text("utf-8")


def test_the_commands_of_the_readme_are_understood() -> None:
    commands: Any = typer.main.get_command(app)
    found = re.findall(r"^shopkeeper ([a-z]+)(?: ([a-z]+))?", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(found) > 10
    for name, inner in found:
        assert name in commands.commands
        group = getattr(commands.commands[name], "commands", None)
        assert group is None or inner in group, f"{name} {inner}"


def recipes() -> dict[str, Callable[[Path], object]]:
    """What reads each training recipe of configs/."""
    from finetune import (
        base_recipe,
        lora_recipe,
        train_answers,
        train_asks,
        train_encoder,
        train_intent,
        train_reader,
        train_tickets,
        train_writer,
    )

    return {
        "train-asks.yaml": train_asks.Recipe.from_yaml,
        "train-answers.yaml": train_answers.Recipe.from_yaml,
        "train-base.yaml": base_recipe.BaseRecipe.from_yaml,
        "train-encoder.yaml": train_encoder.Recipe.from_yaml,
        "train-hub-reader.yaml": lora_recipe.LoraRecipe.from_yaml,
        "train-hub-writer.yaml": lora_recipe.LoraRecipe.from_yaml,
        "train-intent.yaml": train_intent.Recipe.from_yaml,
        "train-reader.yaml": train_reader.Recipe.from_yaml,
        "train-tickets.yaml": train_tickets.Recipe.from_yaml,
        "train-writer.yaml": train_writer.Recipe.from_yaml,
    }


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_every_config_is_parsed(path: Path) -> None:
    if path.name.startswith("train-"):
        recipe = recipes()[path.name](path)
        given = yaml.safe_load(path.read_text("utf-8"))
        assert {name: getattr(recipe, name) for name in given} == given
    else:
        settings = Settings.load(path, environment={})
        assert settings.model_fields_set >= {"shop", "reader", "writer"}
