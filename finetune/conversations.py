"""Labelled conversations on disk: reading them with every fault named, writing, grouping, splitting, counting.

A file is JSON Lines in FORMATS.md's layout (`.gz` too). Where a conversation is labelled after every shopper message,
each prefix is a record of its own, its id ending in `.1`, `.2` and so on; `chains` puts those together again.
This module knows nothing of models or of where a label comes from.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from pydantic import ValidationError

from assistant.records import Conversation, State
from finetune.labels import Fault, label_faults, timeline

LONE = re.compile("[\ud800-\udfff]")
PREFIX_ID = re.compile(r"^(?P<base>.+)\.(?P<place>[1-9]\d*)$")


@dataclass(frozen=True)
class Problem:
    """One fault of a file: where it is (`line` counts from 1), which field, and what was expected and found."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class BadConversationError(ValueError):
    """A file holds a bad record and `strict` was asked for. `problem` says which."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_conversations(
    paths: str | Path | Iterable[str | Path], strict: bool = False
) -> tuple[list[Conversation], list[Problem]]:
    """Reads conversations and says what is wrong with those that it leaves out.

    A record is left out where it is not JSON, not UTF-8, lacks a field, repeats an id, or holds a label that breaks
    FORMATS.md (a quote that its message does not contain, an unknown attribute, two active needs ...). Events later
    than the last message are not known yet when it is read, so they are cut. `OSError` is raised for a file that
    cannot be opened or is cut off, `BadConversationError` for the first bad record if `strict`.
    """
    files = [paths] if isinstance(paths, str | Path) else list(paths)
    conversations: list[Conversation] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for path in map(Path, files):
        for line, raw in _lines(path):
            where = f"{path}:{line}"
            conversation, faults = _parse(raw)
            if conversation and conversation.id in seen:
                faults = [Fault("id", f"expected a new id, found {conversation.id!r} of {seen[conversation.id]} again")]
            if faults:
                problems += [Problem(str(path), line, fault.field, fault.message) for fault in faults]
                if strict:
                    raise BadConversationError(problems[0])
            elif conversation:
                seen[conversation.id] = where
                conversations.append(conversation)
    return conversations, problems


def write_conversations(path: str | Path, conversations: Iterable[Conversation]) -> int:
    """Writes JSON Lines (gzipped where the name ends in `.gz`) and returns how many there were.

    The file is there whole or not at all: it is written beside its place and then moved over it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    count = 0
    try:
        with os.fdopen(handle, "wb") as raw, _packed(raw, path) as file:
            for conversation in conversations:
                file.write((json.dumps(record(conversation), ensure_ascii=False) + "\n").encode())
                count += 1
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count


def record(conversation: Conversation) -> dict[str, Any]:
    """The conversation as a JSON-ready object in FORMATS.md's layout, without empty fields."""
    data = conversation.model_dump(mode="json", exclude_none=True)
    if not data.get("events"):
        data.pop("events", None)
    for event in data.get("events", ()):
        if not event["items"]:
            del event["items"]
    return data


def base_id(conversation_id: str) -> str:
    """The id that all prefixes of one conversation share: `t1-02` of `t1-02.3`."""
    match = PREFIX_ID.match(conversation_id)
    return match["base"] if match else conversation_id


def chains(conversations: Iterable[Conversation]) -> list[list[Conversation]]:
    """Groups prefixes of one conversation, each group in order of length, groups in order of appearance."""
    groups: dict[str, list[Conversation]] = defaultdict(list)
    for conversation in conversations:
        groups[base_id(conversation.id)].append(conversation)
    return [sorted(group, key=lambda c: len(c.messages)) for group in groups.values()]


def split(
    conversations: Iterable[Conversation], fractions: Mapping[str, float], seed: int = 0
) -> dict[str, list[Conversation]]:
    """Splits into named parts, e.g. `{"train": 0.7, "dev": 0.2, "test": 0.1}`; all that one customer wrote goes to the
    same part, and so do all prefixes of a conversation.

    A customer's part depends on who it is (`customers`), the seed and the fractions alone, so it stays what it is when
    others are added. Fractions must be positive and add up to 1, otherwise `ValueError`.
    """
    if not fractions or min(fractions.values()) <= 0 or abs(sum(fractions.values()) - 1) > 1e-6:
        raise ValueError(f"expected positive fractions that add up to 1, found {dict(fractions)}")
    parts: dict[str, list[Conversation]] = {name: [] for name in fractions}
    listed = list(conversations)
    whose = customers(listed)
    for conversation in listed:
        parts[_part(whose[base_id(conversation.id)], fractions, seed)].append(conversation)
    return parts


