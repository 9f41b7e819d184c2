"""The phrase tables, hand-written: one YAML file for each half of the conversation, one for notes about it.

`[a|b]` is one of the alternatives. A line that starts with `~` is casual, with `^` formal; others suit every tone.
`$n` is a pick with its price, `$r` a list of reasons, other `$` words likewise (see `compose`); `{…}` are placeholders.
A table maps its own names to lines where it has parts, as questions have by attribute.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

Lines = tuple[str, ...]


class Tables:
    """The tables of one file, by name: `tables.lines("first")`, `tables.part("ask", "size")`."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._tables = tables

    def lines(self, name: str) -> Lines:
        """The lines of a plain table."""
        return tuple(self._tables[name])

    def part(self, name: str, part: str, default: str | None = None) -> Lines:
        """The lines of one part of a table, or of its part `default` (none if that is `None`)."""
        parts = self._tables[name]
        return tuple(parts.get(part) or (parts[default] if default is not None else ()))

    def all_lines(self) -> list[str]:
        """Every line of every table."""
        tables = [part for t in self._tables.values() for part in (t.values() if isinstance(t, dict) else [t])]
        return [line for table in tables for line in table]


@cache
def tables(name: str) -> Tables:
    """The tables `finding`, `service`, `notes` or `values`."""
    import yaml

    return Tables(yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text("utf-8")))
