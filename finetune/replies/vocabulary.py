"""Every word that the phrase tables can say: what the compact writer may use without a fact behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.facts import PLACEHOLDER
from assistant.verify import words
from finetune.replies import phrases, service

_MARKS = re.compile(r"\$[a-z]|[\[\]|~^]")


def vocabulary() -> list[str]:
    """The words of all lines, lower case, sorted."""
    found: set[str] = set()
    for module in (phrases, service):
        for name, table in vars(module).items():
            if name.isupper():
                found.update(word for line in _lines(table) for word in words(_plain(line)))
    return sorted(found)


def _lines(table: Any) -> Iterator[str]:
    if isinstance(table, str):
        yield table
    elif isinstance(table, Mapping):
        for part in table.values():
            yield from _lines(part)
    else:
        for part in table:
            yield from _lines(part)


def _plain(line: str) -> str:
    return _MARKS.sub(" ", PLACEHOLDER.sub(" ", line))
