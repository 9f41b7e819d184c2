"""Which conversations need a person, the most urgent first, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from assistant.records import Message, Record, State
from assistant.store.records import Overview

Need = Literal["asked", "complaint", "stuck", "unsure", "none"]
"""Why a person is needed: the shopper asked for one and nobody has come, complains, wants to buy and gets nowhere, was
not understood; or none of these. In the order of urgency."""
EAGER = 0.5


class Waiting(Record):
    """One conversation of the queue. `since` is when it last moved; `holder` the agent who holds it, if one does;
    `last_said` the shopper's last message, `emails` the addresses that they wrote, oldest first."""

    session_id: str
    user_id: str | None = None
    need: Need
    why: str
    since: str
    holder: str | None = None
    messages: int
    last_message: Message | None = None
    last_said: Message | None = None
    emails: tuple[str, ...] = ()
    state: State


def queued(overviews: Iterable[Overview], sure: float) -> tuple[Waiting, ...]:
    """The conversations by need, and within one by who has waited longest. Those that an agent holds come last.

    `sure` is the confidence below which a reading of a must counts as a guess."""
    waiting = [_waiting(overview, sure) for overview in overviews]
    urgency = {need: place for place, need in enumerate(get_args(Need))}
    return tuple(sorted(waiting, key=lambda w: (w.holder is not None, urgency[w.need], w.since, w.session_id)))


def _waiting(overview: Overview, sure: float) -> Waiting:
    need, why = _need(overview, sure)
    return Waiting(
        session_id=overview.id, user_id=overview.user_id, need=need, why=why, since=overview.updated,
        holder=overview.holder, messages=overview.messages, last_message=overview.last_message,
        last_said=overview.last_said, emails=overview.emails, state=overview.state,
    )  # fmt: skip


def _need(overview: Overview, sure: float) -> tuple[Need, str]:
    state, reply = overview.state, overview.last_reply
    if overview.handed_over:
        return "asked", "the shopper was promised a person"
    if overview.attended:
        return "none", "an agent has dealt with the last message"
    if "ask_human" in state.acts:
        return "asked", "the shopper asks for a person"
    if "complaint" in state.acts:
        return "complaint", "the last message is a complaint"
    probability = state.purchase_probability or 0.0
    if probability >= EAGER and reply is not None and (reply.relaxed or reply.move in ("ask", "chat")):
        return "stuck", f"likely to buy ({probability:.0%}), and the last reply offered nothing that fits"
    musts = [c for need in state.needs for c in need.constraints if c.strength == "must"]
    if guessed := sum(c.confidence is not None and c.confidence < sure for c in musts):
        return "unsure", f"{guessed} of the musts were read with little confidence"
    if reply is not None and reply.move == "chat" and "nothing was read" in reply.why:
        return "unsure", reply.why
    return "none", ""
