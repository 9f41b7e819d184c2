"""Schema-Guided Dialogue: user turns whose slot values were copied from the dialogue, to learn copying spans.

Its services are no shops, so nothing here is a need of ours: each value that stands in a user message word by word
becomes a
constraint with attribute `other`, under a need without a product. Use it before, never instead of, shopping data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.records import Conversation, Message
from finetune.importers.records import constraint, find, json_lines, need


def import_sgd(path: Path, limit: int | None = None) -> Iterator[Conversation]:
    """Dialogues of `dialogues.jsonl.gz` (the first `limit`), one prefix for each user turn."""
    for number, row in enumerate(json_lines(path)):
        if limit is not None and number >= limit:
            return
        yield from _prefixes(row)


def _prefixes(row: dict[str, Any]) -> Iterator[Conversation]:
    messages: list[Message] = []
    turn = 0
    for said in row["turns"]:
        role = "user" if said["role"] == "user" else "assistant"
        messages.append(Message(role=role, content=said["content"] if "content" in said else said["utterance"]))
        if role == "user":
            turn += 1
            label = {"needs": [need(None, list(_values(said["frames"], messages)))]}
            yield Conversation(id=f"sgd-{row['id']}.{turn}", messages=tuple(messages), label=label)


def _values(frames: list[dict[str, Any]], messages: list[Message]) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for values in (values for frame in frames for values in frame.get("state", {}).values()):
        for place in (_last(value, messages) for value in values):
            if place and place[1].lower() not in seen:
                seen.add(place[1].lower())
                yield constraint("other", "is", place[1].lower(), *place)
                break


def _last(value: str, messages: list[Message]) -> tuple[int, str] | None:
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].role == "user" and (found := find(value, messages[index].content)):
            return index, found
    return None