def customers(conversations: Iterable[Conversation]) -> dict[str, str]:
    """Whose each conversation is, by its base id: the `user_id` of its events, else the base id itself.

    Where a conversation has several (one before and one after signing in), all of them are one customer, named by the
    first in order of the alphabet; so are the customers of all conversations that share one.
    """
    users: dict[str, set[str]] = defaultdict(set)
    for conversation in conversations:
        users[base_id(conversation.id)] |= {e.user_id for e in conversation.events if e.user_id}
    first: dict[str, str] = {}

    def name(user: str) -> str:
        while first.setdefault(user, user) != user:
            user = first[user]
        return user

    for together in users.values():
        names = {name(user) for user in together}
        first.update(dict.fromkeys(names, min(names, default="")))
    return {base: name(min(together)) if together else base for base, together in users.items()}


def stats(conversations: Sequence[Conversation]) -> dict[str, Any]:
    """Counts over labelled conversations: how many, of how many customers, their turns, attributes with operators,
    acts, stages, sources."""
    constraints: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    needs: Counter[int] = Counter()
    preferred = inferred = total = 0
    for conversation in conversations:
        state = State.model_validate(conversation.label or {})
        acts.update(state.acts)
        stages[state.stage] += 1
        needs[len(state.needs)] += 1
        for constraint in (c for need in state.needs for c in need.constraints):
            total += 1
            constraints[f"{constraint.attribute} {constraint.op}"] += 1
            preferred += constraint.strength == "prefer"
            inferred += constraint.source is not None and constraint.source.event is not None
    return {
        "conversations": len({base_id(c.id) for c in conversations}),
        "customers": len(set(customers(conversations).values())),
        "states": len(conversations),
        "messages": sum(len(chain[-1].messages) for chain in chains(conversations)),
        "constraints": total,
        "preferred": preferred,
        "inferred": inferred,
        "by_attribute": dict(constraints.most_common()),
        "by_act": dict(acts.most_common()),
        "by_stage": dict(stages.most_common()),
        "by_needs": dict(sorted(needs.items())),
    }


def _packed(raw: IO[bytes], path: Path) -> AbstractContextManager[IO[bytes]]:
    packed = gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) if path.suffix == ".gz" else raw
    return cast("AbstractContextManager[IO[bytes]]", packed)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        try:
            for number, line in enumerate(file, start=1):
                line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if line.strip():
                    yield number, line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise OSError(f"{path}: the gzip file is cut off or damaged ({error}): fetch it again") from error


def _parse(raw: bytes) -> tuple[Conversation | None, list[Fault]]:
    try:
        data = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        found = f"byte {raw[error.start]:#04x} at column {error.start + 1}"
        return None, [Fault("record", f"expected UTF-8, found {found}: save the file as UTF-8")]
    except (ValueError, RecursionError) as error:
        return None, [Fault("record", f"expected one JSON object a line, found {raw[:40]!r}: {error}")]
    if b"\\u" in raw and LONE.search(json.dumps(data, ensure_ascii=False)):
        return None, [Fault("record", "expected Unicode text, found half of a surrogate pair (\\ud800 to \\udfff)")]
    if not isinstance(data, dict):
        return None, [Fault("record", f"expected a JSON object, found {type(data).__name__}")]
    try:
        conversation = timeline(Conversation.model_validate(data))
    except ValidationError as error:
        return None, [Fault(_field(e["loc"]), f"{e['msg']}, found {str(e['input'])[:60]!r}") for e in error.errors()]
    return conversation, label_faults(conversation)


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "record"


def _part(customer: str, fractions: Mapping[str, float], seed: int) -> str:
    digest = hashlib.sha256(f"{seed}:{customer}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    edge = 0.0
    for name, fraction in fractions.items():
        edge += fraction
        if place < edge:
            return name
    return list(fractions)[-1]
