"""What a person starts from: the label that is there, else what the reader makes of the message."""

from __future__ import annotations

import threading

from assistant.reading import Reader
from assistant.records import State
from assistant.state import update
from finetune.labelling.workbook import Workbook


class Proposals:
    """States for the tasks of a workbook. A reading goes out from the state before it, as it was corrected."""

    def __init__(self, workbook: Workbook, reader: Reader) -> None:
        self._workbook = workbook
        self._reader = reader
        self._read: dict[tuple[int, str], State] = {}
        self._lock = threading.Lock()

    def state(self, place: int) -> tuple[State, str]:
        """The state to show for a task, and where it is from: `saved`, `given` or `read`. What a given label does not
        hold is read. Raises `ModelError` where the reader fails."""
        if (saved := self._workbook.label(place)) is not None:
            return State.model_validate(saved), "saved"
        return self.fresh(place)

    def fresh(self, place: int) -> tuple[State, str]:
        """As `state`, but whatever was saved for the task itself."""
        task = self._workbook.tasks[place]
        given = dict(task.given or {})
        if given.keys() >= {"needs", "acts", "stage"}:
            return State.model_validate(given), "given"
        read = self._reading(place)
        return State.model_validate(read.model_dump() | given), "given" if given else "read"

    def before(self, place: int) -> State:
        """The state that held before a task's message; empty before the first."""
        same = place > 0 and self._workbook.tasks[place - 1].chain == self._workbook.tasks[place].chain
        return self.state(place - 1)[0] if same else State()

    def _reading(self, place: int) -> State:
        before = self.before(place)
        key = place, before.model_dump_json()
        with self._lock:
            if key not in self._read:
                reading = self._reader.read(before, self._workbook.tasks[place].conversation)
                self._read[key] = update(before, reading)
            return self._read[key]


