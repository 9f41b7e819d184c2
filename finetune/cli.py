"""`shopkeeper train`, `shopkeeper evaluate` and `shopkeeper data`; found by the command line as an entry point."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from assistant.cli.output import DEMO, Config, Json, complain, note, print_json, progress

if TYPE_CHECKING:
    from finetune.evaluate import Evaluation

app = typer.Typer()
train = typer.Typer(help="Train the reader, the writer, purchase intent, or a LoRA.", no_args_is_help=True)
judge = typer.Typer(help="Judge a part on conversations it never saw.", no_args_is_help=True)
data = typer.Typer(help="Check, split and describe labelled conversations.", no_args_is_help=True)
app.add_typer(train, name="train")
app.add_typer(judge, name="evaluate")
app.add_typer(data, name="data")

Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for what is made, instead of the recipe's.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE instead of the recipe's; repeatable.")]
Chats = Annotated[
    list[Path] | None, typer.Option("--data", "-d", help="Labelled conversations, JSON Lines; repeatable.")
]
R = TypeVar("R")


@train.command("reader")
def train_reader(
    files: Chats = None,
    config: Annotated[Path, typer.Option("--config", "-c", help="The recipe.")] = Path("configs/train-reader.yaml"),
    out: Out = None,
    changes: Set = None,
) -> None:
    """Train the compact reader. An interrupted run goes on from its last checkpoint."""
    from finetune.train_reader import Recipe
    from finetune.train_reader import train as run

    recipe = _recipe(Recipe.from_yaml, config, changes, data=_names(files), output=out)
    _table(run(recipe, report=note))


@train.command("writer")
def train_writer(
    config: Annotated[Path, typer.Option("--config", "-c", help="The recipe.")] = Path("configs/train-writer.yaml"),
    out: Out = None,
    changes: Set = None,
) -> None:
    """Train the compact writer and print its figures. An interrupted run goes on from its last checkpoint."""
    from finetune.train_writer import Recipe
    from finetune.train_writer import train_writer as run

    print_json(run(_recipe(Recipe.from_yaml, config, changes, output=out), report=note))


@train.command("intent")
def train_intent(
    config: Annotated[Path, typer.Option("--config", "-c", help="The recipe.")] = Path("configs/train-intent.yaml"),
    out: Out = None,
    changes: Set = None,
) -> None:
    """Train the purchase intent model in a minute and print its figures on what it never saw."""
    from finetune.train_intent import Recipe
    from finetune.train_intent import train as run

    print_json(run(_recipe(Recipe.from_yaml, config, changes, output=out)))


@train.command("lora")
def train_lora(
    files: Chats = None,
    config: Annotated[Path, typer.Option("--config", "-c", help="Recipe.")] = Path("configs/train-hub-reader.yaml"),
    out: Out = None,
    changes: Set = None,
) -> None:
    """Train a LoRA adapter of a hub chat model. An interrupted run goes on from its last checkpoint.

    On several GPUs: accelerate launch -m finetune.lora RECIPE
    """
    from dataclasses import asdict

    from finetune.lora import LoraRecipe
    from finetune.lora import train_lora as run

    metrics = run(_recipe(LoraRecipe.from_yaml, config, changes, data=_names(files), output=out), report=note)
    print_json({name: value for name, value in asdict(metrics).items() if name != "losses"})


def _names(files: list[Path] | None) -> list[str] | None:
    return [str(file) for file in files] if files else None


def _recipe(load: Callable[..., R], path: Path, changes: list[str] | None, **given: object) -> R:
    """A recipe with what was given in place of its own settings; raises `ValueError` for what it does not know."""
    import yaml

    overrides: dict[str, object] = {}
    for change in changes or []:
        key, equals, value = change.partition("=")
        if not equals:
            raise typer.BadParameter(f"expected KEY=VALUE, such as seed=1; found {change!r}", param_hint="--set")
        overrides[key.strip()] = yaml.safe_load(value)
    overrides |= {k: str(v) if isinstance(v, Path) else v for k, v in given.items() if v is not None}
    return load(path, **overrides)


@judge.command("reader")
def evaluate_reader(
    files: Annotated[
        list[str],
        typer.Option("--data", "-d", help="A file; pscon:FILE; shoppingbench:FOLDER; or unseen. Repeatable."),
    ],
    config: Config = DEMO,
    model: Annotated[Path | None, typer.Option(help="Folder of another compact reader.")] = None,
    min_f1: Annotated[float | None, typer.Option(help="Exit with 1 where a strict F1 is below.", min=0, max=1)] = None,
    as_json: Json = False,
) -> None:
    """Constraint F1, products, acts and stage of the reader on labelled conversations."""
    from assistant.build import Generators, build_reader
    from assistant.compact_reader import CompactReader
    from assistant.config import Settings
    from finetune.evaluate import evaluate, load

    settings = Settings.load(config)
    sets = {name: load(name) for name in files}
    reader = CompactReader.load(model) if model else build_reader(settings.reader, Generators(settings))
    results: list[Evaluation] = []
    for name, (conversations, problems) in sets.items():
        for problem in problems:
            complain(str(problem))
        with progress(f"Reading {_title(name)}") as advance:
            results.append(evaluate(reader, conversations, name, advance))
    if as_json:
        print_json([result.to_json() for result in results])
    else:
        _table(results)
    if min_f1 is not None and any(result.scores.strict.f1 < min_f1 for result in results):
        raise typer.Exit(1)


def _table(results: list[Evaluation]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for result in results:
        table.add_column(_title(result.name), justify="right")
    rows = {
        "conversations": lambda e: str(e.scores.conversations),
        "constraints, strict F1": lambda e: f"{e.scores.strict.f1:.3f}",
        "  95 % interval": lambda e: "–".join(f"{x:.2f}" for x in e.strict_interval),
        "  precision": lambda e: f"{e.scores.strict.precision:.3f}",
        "  recall": lambda e: f"{e.scores.strict.recall:.3f}",
        "constraints, relaxed F1": lambda e: f"{e.scores.relaxed.f1:.3f}",
        "negations, strict F1": lambda e: f"{e.scores.negation.f1:.3f}",
        "products": lambda e: _share(e.scores.product_accuracy),
        "whole state": lambda e: _share(e.scores.joint_accuracy),
        "evidence": lambda e: _share(e.scores.evidence_accuracy),
        "acts, micro F1": lambda e: f"{e.scores.acts.f1:.3f}" if e.scores.acts else "–",
        "acts, macro F1": lambda e: _share(e.scores.acts_macro),
        "stage": lambda e: _share(e.scores.stage_accuracy),
        "milliseconds a message": lambda e: f"{e.milliseconds:.0f}",
    }
    for title, figure in rows.items():
        table.add_row(title, *(figure(result) for result in results))
    Console(highlight=False).print(table)


def _title(name: str) -> str:
    kind, _, path = name.partition(":")
    return kind if path else Path(name).name


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@data.command("check")
def check(files: Annotated[list[Path], typer.Argument(help="Labelled conversations, JSON Lines.")]) -> None:
    """Report every bad line with file, line and field; exit code 1 where there is one."""
    from finetune.conversations import read_conversations

    conversations, problems = read_conversations(files)
    for problem in problems:
        complain(str(problem))
    note(f"{len(conversations)} good, {len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


@data.command("stats")
def show_stats(files: Annotated[list[Path], typer.Argument(help="Labelled conversations, JSON Lines.")]) -> None:
    """How many conversations, messages, needs and constraints there are, and of which kinds (JSON)."""
    from finetune.conversations import read_conversations, stats

    conversations, problems = read_conversations(files)
    for problem in problems:
        complain(str(problem))
    print_json(stats(conversations))


@data.command("split")
def split_files(
    files: Annotated[list[Path], typer.Argument(help="Labelled conversations, JSON Lines.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for train.jsonl, dev.jsonl and test.jsonl.")],
    seed: Annotated[int, typer.Option(help="Another seed, another split.")] = 0,
) -> None:
    """Split 70/20/10 by conversation; the same conversation always falls into the same part."""
    from finetune.conversations import read_conversations, split, write_conversations

    conversations, problems = read_conversations(files)
    for problem in problems:
        complain(str(problem))
    out.mkdir(parents=True, exist_ok=True)
    for name, part in split(conversations, {"train": 0.7, "dev": 0.2, "test": 0.1}, seed=seed).items():
        note(f"{write_conversations(out / f'{name}.jsonl', part)} conversations in {out / name}.jsonl")
