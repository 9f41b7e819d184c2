"""The audit log of a customer as lines that an agent reads: who did what, why, and what it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.service.requests import AuditEntry
from assistant.web.desk.forms import TITLES

EVENTS = {"proposed": "checked", "refused": "refused", "declined": "declined", "done": "done"}
NOTHING = "none"


@dataclass(frozen=True)
class Change:
    """One field of a record that an action changed, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class LogLine:
    """One line of the log. `who` agreed to it, or asked where nobody had to; `event` is in words."""

    id: int
    at: str
    event: str
    who: str
    title: str
    order_id: str
    why: str
    refusal: str = ""
    changes: tuple[Change, ...] = ()


def log_lines(entries: Sequence[AuditEntry], limit: int = 12) -> tuple[LogLine, ...]:
    """What was refused, declined and done, the latest first, at most `limit`. A form that was only checked is left
    out: nothing came of it."""
    told = [entry for entry in reversed(entries) if entry.event != "proposed"]
    return tuple(_line(entry) for entry in told[:limit])


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The fields in which two records differ, by their path: `order status: delivered → exchange requested`."""
    old, new = dict(_fields(before)), dict(_fields(after))
    paths = [path for path in (*old, *(path for path in new if path not in old)) if old.get(path) != new.get(path)]
    return tuple(Change(path, old.get(path, NOTHING), new.get(path, NOTHING)) for path in paths)


def _line(entry: AuditEntry) -> LogLine:
    who = entry.confirmed_by or entry.actor
    return LogLine(
        id=entry.id, at=entry.at, event=EVENTS[entry.event], who=who.id, title=TITLES[entry.action],
        order_id=entry.order_id or "", why=entry.why,
        refusal=entry.refusal.reason if entry.refusal is not None else "", changes=changes(entry.before, entry.after),
    )  # fmt: skip


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a record with their paths in words; lists of plain values are one leaf, empty values none."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _fields(part, f"{path} {key.replace('_', ' ')}".strip())
    elif isinstance(value, list | tuple) and any(isinstance(part, Mapping | list | tuple) for part in value):
        for number, part in enumerate(value, 1):
            yield from _fields(part, f"{path} {number}")
    elif isinstance(value, list | tuple):
        if value:
            yield path, ", ".join(map(str, value))
    elif value is not None and value != "":
        yield path, str(value)
