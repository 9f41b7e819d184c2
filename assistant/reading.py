"""Reading a conversation: one reader, message by message, and the fold of its readings over a whole chat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from assistant.records import Conversation, Event, Message, Reading, State
from assistant.state import update


class Reader(Protocol):
    """Anything that reads what the last message changed."""

    def read(self, state: State, conversation: Conversation) -> Reading:
        """What the last message of `conversation` (a shopper's) changed, given `state`, which held before it."""
        ...


def known_events(events: tuple[Event, ...], message: Message) -> tuple[Event, ...]:
    """The events that had happened when `message` was sent; events without a time had."""
    if message.timestamp is None:
        return events
    return tuple(e for e in events if e.timestamp is None or e.timestamp <= message.timestamp)


def shopper_turns(conversation: Conversation) -> Iterator[Conversation]:
    """The conversation as it stood at each shopper message, that message last."""
    for i, message in enumerate(conversation.messages):
        if message.role == "user":
            yield conversation.model_copy(
                update={
                    "messages": conversation.messages[: i + 1],
                    "events": known_events(conversation.events, message),
                    "label": None,
                }
            )


def fold(reader: Reader, conversation: Conversation) -> State:
    """The state after the last message: every shopper message read in turn. Nothing said yet is the empty state."""
    state = State()
    for turn in shopper_turns(conversation):
        state = update(state, reader.read(state, turn))
    return state
