"""A shop's policy as numbered clauses: from a JSON list that has them, or from the paragraphs of a Markdown file."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.errors import ConfigError
from assistant.shop import Clause

HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
BULLET = re.compile(r"^\s*[-*+]\s+")
EMPHASIS = re.compile(r"\*\*(.+?)\*\*|__(.+?)__")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def read_clauses(path: Path) -> tuple[Clause, ...]:
    """The clauses of a policy file: `.json`, a list of `{"id", "topic", "title", "text"}`; any other is Markdown.

    Raises `ConfigError` where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The policy {path} cannot be read: {error}") from error
    return tuple(_listed(text, path)) if path.suffix == ".json" else parse_clauses(text)


def parse_clauses(text: str) -> tuple[Clause, ...]:
    """The paragraphs of a Markdown text as clauses, numbered by section: `cancel-pending-order-2`.

    A list belongs to the paragraph that introduces it with a colon. `topic` is the path of headings, `title` the
    innermost; the text is without marks of emphasis, so that a quote is found in it."""
    path: list[str] = []
    counts: Counter[str] = Counter()
    clauses: list[Clause] = []
    for level, block in _blocks(text):
        if level:
            path = [*path[: level - 1], *[""] * (level - 1 - len(path)), block]
            continue
        listed = bool(BULLET.match(block))
        if listed and clauses and clauses[-1].text.endswith(":") and clauses[-1].topic == _topic(path):
            clauses[-1] = clauses[-1].model_copy(update={"text": f"{clauses[-1].text}\n{block}"})
            continue
        title = path[-1] if path else "policy"
        counts[_slug(title)] += 1
        clauses.append(Clause(id=f"{_slug(title)}-{counts[_slug(title)]}", topic=_topic(path), title=title, text=block))
    return tuple(clauses)


def sentences(text: str) -> list[str]:
    """The sentences of a clause, exact substrings of it; each item of a list is one."""
    return [sentence for part in SENTENCE.split(text) if (sentence := BULLET.sub("", part).strip())]


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Headings as `(level, title)`, paragraphs and lists as `(0, text)`."""
    block: list[str] = []
    for line in [*text.splitlines(), ""]:
        heading = HEADING.match(line)
        if (heading or not line.strip()) and block:
            yield 0, _joined(block)
            block = []
        if heading:
            yield len(heading[1]), heading[2].strip()
        elif line.strip():
            block.append(EMPHASIS.sub(lambda m: m[1] or m[2], line.rstrip()))


def _joined(lines: list[str]) -> str:
    """Lines of one paragraph as running text; items of a list stay on lines of their own."""
    joined = lines[0].strip()
    for line in lines[1:]:
        joined += ("\n" if BULLET.match(line) else " ") + line.strip()
    return joined


def _topic(path: list[str]) -> str:
    return " > ".join(part for part in path if part)


def _slug(title: str) -> str:
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-") or "clause"


def _listed(text: str, path: Path) -> Iterator[Clause]:
    try:
        items: Any = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"The policy {path} is not readable JSON: {error}") from error
    if not isinstance(items, list):
        raise ConfigError(f"{path}: expected a list of clauses, found {type(items).__name__}.")
    for item in items:
        try:
            yield Clause.model_validate(item)
        except ValidationError as error:
            raise ConfigError(f"{path}: {str(item)[:80]} is no clause: {error.errors()[0]['msg']}.") from error
