"""One shopper's session as it stands, and what earlier turns of it settled."""

from __future__ import annotations

from assistant.store.records import StoredSession as Session

__all__ = ["Session", "asked", "rejected", "shown", "taken_since"]


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
