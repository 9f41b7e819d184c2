"""`shopkeeper data`: checking, describing, splitting and redacting labelled conversations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.output import complain, note, print_json

if TYPE_CHECKING:
    from assistant.records import Conversation

data = typer.Typer(help="Check, describe, split and redact labelled conversations.", no_args_is_help=True)
PARTS = {"train": 0.7, "dev": 0.2, "test": 0.1}

Files = Annotated[list[str], typer.Argument(help="JSON Lines of labelled conversations, or annotated: for our own.")]


@data.command("check")
def check(files: Files) -> None:
    """Report every bad line with file, line and field; exit code 1 where there is one."""
    from finetune.sources import read_sources

    conversations, problems = read_sources(files)
    for problem in problems:
        complain(str(problem))
    note(f"{len(conversations)} good, {len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


@data.command("stats")
def show_stats(files: Files) -> None:
    """How many conversations, customers, messages, needs and constraints there are, and of which kinds; and how much
    personal data (JSON)."""
    from finetune.conversations import stats
    from finetune.redaction import count

    conversations = _good(files)
    print_json(stats(conversations) | {"personal_data": count(conversations)})


@data.command("split")
def split_files(
    files: Files,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for train.jsonl, dev.jsonl and test.jsonl.")],
    seed: Annotated[int, typer.Option(help="Another seed, another split.")] = 0,
) -> None:
    """Split 70/20/10 by customer: the user of the events, or the conversation where they name none. What one customer
    wrote always falls into the same part."""
    from finetune.conversations import split, write_conversations

    out.mkdir(parents=True, exist_ok=True)
    for name, part in split(_good(files), PARTS, seed=seed).items():
        note(f"{write_conversations(out / f'{name}.jsonl', part)} conversations in {out / name}.jsonl")


@data.command("redact")
def redact_files(
    files: Files,
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the redacted conversations, JSON Lines.")],
    names: Annotated[Path | None, typer.Option(help="Known customers' names, one a line.")] = None,
) -> None:
    """Write conversations as training sees them, without personal data, and how much of each kind there was (JSON)."""
    from finetune.conversations import write_conversations
    from finetune.redaction import count, redact

    known = names.read_text("utf-8").splitlines() if names else []
    conversations = _good(files)
    written = write_conversations(out, redact(conversations, known))
    note(f"{written} conversations in {out}")
    print_json(count(conversations, known))


@data.command("import")
def import_file(
    format: Annotated[
        str,
        typer.Argument(
            help="openai for chat logs; else a public set: mgshopdial, pscon, multidogo, bitext, clinc150, sgd or "
            "shoppingbench."
        ),
    ],
    file: Annotated[Path, typer.Argument(help="The file, or the set's folder, as it is.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the conversations, JSON Lines.")],
) -> None:
    """Bring chat logs or a public set into the layout of conversations, with the labels that the set tells.

    Of PSCon and ShoppingBench it is all of them: those that evaluation judges by are among them.
    """
    from finetune.conversations import Problem, write_conversations
    from finetune.importers import IMPORTERS

    if format not in IMPORTERS:
        raise typer.BadParameter(f"expected one of {', '.join(IMPORTERS)}; found {format!r}", param_hint="FORMAT")
    found = list(IMPORTERS[format](file))
    for problem in (one for one in found if isinstance(one, Problem)):
        complain(f"{problem} It was left out.")
    conversations = [one for one in found if not isinstance(one, Problem)]
    if not conversations:
        complain(f"No conversation in {file}.")
        raise typer.Exit(2)
    note(f"{write_conversations(out, conversations)} conversations in {out}")


def _good(files: list[str]) -> list[Conversation]:
    from finetune.sources import read_sources

    conversations, problems = read_sources(files)
    for problem in problems:
        complain(str(problem))
    return conversations
