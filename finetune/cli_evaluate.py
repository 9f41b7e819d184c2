"""`shopkeeper evaluate`: judging parts of the assistant on conversations they never saw."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.output import DEMO, Config, Json, complain, note, print_json, progress

if TYPE_CHECKING:
    from assistant.config import Settings
    from finetune.conversations import Problem
    from finetune.evaluate import Chain, Progress
    from finetune.judging.models import Model
    from finetune.judging.report import Report
    from finetune.judging.results import Judged, Options, Result

judge = typer.Typer(help="Judge a part on conversations it never saw.", no_args_is_help=True)

Data = Annotated[
    list[str], typer.Option("--data", "-d", help="A file; pscon:FILE; shoppingbench:FOLDER; or unseen. Repeatable.")
]
Models = Annotated[
    list[str],
    typer.Option(
        "--model", "-m",
        help="adapter (the reader of --config), base (it without its LoRA), baseline, a folder of weights, or a YAML "
        "configuration. Repeatable: the first is judged, the others stand beside it.",
    ),
]  # fmt: skip
Train = Annotated[
    list[Path] | None, typer.Option("--train", help="Labelled chats to train the baseline on: a file or a folder.")
]
Folder = Annotated[
    Path | None,
    typer.Option(help="Write report.html, report.json and junit.xml here, and keep readings: a run can be resumed."),
]
MinF1 = Annotated[
    float | None, typer.Option(help="Exit with 1 where the first model's strict F1 on a set is below.", min=0, max=1)
]


@judge.command("reader")
def evaluate_reader(
    data: Data,
    config: Config = DEMO,
    models: Models = ["adapter"],  # noqa: B006 - typer shows it as the default and copies it
    train: Train = None,
    report: Folder = None,
    misses: Annotated[Path | None, typer.Option(help="Write misread chats here, to be labelled again.")] = None,
    outcomes: Annotated[Path | None, typer.Option(help="Sessions {events, purchased} to judge intent by.")] = None,
    min_f1: MinF1 = None,
    rounds: Annotated[int, typer.Option(help="How often conversations are resampled.", min=100)] = 2000,
    seed: Annotated[int, typer.Option(help="Of the resampling.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """How well readers understand shoppers: constraint F1, products, acts, stage, evidence and how sure all that is."""
    from assistant.config import Settings
    from assistant.intent import IntentModel
    from finetune.evaluate import load_chains
    from finetune.judging.models import BASELINE, distinct, find_model
    from finetune.judging.report import Report, write_misses
    from finetune.judging.results import Options, sessions

    settings = Settings.load(config)
    found = {name: load_chains(name) for name in data}
    learn = _files(train or [])
    readers = distinct([find_model(name, settings, learn) for name in models])
    if BASELINE in models:
        _refuse_overlap(learn, {name: chains for name, (chains, _) in found.items()})
    intent = IntentModel.load(settings.intent.path)
    sold = sessions(outcomes, intent) if outcomes else None
    options = Options(report / "readings" if report else None, intent, rounds, seed)
    sets = []
    for name, (chains, problems) in found.items():
        for problem in problems:
            complain(str(problem))
        sets.append(_judge(_title(name), chains, problems, readers, options))
    done = Report(tuple(sets), tuple(_facts(settings, data, readers, options)), min_f1, sold)
    if report:
        note(f"Report: {', '.join(str(path) for path in done.write(report))}")
    if misses:
        note(f"{write_misses(misses, sets)} misread conversations in {misses}")
    _tell(done, as_json)
    raise typer.Exit(1 if done.failed else 0)


def _judge(
    name: str, chains: list[Chain], problems: Sequence[Problem], readers: list[Model], options: Options
) -> Judged:
    from finetune.judging.results import judge as run

    total = len(chains) * len(readers)
    with progress(f"Reading {name}") as advance:

        def of_model(model: Model) -> Progress:
            before = readers.index(model) * len(chains)
            return lambda done, _: advance(before + done, total)

        return run(name, chains, readers, options, problems, of_model)


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and the JSON Lines of the folders among them."""
    return [file for path in paths for file in (sorted(path.glob("*.jsonl*")) if path.is_dir() else [path])]


def _refuse_overlap(train: Sequence[Path], judged: dict[str, list[Chain]]) -> None:
    """Raises `ValueError` where a conversation is both trained on by the baseline and judged."""
    from finetune.conversations import read_conversations

    learned = {conversation.messages for conversation in read_conversations(train)[0]}
    for name, chains in judged.items():
        both = [chain[-1].id for chain in chains if chain[-1].messages in learned]
        if both:
            raise ValueError(
                f"--train: expected other conversations than those judged; {len(both)} of {name} are among them, such "
                f"as {both[0]!r}. Split them first: shopkeeper data split."
            )


def _facts(settings: Settings, data: list[str], readers: list[Model], options: Options) -> list[tuple[str, str]]:
    import hashlib
    from datetime import UTC, datetime
    from importlib.metadata import version

    facts = [("Made", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")), ("Shopkeeper", version("shopkeeper"))]
    for name in data:
        path = Path(name)
        digest = f", sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}" if path.is_file() else ""
        facts.append(("Data", f"{_title(name)}{digest}"))
    facts += [(model.name, f"{model.about}; fingerprint {model.fingerprint}") for model in readers]
    return [*facts, ("Resampled", f"{options.rounds} times, seed {options.seed}")]


def _tell(done: Report, as_json: bool) -> None:
    from finetune.judging.report import row

    if as_json:
        print_json([row(judged, result) for judged in done.sets for result in judged.results])
    else:
        _table([(judged, result) for judged in done.sets for result in judged.results])
    for judged in done.failed:
        strict = judged.first.scores.strict.f1
        complain(f"{judged.name}: strict F1 is {strict:.3f}, below the {done.minimum:g} that was asked for.")


def _table(columns: Sequence[tuple[Judged, Result]]) -> None:
    from rich.console import Console
    from rich.table import Table

    from finetune.judging.results import MAIN

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for judged, result in columns:
        table.add_column(f"{judged.name}\n{result.model.name}", justify="right")
    rows: dict[str, Callable[[Judged, Result], str]] = {
        "Conversations": lambda judged, _: str(len(judged.conversations)),
        **{title: _of(name) for name, title in MAIN.items()},
        "Milliseconds a message": lambda _, result: f"{result.percentile(50):.0f}, p95 {result.percentile(95):.0f}",
    }
    for title, figure in rows.items():
        table.add_row(title, *(figure(judged, result) for judged, result in columns))
    Console(highlight=False, width=None if sys.stdout.isatty() else 1000).print(table)


def _of(name: str) -> Callable[[Judged, Result], str]:
    def figure(_: Judged, result: Result) -> str:
        value = result.figures.value(name)
        if value is None:
            return "–"
        low, high = result.intervals[name]
        return f"{value:.3f} ({low:.2f}–{high:.2f})"

    return figure


def _title(name: str) -> str:
    kind, _, path = name.partition(":")
    return kind if path else Path(name).name
