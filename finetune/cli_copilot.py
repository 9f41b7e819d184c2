"""`shopkeeper evaluate copilot`: judging what the copilot does on a service desk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assistant.cli.output import DEMO, Config, Json, print_json, progress

if TYPE_CHECKING:
    from finetune.copilot.evaluate import Readings

Least = Annotated[float | None, typer.Option(help="Exit with 1 where the share of right tasks is below.", min=0, max=1)]


def evaluate_copilot(
    db: Annotated[Path, typer.Option(help="The desk's users, orders and products: JSON in tau2's layout, also .gz.")],
    policy: Annotated[Path, typer.Option(help="The shop's policy: Markdown, or a JSON list of clauses.")],
    tasks: Annotated[Path, typer.Option(help="What customers want, with gold actions: JSON or JSON Lines, also .gz.")],
    readings: Annotated[
        Literal["gold", "model"], typer.Option(help="gold: the gold actions as requests. model: the copilot's own.")
    ] = "model",
    config: Config = DEMO,
    min_share: Least = None,
    as_json: Json = False,
) -> None:
    """The share of service tasks that end in the right database: a scripted customer, the copilot's proposals."""
    from finetune.copilot.evaluate import evaluate_copilot as run

    with progress("Serving customers") as advance:
        result = run(db, policy, tasks, _readings(readings, config), advance)
    if as_json:
        print_json(result.to_json())
    else:
        for score in result.scores:
            typer.echo(f"{score.task}\t{'right' if score.right else 'wrong'}\t{score.why}")
        typer.echo(result.why)
    raise typer.Exit(1 if min_share is not None and result.share < min_share else 0)


def _readings(kind: str, config: Path) -> Readings:
    from finetune.copilot.evaluate import GoldReadings

    if kind == "gold":
        return GoldReadings()
    from assistant.config import Settings
    from finetune.copilot.model_readings import ModelReadings

    return ModelReadings.load(Settings.load(config))
