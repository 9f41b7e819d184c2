"""What the copilot shows an agent: FORMATS.md's Suggestion, and the records beside it. All frozen."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from assistant.records import Act, Citation, Pick, Record, State

Tone = Literal["neutral", "casual", "formal", "brief"]


class SuggestedReply(Record):
    """A reply that an agent may insert, edit and send. Each citation quotes its record exactly; `covered` is false
    where it says that the shop's policy has no clause on what was asked."""

    text: str
    tone: Tone = "neutral"
    citations: tuple[Citation, ...] = ()
    covered: bool = True


class NextAction(Record):
    """What the service desk may be asked to do next: a request's name and arguments, to be checked and confirmed.
    `missing` names the arguments that the customer has yet to say."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    why: str = ""
    missing: tuple[str, ...] = ()


class Forbidden(Record):
    """What the customer asked for and cannot have: the action, the desk's reason, and the clause that says so, where
    one does. `why` is what they said."""

    name: str
    reason: str
    citation: Citation | None = None
    why: str = ""


class Suggestion(Record):
    """What the copilot shows: the case in short, what is needed, what to say and do, and what was asked for that the
    policy forbids. `handover` is who holds it."""

    summary: str
    state: State
    replies: tuple[SuggestedReply, ...] = ()
    next_action: NextAction | None = None
    forbidden: tuple[Forbidden, ...] = ()
    picks: tuple[Pick, ...] = ()
    handover: Literal["assistant", "agent"] = "assistant"


class WrapUp(Record):
    """Notes for closing a conversation. `type` is one of the ticket model's own, `satisfaction` 1 (very dissatisfied)
    to 5; each `None` where there is no model or nothing tells. `because` quotes the sentences that they rest on. Both
    are suggestions for the agent to correct."""

    short: str
    long: str
    satisfaction: int | None = Field(default=None, ge=1, le=5)
    type: str | None = None
    because: str = ""


class Moment(Record):
    """How a conversation stood after one message: `mood` from -1 to 1, derived from the acts that the reader read in
    it and from thumbs, not from its wording; `intent` is the purchase probability."""

    message: int
    mood: float = Field(ge=-1, le=1)
    intent: float | None = None
    acts: tuple[Act, ...] = ()


class PastCase(Record):
    """A past conversation like this one: what it was about and how an agent answered, personal data masked.
    `similarity` is the cosine of the two, higher for closer."""

    id: str
    similarity: float
    asked: str
    answered: str = ""
    updated: str = ""
