"""`shopkeeper train`, `shopkeeper evaluate` and `shopkeeper data`; found by the command line as an entry point."""

from __future__ import annotations

import typer

from finetune.cli_copilot import evaluate_copilot
from finetune.cli_data import data
from finetune.cli_evaluate import judge
from finetune.cli_label import app as label
from finetune.cli_train_base import train

judge.command("copilot")(evaluate_copilot)
app = typer.Typer()
app.add_typer(train, name="train")
app.add_typer(judge, name="evaluate")
app.add_typer(data, name="data")
app.add_typer(label)
