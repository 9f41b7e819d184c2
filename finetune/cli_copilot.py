"""`shopkeeper evaluate copilot`: judging what the copilot does on a service desk, and what it says of tickets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assistant.cli.output import DEMO, Config, Json, complain, note, print_json, progress

if TYPE_CHECKING:
    from finetune.copilot.evaluate import CopilotScores
    from finetune.copilot.parts import Part, Resampling
    from finetune.copilot.report import Report
    from finetune.copilot.served import Served

Db = Annotated[Path | None, typer.Option(help="A desk's users, orders, products: JSON in tau2's layout, also .gz.")]
Policy = Annotated[Path | None, typer.Option(help="The desk's policy: Markdown, or a JSON list of clauses.")]
Tasks = Annotated[Path | None, typer.Option(help="What its customers want, with gold actions: JSON, JSON Lines.")]
Tickets = Annotated[
    Path | None,
    typer.Option(help="Support tickets in eShopSupport's layout: a folder, with products and questions, or a file."),
]
Intents = Annotated[Path | None, typer.Option(help="Single requests in Bitext's layout: CSV, also .gz.")]
Folder = Annotated[Path | None, typer.Option(help="Write report.html, report.json and junit.xml here.")]
Least = Annotated[float | None, typer.Option(help="The same as --min tasks=VALUE.", min=0, max=1)]
Minima = Annotated[
    list[str] | None,
    typer.Option("--min", help="NAME=VALUE: exit with 1 where the measure is below, such as type=0.8. Repeatable."),
]


@dataclass(frozen=True)
class Asked:
    """What is to be judged, and with which configuration; models are loaded once, when something needs them."""

    desk: tuple[Path, Path, Path] | None
    tickets: Path | None
    intents: Path | None
    readings: str
    config: Path
    resampling: Resampling

    @cached_property
    def served(self) -> Served:
        """The models of the configuration."""
        from assistant.config import Settings
        from finetune.copilot.served import Served

        return Served.load(Settings.load(self.config))


def evaluate_copilot(
    db: Db = None,
    policy: Policy = None,
    tasks: Tasks = None,
    tickets: Tickets = None,
    intents: Intents = None,
    readings: Annotated[
        Literal["gold", "model"], typer.Option(help="gold: the gold actions as requests. model: the copilot's own.")
    ] = "model",
    config: Config = DEMO,
    report: Folder = None,
    minima: Minima = None,
    min_share: Least = None,
    rounds: Annotated[int, typer.Option(help="How often cases are resampled.", min=100)] = 2000,
    seed: Annotated[int, typer.Option(help="Of the resampling.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Service tasks (--db, --policy, --tasks), support tickets with answers to questions (--tickets), and intents
    (--intents): each may be left out, and each figure stands with the sentence that justifies it."""
    from finetune.copilot.parts import Resampling
    from finetune.copilot.report import Report, parse_minima, refuse_unknown

    least = parse_minima(minima or []) | ({} if min_share is None else {"tasks": min_share})
    asked = Asked(_desk(db, policy, tasks), tickets, intents, readings, config, Resampling(rounds, seed))
    if not (asked.desk or tickets or intents):
        raise ValueError("Nothing to judge: give --db, --policy and --tasks together, --tickets, or --intents.")
    result = _tasks(asked)
    parts = tuple(_parts(asked, result))
    refuse_unknown(least, parts)
    done = Report(parts, tuple(_facts(asked)), least)
    if report:
        note(f"Report: {', '.join(str(path) for path in done.write(report))}")
    if as_json:
        print_json(done.to_json() | (result.to_json() if result is not None else {}))
    else:
        _tell(done, result)
    for measure in done.failed:
        complain(f"{measure.name} is below the {least[measure.name]:g} that was asked for. {measure.why}")
    raise typer.Exit(1 if done.failed else 0)


def _desk(db: Path | None, policy: Path | None, tasks: Path | None) -> tuple[Path, Path, Path] | None:
    if db is not None and policy is not None and tasks is not None:
        return db, policy, tasks
    given = {"--db": db, "--policy": policy, "--tasks": tasks}
    missing = [name for name, path in given.items() if path is None]
    if len(missing) < len(given):
        raise ValueError(f"A desk is judged by --db, --policy and --tasks together; missing: {', '.join(missing)}.")
    return None


def _tasks(asked: Asked) -> CopilotScores | None:
    if asked.desk is None:
        return None
    from finetune.copilot.evaluate import GoldReadings, Readings
    from finetune.copilot.evaluate import evaluate_copilot as run

    kind: Readings
    if asked.readings == "gold":
        kind = GoldReadings()
    else:
        from finetune.copilot.model_readings import ModelReadings

        kind = ModelReadings(asked.served.reader, asked.served.encode, asked.served.asks)
    with progress("Serving customers") as advance:
        return run(*asked.desk, kind, advance)


def _parts(asked: Asked, result: CopilotScores | None) -> Iterator[Part]:
    if asked.desk is not None and result is not None:
        from finetune.copilot.task_scores import tasks_part

        yield tasks_part(asked.desk[2].name, result, asked.resampling)
    if asked.tickets is not None:
        yield from _of_tickets(asked, asked.tickets)
    if asked.intents is not None:
        from finetune.copilot.intent_scores import judge_intents

        with progress("Reading requests") as advance:
            yield judge_intents(asked.intents, asked.served, asked.resampling, advance)


def _of_tickets(asked: Asked, path: Path) -> Iterator[Part]:
    from finetune.copilot.answer_scores import judge_answers
    from finetune.copilot.ticket_scores import judge_tickets
    from finetune.tickets import read_tickets

    data = read_tickets(path)
    with progress("Reading tickets") as advance:
        yield judge_tickets(path.name, data.tickets, asked.served, asked.resampling, advance)
    if data.questions:
        with progress("Answering questions") as advance:
            yield judge_answers(path.name, data, asked.served, asked.resampling, advance)


def _facts(asked: Asked) -> Iterator[tuple[str, str]]:
    import hashlib
    from datetime import UTC, datetime
    from importlib.metadata import version

    yield "Made", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield "Shopkeeper", version("shopkeeper")
    yield "Configuration", str(asked.config)
    for path in (*(asked.desk or ()), asked.tickets, asked.intents):
        if path is not None:
            digest = f", sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}" if path.is_file() else ""
            yield "Data", f"{path.name}{digest}"
    if asked.desk is not None:
        yield "Readings", asked.readings
    yield "Resampled", f"{asked.resampling.rounds} times, seed {asked.resampling.seed}"


def _tell(done: Report, result: CopilotScores | None) -> None:
    """Tasks one by one, then every figure with its sentence."""
    for score in result.scores if result is not None else ():
        typer.echo(f"{score.task}\t{'right' if score.right else 'wrong'}\t{score.why}")
    if result is not None:
        typer.echo(result.why)
    for part in done.parts:
        if part.name == "tasks":
            continue
        typer.echo(f"\n{part.title}: {part.lead}")
        for m in part.measures:
            value = "–" if m.value is None else f"{m.value:.3f}"
            span = f" ({m.interval[0]:.2f}–{m.interval[1]:.2f})" if m.interval[0] == m.interval[0] else ""
            typer.echo(f"{m.name}\t{value}{span}\t{m.why}")
