"""Chat logs in OpenAI's layout, `{"messages": [{"role", "content"}]}`: conversations to be labelled.

Messages of `user` and `assistant` are taken, with the text parts of their content. Those of other roles (`system`,
`developer`, `tool`, `function`) and those without text, such as calls of tools, are left out: no shopper saw them.
A log without an id gets one from its words, so that the same log has the same id whenever it is imported.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.records import Conversation, Message
from finetune.conversations import Problem

SPOKEN = ("user", "assistant")
SILENT = ("system", "developer", "tool", "function")
TEXT_PARTS = ("text", "input_text", "output_text")


class BadLogError(ValueError):
    """What is wrong with a chat log: the field, and what was expected and found."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def import_openai(path: Path) -> Iterator[Conversation | Problem]:
    """The chat logs of a file: JSON Lines or one JSON list (`.gz` too), each once; or what is wrong with one.

    A log in which nobody asks anything is a problem, too. Raises `OSError` for a file that cannot be read.
    """
    seen: set[str] = set()
    for line, log in _logs(path):
        if isinstance(log, Problem):
            yield log
            continue
        try:
            conversation = _conversation(log)
        except BadLogError as error:
            yield Problem(str(path), line, error.field, str(error))
            continue
        if conversation.id not in seen:
            seen.add(conversation.id)
            yield conversation


def _logs(path: Path) -> Iterator[tuple[int, Any]]:
    """Each log with its line, or its place in the list, from 1."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        data = file.read().removeprefix(b"\xef\xbb\xbf")
    if data.lstrip().startswith(b"["):
        yield from enumerate(_loaded(path, 1, data) or [], start=1)
        return
    for number, raw in enumerate(data.split(b"\n"), start=1):
        if raw.strip():
            yield number, _loaded(path, number, raw)


def _loaded(path: Path, line: int, raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        found = Problem(str(path), line, "record", f"expected a chat log as JSON in UTF-8, found {raw[:40]!r}: {error}")
        return [found] if raw.lstrip().startswith(b"[") else found


def _conversation(log: Any) -> Conversation:
    if not isinstance(log, dict) or not isinstance(log.get("messages"), list):
        raise BadLogError("messages", f"expected an object with a list of messages, found {str(log)[:60]!r}")
    messages = tuple(m for i, said in enumerate(log["messages"]) if (m := _message(said, f"messages.{i}")))
    if not any(message.role == "user" for message in messages):
        raise BadLogError("messages", "expected a message of the role user, found none with text")
    identity = log.get("id")
    if identity is not None and (not isinstance(identity, str | int) or not str(identity).strip()):
        raise BadLogError("id", f"expected a name or none, found {identity!r}")
    return Conversation(id=str(identity) if identity is not None else _made_id(messages), messages=messages)


def _message(said: Any, field: str) -> Message | None:
    """The message, where it has words that a shopper read or wrote."""
    role = said.get("role") if isinstance(said, dict) else None
    if role not in (*SPOKEN, *SILENT):
        raise BadLogError(f"{field}.role", f"expected one of {', '.join((*SPOKEN, *SILENT))}, found {role!r}")
    if role in SILENT:
        return None
    text = _text(said.get("content"), f"{field}.content").strip()
    return Message(role=role, content=text) if text else None


def _text(content: Any, field: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise BadLogError(field, f"expected text or a list of parts, found {str(content)[:60]!r}")
    texts = [part.get("text") for part in content if part.get("type") in TEXT_PARTS]
    if not all(isinstance(text, str) for text in texts):
        raise BadLogError(field, f"expected text in each part of type text, found {str(content)[:60]!r}")
    return "\n".join(str(text) for text in texts)


def _made_id(messages: tuple[Message, ...]) -> str:
    words = json.dumps([[m.role, m.content] for m in messages], ensure_ascii=False)
    return f"chat-{hashlib.sha256(words.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
