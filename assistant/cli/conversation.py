"""`shopkeeper chat` in the terminal and `shopkeeper read` for files of conversations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from assistant.cli.output import DEMO, Config, Json, clean, complain, lenient_input, note, print_json, progress

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.assistant import Assistant
    from assistant.records import Conversation, Reply, State

app = typer.Typer()


@app.command()
def chat(config: Config = DEMO, as_json: Json = False) -> None:
    """Talk to the shop in the terminal; Ctrl-D ends it. From a pipe, each line is a message; --json: a Reply a line."""
    from rich.console import Console

    from assistant.assistant import Assistant
    from assistant.cli.service import make_ready
    from assistant.config import Settings
    from assistant.errors import InvalidInput

    make_ready(Settings.load(config))
    console = Console(highlight=False, emoji=False)
    with Assistant.from_config(config) as assistant:
        session = assistant.new_session()
        if sys.stdin.isatty() and not as_json:
            note(f"{assistant.settings.shop.name}: say what you are looking for. Ctrl-D leaves.")
        for line in _lines(console, prompt=sys.stdin.isatty() and not as_json):
            try:
                _turn(console, assistant, session, line, as_json)
            except InvalidInput as error:
                complain(str(error))


def _lines(console: Console, prompt: bool) -> Iterator[str]:
    lenient_input()
    while True:
        if prompt:
            console.print("\n[bold]you[/bold] ", end="")
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


def _turn(console: Console, assistant: Assistant, session: str, message: str, as_json: bool) -> None:
    from assistant.records import Reply

    for part in assistant.stream(session, message):
        if not isinstance(part, Reply):
            if not as_json:
                typer.echo(clean(part), nl=False)
                sys.stdout.flush()
        elif as_json:
            print_json(part.model_dump(mode="json", exclude_none=True), line=True)
        else:
            _show(console, assistant, part)


def _show(console: Console, assistant: Assistant, reply: Reply) -> None:
    from rich.table import Table
    from rich.text import Text

    console.print()
    if reply.picks:
        table = Table(box=None, pad_edge=False)
        for title in ("", "product", "price", "why"):
            table.add_column(title, style="dim" if title == "why" else None)
        for pick in reply.picks:
            product = assistant.product(pick.id)
            price = "?" if product.amount is None else f"{product.amount:.2f} {product.currency or ''}"
            why = clean("; ".join(reason.text for reason in pick.reasons))
            table.add_row(str(pick.rank), Text(clean(product.title)), price, Text(why))
        console.print(table)
    for need in reply.state.needs:
        held = ", ".join(f"{c.attribute} {c.op.replace('_', ' ')} {c.value} ({c.strength})" for c in need.constraints)
        console.print(clean(f"{need.product or 'something'}: {held or 'anything'}"), style="cyan", markup=False)


@app.command()
def read(
    file: Annotated[list[Path], typer.Argument(help="Conversations as JSON Lines, also .gz; - is standard input.")],
    config: Config = DEMO,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write here; goes on after what is there.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad line.")] = False,
) -> None:
    """Read what shoppers need from whole conversations: one {"id", "state"} line for each, as they are done."""
    from assistant.build import Generators, build_reader
    from assistant.config import Settings
    from assistant.reading import fold

    settings = Settings.load(config)
    conversations, problems = _conversations(file, strict)
    for problem in problems:
        complain(f"{problem} The line was skipped.")
    if not conversations:
        complain("No conversation to read: expected lines of {id, messages: [{role, content}]}.")
        raise typer.Exit(2)
    done = _written(out)
    reader = build_reader(settings.reader, Generators(settings))
    target = out.open("a", encoding="utf-8") if out else nullcontext(sys.stdout)
    with target as stream, progress("Reading") as advance:
        for i, conversation in enumerate(conversations, 1):
            if conversation.id not in done:
                _write(stream, conversation, fold(reader, conversation))
            advance(i, len(conversations))
    if problems:
        complain(f"{len(problems)} of {len(conversations) + len(problems)} lines could not be read.")


def _conversations(files: list[Path], strict: bool) -> tuple[list[Conversation], list[str]]:
    """The conversations of some files, and what is wrong with the lines that hold none."""
    from pydantic import ValidationError

    from assistant.errors import InvalidInput
    from assistant.records import Conversation

    good: dict[str, Conversation] = {}
    problems: list[str] = []
    for path in files:
        for number, line in _numbered(path):
            try:
                conversation = Conversation.model_validate_json(line)
                if conversation.id not in good:
                    good[conversation.id] = conversation
                    continue
                problem = f"{path}:{number}: id: expected a new id, found {conversation.id!r} again."
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"])) or "record"
                problem = f"{path}:{number}: {where}: {first['msg']}."
            if strict:
                raise InvalidInput(problem)
            problems.append(problem)
    return list(good.values()), problems


def _write(stream: TextIO, conversation: Conversation, state: State) -> None:
    import json

    record = {"id": conversation.id, "state": state.model_dump(mode="json", exclude_none=True)}
    stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    stream.flush()


def _numbered(path: Path) -> list[tuple[int, bytes]]:
    import gzip
    import zlib

    from assistant.errors import InvalidInput

    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidInput(f"{path}: expected a whole gzip file, found a damaged one: {error}.") from error
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [(i, line) for i, line in enumerate(lines, 1) if line.strip()]


def _written(out: Path | None) -> set[str]:
    """Ids in the output so far; a last line that was cut off is removed. Raises `InvalidInput` for another file."""
    import json

    from assistant.errors import InvalidInput

    if out is None or not out.exists():
        return set()
    lines = out.read_bytes().splitlines(keepends=True)
    ids: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            ids.append(record["id"])
        except (ValueError, KeyError, TypeError):
            if number < len(lines):
                raise InvalidInput(
                    f"{out}:{number}: expected a line that an earlier run wrote; found {line[:40]!r}. "
                    "Choose another --out, or delete the file."
                ) from None
            note(f"{out}: a half-written line is written again.")
            _replace(out, lines[:-1])
            return set(ids)
    if lines and not lines[-1].endswith(b"\n"):
        _replace(out, [*lines, b"\n"])
    return set(ids)


def _replace(out: Path, lines: list[bytes]) -> None:
    partial = out.with_name(out.name + ".partial")
    partial.write_bytes(b"".join(lines))
    partial.replace(out)
