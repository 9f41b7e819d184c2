"""`shopkeeper chat` in the terminal and `shopkeeper read` for files of conversations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from assistant.cli.output import DEMO, Config, Json, complain, note, print_json, progress

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.assistant import Assistant
    from assistant.records import Conversation, Reply, State

app = typer.Typer()


@app.command()
def chat(config: Config = DEMO, as_json: Json = False) -> None:
    """Talk to the shop in the terminal. With input from a pipe, each line is a message; --json prints each Reply."""
    from rich.console import Console

    from assistant.assistant import Assistant
    from assistant.errors import InvalidInput
    from assistant.records import Reply

    console = Console(highlight=False)
    with Assistant.from_config(config) as assistant:
        session = assistant.new_session()
        for line in _lines(console, prompt=sys.stdin.isatty() and not as_json):
            try:
                for part in assistant.stream(session, line):
                    if isinstance(part, Reply):
                        print_json(part.model_dump(mode="json", exclude_none=True)) if as_json else _show(
                            console, assistant, part
                        )
                    elif not as_json:
                        console.print(part, end="", markup=False)
            except InvalidInput as error:
                complain(str(error))


def _lines(console: Console, prompt: bool) -> Iterator[str]:
    while True:
        if prompt:
            console.print("\n[bold]you[/bold] ", end="")
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


def _show(console: Console, assistant: Assistant, reply: Reply) -> None:
    from rich.table import Table

    console.print()
    if reply.picks:
        table = Table(box=None, pad_edge=False)
        for title in ("", "product", "price", "why"):
            table.add_column(title, style="dim" if title == "why" else None)
        for pick in reply.picks:
            product = assistant.product(pick.id)
            price = "?" if product.amount is None else f"{product.amount:.2f} {product.currency or ''}"
            table.add_row(str(pick.rank), product.title, price, "; ".join(r.text for r in pick.reasons))
        console.print(table)
    for need in reply.state.needs:
        held = ", ".join(f"{c.attribute} {c.op.replace('_', ' ')} {c.value} ({c.strength})" for c in need.constraints)
        console.print(f"{need.product or 'something'}: {held or 'anything'}", style="cyan", markup=False)


@app.command()
def read(
    file: Annotated[list[Path], typer.Argument(help="Conversations as JSON Lines; - is standard input.")],
    config: Config = DEMO,
    out: Annotated[Path | None, typer.Option(help="Write here, after the lines that are there already.")] = None,
) -> None:
    """Read what shoppers need from whole conversations: one {"id", "state"} line for each."""
    from pydantic import ValidationError

    from assistant.build import Generators, build_reader
    from assistant.config import Settings
    from assistant.reading import fold
    from assistant.records import Conversation

    settings = Settings.load(config)
    reader = build_reader(settings.reader, Generators(settings))
    done = _ids(out)
    lines = [(path, number, line) for path in file for number, line in _numbered(path)]
    bad = 0
    target = out.open("a", encoding="utf-8") if out else nullcontext(sys.stdout)
    with progress("Reading") as advance, target as stream:
        for i, (path, number, line) in enumerate(lines):
            advance(i + 1, len(lines))
            try:
                conversation = Conversation.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"])) or "record"
                complain(f"{path}:{number}: {where}: {first['msg']}. The line was skipped.")
                bad += 1
                continue
            if conversation.id not in done:
                _write(stream, conversation, fold(reader, conversation))
    if bad:
        complain(f"{bad} of {len(lines)} lines could not be read.")
        raise typer.Exit(2 if bad == len(lines) else 0)


def _write(stream: TextIO, conversation: Conversation, state: State) -> None:
    import json

    record = {"id": conversation.id, "state": state.model_dump(mode="json", exclude_none=True)}
    stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    stream.flush()


def _numbered(path: Path) -> list[tuple[int, str]]:
    import gzip

    if str(path) == "-":
        data = sys.stdin.buffer.read()
    elif path.suffix == ".gz":
        data = gzip.decompress(path.read_bytes())
    else:
        data = path.read_bytes()
    lines = data.decode("utf-8-sig", errors="replace").split("\n")
    return [(i, line) for i, line in enumerate(lines, 1) if line.strip()]


def _ids(out: Path | None) -> set[str]:
    """Ids already written; a last line that was cut off is removed."""
    import json

    if out is None or not out.exists():
        return set()
    kept: list[str] = []
    for line in out.read_text("utf-8").splitlines():
        try:
            kept.append(json.loads(line)["id"])
        except (ValueError, KeyError):
            note(f"{out}: a half-written line is written again.")
            _keep(out, len(kept))
            break
    return set(kept)


def _keep(out: Path, count: int) -> None:
    lines = out.read_text("utf-8").splitlines(keepends=True)[:count]
    partial = out.with_name(out.name + ".partial")
    partial.write_text("".join(lines), "utf-8")
    partial.replace(out)
