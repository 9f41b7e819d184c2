"""What commands share: consoles, progress bars, JSON, and which errors are a sentence rather than a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

DEMO = Path("configs/demo.yaml")
Config = Annotated[Path, typer.Option("--config", "-c", help="How to run: a YAML file such as configs/demo.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON for a program instead of text.")]


def expected_errors() -> tuple[type[Exception], ...]:
    """Errors whose message tells the person at the terminal what to do."""
    from assistant.errors import ShopkeeperError
    from retrieval.errors import RetrievalError

    return ShopkeeperError, RetrievalError, OSError, ValueError


def complain(sentence: str) -> None:
    """One sentence on standard error."""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(sentence)


def note(sentence: str) -> None:
    """Something worth knowing that is neither result nor error, on standard error."""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True, style="dim").print(sentence)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; call what it gives with `(done, total)`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = None

        def advance(done: int, total: int) -> None:
            nonlocal task
            if task is None:
                task = bar.add_task(title, total=total)
            bar.update(task, completed=done, total=total)

        yield advance
