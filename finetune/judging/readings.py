"""Readings on disk, so that a long evaluation that was interrupted goes on where it stopped.

One file for each model, named by its fingerprint; one line for each conversation, found again by what was said and
clicked in it. Another label or id needs no new reading; other weights or other code do.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.records import Conversation, State
from finetune.evaluate import Progress, Read, read
from finetune.judging.models import Loaded, Model


class Kept:
    """The readings of one model in a folder. `get` and `put` take conversations."""

    def __init__(self, folder: Path, model: Model) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", model.name).strip("-.") or "model"
        self.path = folder / f"{name[-40:]}-{model.fingerprint}.jsonl"
        self._rows = {row["key"]: row for row in _rows(self.path)}

    def get(self, conversation: Conversation) -> Read | None:
        """What was read from this conversation before."""
        row = self._rows.get(key(conversation))
        if row is None:
            return None
        states = tuple(State.model_validate(state) for state in row["states"])
        return Read(states, tuple(row["milliseconds"]), tuple(row["tokens"]), tuple(row["unreadable"]))

    def put(self, conversation: Conversation, done: Read) -> None:
        """Keep what was read; on disk when this returns."""
        states = [state.model_dump(mode="json", exclude_none=True) for state in done.states]
        row = {"key": key(conversation)} | asdict(done) | {"states": states}
        self._rows[row["key"]] = json.loads(json.dumps(row))
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def key(conversation: Conversation) -> str:
    """A hash of what was said and clicked."""
    said = conversation.model_dump_json(include={"messages", "events"})
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def read_all(
    model: Model, conversations: Sequence[Conversation], folder: Path | None = None, progress: Progress | None = None
) -> list[Read]:
    """Every conversation as `model` reads it, from the readings kept in `folder` as far as they are there.

    The model is loaded only where something is left to read.
    """
    kept = Kept(folder, model) if folder is not None else None
    loaded: Loaded | None = None
    done: list[Read] = []
    for i, conversation in enumerate(conversations, 1):
        found = kept.get(conversation) if kept is not None else None
        if found is None:
            loaded = loaded or model.load()
            found = read(loaded.reader, conversation, loaded.tokens)
            if kept is not None:
                kept.put(conversation, found)
        done.append(found)
        if progress:
            progress(i, len(conversations))
    return done


def _rows(path: Path) -> list[dict[str, Any]]:
    """The lines of an earlier run; a last one that was cut off is taken away, so that the next starts on its own."""
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = []
    whole = b""
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
        whole += line if line.endswith(b"\n") else line + b"\n"
    if whole != path.read_bytes():
        path.write_bytes(whole)
    return rows
