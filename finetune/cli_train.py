"""`shopkeeper train`: the reader, the writer, purchase intent, ticket types, answers and asks, each by a recipe."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer

from assistant.cli.output import note, print_json

train = typer.Typer(help="Train one of the models, each by a recipe.", no_args_is_help=True)

Recipe = Annotated[Path, typer.Option("--config", "-c", help="The recipe; one that names a `model` is for LoRA on it.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for what is made, instead of the recipe's.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE instead of the recipe's; repeatable.")]
Data = Annotated[list[str] | None, typer.Option("--data", "-d", help="What to train on, in place of the recipe's.")]
Redact = Annotated[
    bool | None,
    typer.Option("--redact/--no-redact", help="Take personal data out of what is trained on; recipes do by default."),
]
R = TypeVar("R")


@train.command("reader")
def train_reader(
    data: Data = None,
    config: Recipe = Path("configs/train-reader.yaml"),
    out: Out = None,
    changes: Set = None,
    redact: Redact = None,
) -> None:
    """Train the compact reader, or a chat model's adapter (configs/train-hub-reader.yaml).

    DATA is JSON Lines of labelled conversations, or annotated: for this project's own. A run that was interrupted goes
    on from its last checkpoint. Several GPUs: accelerate launch "$(which shopkeeper)" train reader --config RECIPE
    """
    if _has_model(config, changes):
        return _train_lora("reader", config, changes, data, out, redact)
    from finetune.train_reader import Recipe
    from finetune.train_reader import train as run

    results = run(_recipe(Recipe.from_yaml, config, changes, data=data, output=out, redact=redact), report=note)
    print_json([result.to_json() for result in results])


@train.command("writer")
def train_writer(
    data: Data = None,
    config: Recipe = Path("configs/train-writer.yaml"),
    out: Out = None,
    changes: Set = None,
    redact: Redact = None,
) -> None:
    """Train the compact writer, or a chat model's adapter (configs/train-hub-writer.yaml), and print its figures.

    DATA is JSON Lines of plans with replies, or composed:NUMBER for this project's own. A run that was interrupted goes
    on from its last checkpoint.
    """
    if _has_model(config, changes):
        return _train_lora("writer", config, changes, data, out, redact)
    from finetune.train_writer import Recipe
    from finetune.train_writer import train_writer as run

    print_json(run(_recipe(Recipe.from_yaml, config, changes, data=data, output=out, redact=redact), report=note))


@train.command("intent")
def train_intent(config: Recipe = Path("configs/train-intent.yaml"), out: Out = None, changes: Set = None) -> None:
    """Train the purchase intent model in a minute and print its figures on what it never saw."""
    from finetune.train_intent import Recipe
    from finetune.train_intent import train as run

    print_json(run(_recipe(Recipe.from_yaml, config, changes, output=out)))


@train.command("tickets")
def train_tickets(
    config: Recipe = Path("configs/train-tickets.yaml"),
    data: Annotated[Path | None, typer.Option("--data", "-d", help="Tickets in eShopSupport's layout.")] = None,
    out: Out = None,
    changes: Set = None,
) -> None:
    """Train what suggests a ticket's type and satisfaction to agents, and print its figures on customers held out."""
    from finetune.train_tickets import Recipe
    from finetune.train_tickets import train as run

    print_json(run(_recipe(Recipe.from_yaml, config, changes, tickets=data, output=out)))


@train.command("asks")
def train_asks(config: Recipe = Path("configs/train-asks.yaml"), out: Out = None, changes: Set = None) -> None:
    """Train what hears which action of the service desk a customer asks for, and print its figures."""
    from finetune.train_asks import Recipe
    from finetune.train_asks import train as run

    print_json(run(_recipe(Recipe.from_yaml, config, changes, output=out)))


@train.command("answers")
def train_answers(
    config: Recipe = Path("configs/train-answers.yaml"),
    data: Annotated[Path | None, typer.Option("--data", "-d", help="Questions in product-qa's layout.")] = None,
    out: Out = None,
    changes: Set = None,
) -> None:
    """Train what tells whether a passage answers a question, and print its figures on products held out."""
    from finetune.train_answers import Recipe
    from finetune.train_answers import train as run

    print_json(run(_recipe(Recipe.from_yaml, config, changes, questions=data, output=out), report=note))


def _train_lora(
    role: Literal["reader", "writer"],
    config: Path,
    changes: list[str] | None,
    data: list[str] | None,
    out: Path | None,
    redact: bool | None,
) -> None:
    """LoRA on a chat model; of several processes, one speaks."""
    from finetune.lora import train_lora
    from finetune.lora_recipe import LoraRecipe
    from finetune.lora_tasks import load_task

    first = os.environ.get("RANK", "0") == "0"
    say = note if first else _nothing
    recipe = _recipe(LoraRecipe.from_yaml, config, changes, data=data, output=out, redact=redact)
    metrics = train_lora(recipe, load_task(role, recipe, say), say)
    if first:
        print_json(metrics.summary())


def _nothing(_: str) -> None:
    """Says nothing."""


def _has_model(path: Path, changes: list[str] | None) -> bool:
    """Whether a recipe is for a chat model: it, or a change of it, names a `model`."""
    import yaml

    read = yaml.safe_load(path.read_text("utf-8"))
    return "model" in _overrides(changes) or (isinstance(read, dict) and "model" in read)


def _overrides(changes: list[str] | None) -> dict[str, object]:
    import yaml

    overrides: dict[str, object] = {}
    for change in changes or []:
        key, equals, value = change.partition("=")
        if not equals:
            raise typer.BadParameter(f"expected KEY=VALUE, such as seed=1; found {change!r}", param_hint="--set")
        overrides[key.strip()] = yaml.safe_load(value)
    return overrides


def _recipe(load: Callable[..., R], path: Path, changes: list[str] | None, **given: object) -> R:
    """A recipe with what was given in place of its own settings; raises `ValueError` for what it does not know."""
    named = {k: str(v) if isinstance(v, Path) else v for k, v in given.items() if v is not None}
    return load(path, **_overrides(changes) | named)
