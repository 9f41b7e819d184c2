"""The copilot's own readings: the scripted customer speaks, the reader reads, the copilot fills the forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from assistant.copilot.actions import ProposedAction, next_actions
from assistant.copilot.clauses import Hear
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
SENTENCE = re.compile(r"(?<=[.!?;])\s+")
STAGE = re.compile(
    r"\s*[,(]*\s*(?:but |and |which )?(?:you )?(?:do not|don't)(?: want to)? (?:reveal|mention)\b[^.;()]*\)?"
    r"|(?:make sure|be sure) (?:you|to) (?:briefly )?mention[^.;]*[.;]?", re.IGNORECASE,
)
"""What tells whoever plays the customer how to, and is not said."""
_OBJECT = r"\b(to|for|with|from|gives?|tells?|lets?|helps?|asks?) you\b"
_PERSON = (
    (r"\byou are\b", "I am"), (r"\byou're\b", "I'm"), (r"\byou've\b", "I've"), (r"\byou'd\b", "I'd"),
    (r"\byourself\b", "myself"), (r"\byours\b", "mine"), (r"\byour\b", "my"), (_OBJECT, r"\1 me"), (r"\byou\b", "I"),
)  # fmt: skip


class ModelReadings:
    """Requests as the copilot proposes them from what the customer says, with the models of a configuration."""

    name = "model"

    def __init__(self, reader: Reader, encode: Encode, asks: Hear) -> None:
        self._reader, self._encode, self._asks = reader, encode, asks

    def requests(self, task: Task, customer: Customer, desk: EmbeddedDesk) -> Iterator[tuple[Request, str]]:
        """What the copilot proposes of complete forms that the policy allows. The customer says why they call; asked
        for what is missing, they say how they go about it and what they know, and at last a reason for cancelling."""
        said = spoken(task.reason)
        proposed = self._proposed(task, customer, desk, said)
        for more in (spoken(task.manner), spoken(task.known), [NO_REASON]):
            if not any(action.missing for action in proposed):
                break
            if more != [NO_REASON] or any("reason" in action.missing for action in proposed):
                said = said + more
                proposed = self._proposed(task, customer, desk, said)
        complete = {p.request: p.why for p in proposed if p.request is not None and p.refusal is None}
        for request in in_order(list(complete)):
            yield request, complete[request]

    def _proposed(
        self, task: Task, customer: Customer, desk: EmbeddedDesk, said: Sequence[str]
    ) -> list[ProposedAction]:
        return next_actions(desk, customer, self._read(task.id, said), self._encode, self._asks)

    def _read(self, name: str, said: Sequence[str]) -> tuple[Turn, ...]:
        state = State()
        messages: list[Message] = []
        turns: list[Turn] = []
        for sentence in said:
            messages.append(Message(role="user", content=sentence))
            state = update(state, self._reader.read(state, Conversation(id=name, messages=tuple(messages))))
            turns.append(Turn(sentence, state.acts, state.stage))
        return tuple(turns)


def spoken(reason: str) -> list[str]:
    """Instructions to whoever plays the customer, as the customer says them: one message a sentence, in the first
    person, without stage directions."""
    reason = STAGE.sub("", reason)
    for pattern, person in _PERSON:
        reason = re.sub(pattern, person, reason, flags=re.IGNORECASE)
    return [sentence.strip() for sentence in SENTENCE.split(reason) if re.search(r"\w", sentence)]
