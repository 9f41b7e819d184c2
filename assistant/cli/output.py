"""What commands share: consoles, progress bars, JSON, and which errors are a sentence rather than a traceback."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

DEMO = Path("configs/demo.yaml")
LOGGED_EVERY = 10.0
"""Seconds between the lines that stand for a progress bar where there is no terminal."""
Config = Annotated[Path, typer.Option("--config", "-c", help="How to run: a YAML file such as configs/demo.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON for a program instead of text.")]


def expected_errors() -> tuple[type[Exception], ...]:
    """Errors whose message tells the person at the terminal what to do."""
    import yaml
    from typer.exceptions import TyperException

    from assistant.errors import ShopkeeperError
    from retrieval.errors import RetrievalError

    return ShopkeeperError, RetrievalError, TyperException, OSError, ValueError, yaml.YAMLError


def sentence(error: Exception) -> str:
    """What to tell the person at the terminal about an expected error; "" where they have been told."""
    from typer.exceptions import TyperException

    if isinstance(error, TyperException):
        message = " ".join(error.format_message().split())
        context = getattr(error, "ctx", None)
        return f"{message} See {context.command_path} --help." if message and context else message
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return str(error)


def complain(sentence: str) -> None:
    """One sentence on standard error; nothing for an empty one."""
    if sentence:
        _stderr().print(clean(sentence))


def note(sentence: str) -> None:
    """Something worth knowing that is neither result nor error, on standard error."""
    _stderr(style="dim").print(clean(sentence))


def clean(text: str) -> str:
    """Text without control characters, so that a catalogue or a file cannot steer the terminal."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def print_json(value: Any, *, line: bool = False) -> None:
    """One JSON document on standard output, indented or on one line."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=None if line else 2))


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; call what it gives with `(done, total)`.

    Where standard error is no terminal, a line says now and then how far it is, so that a log shows that it goes on.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = _stderr()
    if not console.is_terminal:
        yield _logged(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = None

        def advance(done: int, total: int) -> None:
            nonlocal task
            if task is None:
                task = bar.add_task(title, total=total)
            bar.update(task, completed=done, total=total)

        yield advance


def _logged(title: str) -> Callable[[int, int], None]:
    """Notes how far something is: at 0 and every `LOGGED_EVERY` seconds."""
    said = time.monotonic()

    def advance(done: int, total: int) -> None:
        nonlocal said
        if done == 0 or time.monotonic() - said >= LOGGED_EVERY:
            said = time.monotonic()
            note(f"{title}: {done} of {total}")

    return advance


def lenient_input() -> None:
    """Read standard input as UTF-8 whatever the locale; bytes that are none become U+FFFD."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")


def _stderr(style: str | None = None) -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True, style=style)
