"""The messages to label and the file that their labels are kept in. Knows nothing of pages or readers."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InvalidInput
from assistant.reading import shopper_turns
from assistant.records import Conversation
from finetune.conversations import Problem, base_id, chains, read_conversations, write_conversations

Label = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """One shopper message to label: the conversation up to it, and the label that it came with, if one."""

    conversation: Conversation
    given: Label | None

    @property
    def chain(self) -> str:
        """The id that the tasks of one conversation share."""
        return base_id(self.conversation.id)


class Workbook:
    """Tasks in the order of their files, and what was saved for them. Every save is on disk when it returns.

    Safe to use from several threads; only one process may have the same file open. Labels in it that belong to no
    task stay as they are.
    """

    def __init__(self, tasks: Sequence[Task], out: Path, saved: Sequence[Conversation] = ()) -> None:
        self.tasks = tuple(tasks)
        self.out = out
        self._saved = {conversation.id: conversation for conversation in saved}
        self._lock = threading.Lock()

    def label(self, place: int) -> Label | None:
        """What was saved for a task; `None` where nothing was."""
        saved = self._saved.get(self.tasks[place].conversation.id)
        return saved.label if saved is not None else None

    @property
    def done(self) -> int:
        """How many tasks have a saved label."""
        return sum(self.label(place) is not None for place in range(len(self.tasks)))

    def save(self, place: int, label: Label, seen: Label | None) -> None:
        """Keeps the label of a task. `seen` is what was saved for it when the person began to look at it.

        Raises `InvalidInput` where something else has been saved meanwhile, from another window, and `OSError` where
        the file cannot be written; nothing is lost then, and nothing kept.
        """
        conversation = self.tasks[place].conversation.model_copy(update={"label": dict(label)})
        with self._lock:
            if self.label(place) != seen:
                raise InvalidInput("This message was labelled in another window meanwhile: reload the page to see it.")
            after = self._saved | {conversation.id: conversation}
            write_conversations(self.out, after.values())
            _flush(self.out)
            self._saved = after

    def next_open(self, after: int) -> int | None:
        """The first task behind `after`, then from the start, without a saved label; `None` where all have one."""
        count = len(self.tasks)
        order = [(after + 1 + i) % count for i in range(count)]
        return next((place for place in order if self.label(place) is None), None)


@contextmanager
def open_workbook(files: Sequence[Path], out: Path) -> Iterator[tuple[Workbook, list[Problem]]]:
    """The workbook of some files of conversations, and what is wrong with the lines that were left out.

    A conversation is labelled after each message of its shopper; labels that it has, whole or of its beginnings
    (`id.1`, `id.2` ...), are where the person starts from. Raises `InvalidInput` where there is nothing to label, where
    `out` is one of the files or holds what is no labelled conversation, and where another process labels into it.
    """
    if out.resolve() in {file.resolve() for file in files}:
        raise InvalidInput(f"{out} is the file that is read: name another one with --out.")
    conversations, problems = read_conversations(files)
    tasks = [task for chain in chains(conversations) for task in _tasks(chain)]
    if not tasks:
        raise InvalidInput(f"No shopper's message in {', '.join(map(str, files))}: there is nothing to label.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with _only_here(out):
        saved, faults = read_conversations(out) if out.exists() else ([], [])
        if faults:
            raise InvalidInput(f"{faults[0]} Mend this line, or name another file with --out: nothing was changed.")
        yield Workbook(tasks, out, saved), problems


def _tasks(chain: Sequence[Conversation]) -> Iterator[Task]:
    """One for each message of the shopper in the longest of the conversations; the others give labels."""
    longest = chain[-1]
    given = {len(conversation.messages): conversation.label for conversation in chain}
    for turn, conversation in enumerate(shopper_turns(longest), start=1):
        identity = f"{base_id(longest.id)}.{turn}"
        label = given.get(len(conversation.messages))
        last = conversation.messages == longest.messages[: _after_last_shopper(longest)]
        if label is None and last:
            label = longest.label
        yield Task(conversation.model_copy(update={"id": identity}), label)


def _after_last_shopper(conversation: Conversation) -> int:
    return max(i for i, message in enumerate(conversation.messages, start=1) if message.role == "user")


@contextmanager
def _only_here(out: Path) -> Iterator[None]:
    """Holds a file beside `out` that the system lets go of when the process ends in whatever way."""
    with out.with_name(f".{out.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InvalidInput(f"{out} is open in another process: close that, or name another --out.") from error
        yield


def _flush(path: Path) -> None:
    """Makes sure that a replaced file and its name survive a loss of power."""
    for place in (path, path.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
