"""One shopper's session as it stands, and what earlier turns of it settled."""

from __future__ import annotations

from assistant.errors import ModelError
from assistant.reading import Reader, shopper_turns
from assistant.records import Conversation, State
from assistant.state import update
from assistant.store.records import StoredSession as Session

__all__ = ["Session", "asked", "read_last", "rejected", "shown", "taken_since", "unread"]

CAUGHT_UP = 8
"""How many messages that nobody read are read at most before the last one."""


def unread(session: Session) -> list[Conversation]:
    """The conversation up to each message of the shopper that was saved and never read, as where a turn failed or was
    cut off, oldest first; the last message is not among them."""
    heard = max((entry.after_message for entry in session.states if entry.source == "reading"), default=-1)
    last = len(session.messages) - 1
    return [turn for turn in shopper_turns(session.conversation) if heard < len(turn.messages) - 1 < last]


def read_last(reader: Reader, session: Session) -> State:
    """The state after the session's last message, a shopper's, whatever was left unread before it included. Raises
    `ModelError` where the last one cannot be read."""
    state = session.state
    for turn in unread(session)[-CAUGHT_UP:]:
        try:
            state = update(state, reader.read(state, turn))
        except ModelError:
            continue  # what failed before may fail again, and must not keep the shopper from going on
    return update(state, reader.read(state, session.conversation))


def asked(session: Session) -> frozenset[str]:
    """What the shopper was asked about already: attributes, or words of a constraint that was asked back."""
    return frozenset(reply.asked for reply in session.replies.values() if reply.asked is not None)


def rejected(session: Session) -> frozenset[str]:
    """Ids of the products that the shopper turned down."""
    return frozenset(product_id for reply in session.replies.values() for product_id in reply.rejected)


def shown(session: Session) -> frozenset[str]:
    """Ids of all products picked for this shopper so far."""
    return frozenset(pick.id for reply in session.replies.values() for pick in reply.picks)


def taken_since(session: Session, before: Session) -> bool:
    """Whether an agent took the conversation over, or gave it back, since it was as in `before`."""
    return len(session.handovers) > len(before.handovers)
