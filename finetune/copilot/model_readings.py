"""The copilot's own readings: the scripted customer speaks, the reader reads, the copilot fills the forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from assistant.copilot.actions import next_actions
from assistant.copilot.order import in_order
from assistant.copilot.wishes import Turn
from assistant.records import Conversation, Message, State
from assistant.state import update
from finetune.copilot.tasks import Task

if TYPE_CHECKING:
    from assistant.reading import Reader
    from assistant.reasons import Encode
    from assistant.service import EmbeddedDesk, Request
    from assistant.service.records import Customer

NO_REASON = "I no longer need it."
CONDITION = re.compile(r"(?:but |and |or |otherwise,? )?if\b", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?;])\s+")
_OBJECT = r"\b(to|for|with|from|gives?|tells?|lets?|helps?|asks?) you\b"
_PERSON = (
    (r"\byou are\b", "I am"), (r"\byou're\b", "I'm"), (r"\byou've\b", "I've"), (r"\byou'd\b", "I'd"),
    (r"\byourself\b", "myself"), (r"\byours\b", "mine"), (r"\byour\b", "my"), (_OBJECT, r"\1 me"), (r"\byou\b", "I"),
)  # fmt: skip


class ModelReadings:
    """Requests as the copilot proposes them from what the customer says, with the models of a configuration."""

    name = "model"

    def __init__(self, reader: Reader, encode: Encode) -> None:
        self._reader, self._encode = reader, encode

    def requests(self, task: Task, customer: Customer, desk: EmbeddedDesk) -> Iterator[tuple[Request, str]]:
        """What the copilot proposes of complete forms that the policy allows. The customer keeps what begins with "if"
        until something could not be done, and gives a reason for cancelling when asked for one."""
        done: set[Request] = set()
        said: list[str] = []
        plain, conditional = _conditions(spoken(task.reason))
        for more in (plain, conditional):
            said += more
            proposed = next_actions(desk, customer, self._read(task.id, said), self._encode)
            if any("reason" in action.missing for action in proposed):
                said += spoken(task.manner) or [NO_REASON]
                proposed = next_actions(desk, customer, self._read(task.id, said), self._encode)
            if any("reason" in action.missing for action in proposed):
                said.append(NO_REASON)
                proposed = next_actions(desk, customer, self._read(task.id, said), self._encode)
            complete = {p.request: p.why for p in proposed if p.request is not None and p.refusal is None}
            for request in in_order([request for request in complete if request not in done]):
                done.add(request)
                yield request, complete[request]
            if proposed and len(complete) == len(proposed):
                break

    def _read(self, name: str, said: Sequence[str]) -> tuple[Turn, ...]:
        state = State()
        messages: list[Message] = []
        turns: list[Turn] = []
        for sentence in said:
            messages.append(Message(role="user", content=sentence))
            state = update(state, self._reader.read(state, Conversation(id=name, messages=tuple(messages))))
            turns.append(Turn(sentence, state.acts, state.stage))
        return tuple(turns)


def _conditions(sentences: Sequence[str]) -> tuple[list[str], list[str]]:
    """What the customer says at once, and what only holds if something else fails."""
    conditional = [sentence for sentence in sentences if CONDITION.match(sentence)]
    return [sentence for sentence in sentences if sentence not in conditional], conditional


def spoken(reason: str) -> list[str]:
    """Instructions to whoever plays the customer, as the customer says them: one message a sentence, in the first
    person."""
    for pattern, person in _PERSON:
        reason = re.sub(pattern, person, reason, flags=re.IGNORECASE)
    return [sentence.strip() for sentence in SENTENCE.split(reason) if re.search(r"\w", sentence)]
