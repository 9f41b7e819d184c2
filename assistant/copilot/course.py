"""How a conversation went: purchase intent and mood after each message of the shopper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assistant.copilot.records import Moment
from assistant.records import Act
from assistant.session import Session
from assistant.store import StateEntry

EFFECT: Mapping[Act, float] = {
    "complaint": -0.8, "ask_human": -0.4, "reject": -0.2, "select": 0.3, "add_to_cart": 0.3, "checkout": 0.3,
    "thank_bye": 0.5,
}  # fmt: skip
THUMB: Mapping[str, float] = {"up": 0.5, "down": -0.5}
LASTING = 0.5
"""The share of the mood before that is left after a message that shows none."""


def course(session: Session) -> tuple[Moment, ...]:
    """One moment for each message of the shopper that was read.

    The mood is no sentiment model's: it adds up what the reader read each message to do (`EFFECT`) and thumbs, and
    fades by half with each message. Thanks that come with a complaint count for nothing."""
    thumbs = {feedback.message_index: THUMB[feedback.value] for feedback in session.feedback}
    read = readings(session)
    moments = []
    mood = 0.0
    for place, message in enumerate(session.messages):
        mood += thumbs.get(place, 0.0)
        if message.role == "user" and (entry := read.get(place)) is not None:
            mood = max(-1.0, min(1.0, LASTING * mood + effect(entry.state.acts)))
            acts, intent = entry.state.acts, entry.state.purchase_probability
            moments.append(Moment(message=place, mood=round(mood, 3), intent=intent, acts=acts))
    return tuple(moments)


def effect(acts: Iterable[Act]) -> float:
    """What the acts of one message add to the mood."""
    found = set(acts)
    if "complaint" in found:
        found.discard("thank_bye")
    return sum(EFFECT.get(act, 0.0) for act in found)


def readings(session: Session) -> dict[int, StateEntry]:
    """The last reading of each of the shopper's messages, by the message's index."""
    said = [place for place, message in enumerate(session.messages) if message.role == "user"]
    read = {}
    for entry in session.states:
        places = [place for place in said if place <= entry.after_message]
        if entry.source == "reading" and places:
            read[places[-1]] = entry
    return read
