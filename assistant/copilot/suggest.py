"""What the copilot shows an agent about one conversation: summary, state, replies with citations, next action, picks.

It runs the same turn as the assistant does, for somebody else to say: the agent's words are their own, nothing is sent
or done here, and nothing of a suggestion is stored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from assistant.build import Parts
from assistant.copilot.case import Case, case_of, known
from assistant.copilot.masking import Mask
from assistant.copilot.next_step import NextStep
from assistant.copilot.records import Forbidden, NextAction, SuggestedReply, Suggestion, Tone
from assistant.copilot.replies import WRITTEN, replies, ruled
from assistant.copilot.summary import extract, summary
from assistant.records import State
from assistant.service.records import Customer
from assistant.session import Session
from assistant.turn import Thought, think

SECONDS = 1.2
"""Once so much time has gone into a suggestion, no further reply is begun."""

Step = TypeVar("Step", NextAction, Forbidden)
Propose = Callable[[Case], NextStep]


def suggest(
    parts: Parts,
    session: Session,
    customer: Customer | None = None,
    *,
    propose: Propose | None = None,
    tones: Sequence[Tone] = WRITTEN,
    seconds: float = SECONDS,
) -> Suggestion:
    """The suggestion for a conversation as it stands. See `suggestions`."""
    *_, whole = suggestions(parts, session, customer, propose=propose, tones=tones, seconds=seconds)
    return whole


def suggestions(
    parts: Parts,
    session: Session,
    customer: Customer | None = None,
    *,
    propose: Propose | None = None,
    tones: Sequence[Tone] = WRITTEN,
    seconds: float = SECONDS,
) -> Iterator[Suggestion]:
    """The suggestion as it grows: at once an extract as its summary, then state, picks and next action, the first
    reply, the summary that the writer wrote, and the other replies; the last is whole.

    `customer` is whom the agent knows the shopper to be: their orders may then be told. `propose` finds what the
    service desk can do next. Personal data that the shopper told or the desk holds is masked, but not in the arguments
    of the next action, which is a form to be sent. Raises `ModelError` where the reader fails."""
    begun = time.perf_counter()
    case = case_of(parts, session, customer)
    public = (clause.text for clause in case.clauses)
    mask = Mask.of((message.content for message in session.messages), case.customer, public)
    growing = Suggestion(
        summary=extract(case.session, parts.encode, mask),
        state=masked(session.state, mask),
        handover="assistant" if session.holder is None else "agent",
    )
    yield growing
    if case.open is None:
        return
    thought = think(case.parts, case.open, attended=True, known=known(session, case.open))
    step = propose(case) if propose is not None else NextStep()
    growing = growing.model_copy(
        update={
            "state": masked(_state(session, case.open, thought), mask),
            "picks": (session.picks if _edited(session, case.open) else ()) or thought.table,
            "next_action": step.action and _masked_why(step.action, mask),
            "forbidden": tuple(_masked_why(action, mask) for action in step.forbidden),
        }
    )
    yield growing
    plans = ruled(thought.plans, step.clauses)
    left = seconds - (time.perf_counter() - begun)
    for reply in replies(case.parts, plans, case.open.conversation, tones, left, refused=step.refused):
        growing = growing.model_copy(update={"replies": (*growing.replies, _masked_reply(reply, mask))})
        yield growing
        if len(growing.replies) == 1:
            growing = _summed_up(growing, case, mask)
            yield growing
    if not growing.replies:
        yield _summed_up(growing, case, mask)


def _summed_up(suggestion: Suggestion, case: Case, mask: Mask) -> Suggestion:
    return suggestion.model_copy(update={"summary": summary(case.session, case.notes, mask, case.orders_named)})


def masked(state: State, mask: Mask) -> State:
    """The state without personal data in its words; what it says of the conversation is as it was."""
    if not mask.found:
        return state
    return State.model_validate(_masked(state.model_dump(), mask))


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _masked(item, mask) for key, item in value.items()}
    return [_masked(item, mask) for item in value] if isinstance(value, list | tuple) else value


def _masked_reply(reply: SuggestedReply, mask: Mask) -> SuggestedReply:
    return reply.model_copy(update={"text": mask(reply.text)})


def _masked_why(action: Step, mask: Mask) -> Step:
    return action.model_copy(update={"why": mask(action.why)})


def _state(session: Session, open: Session, thought: Thought) -> State:
    """The state as it is stored once the last message was read, or as it is read now."""
    current = session.current
    return thought.state if current is None or current.after_message < len(open.messages) - 1 else current.state


def _edited(session: Session, open: Session) -> bool:
    """Whether the need card was changed by hand since the open request, so that its picks are those to show."""
    current = session.current
    return current is not None and current.source == "edit" and current.after_message >= len(open.messages) - 1
