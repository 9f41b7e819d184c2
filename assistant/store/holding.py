"""Who holds a conversation: the assistant, or one agent. A state lock: it is kept and checked in the transaction that
writes, so it holds across threads, processes and crashes, also for a reply that was begun before it changed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from assistant.errors import InvalidInput, UnknownSession
from assistant.store.database import ConflictError
from assistant.store.rows import Locked, advance, last_position, lock, now, owner, text, touch
from assistant.store.schema import handovers, notes, sessions

MOST = 200


class HeldError(ConflictError):
    """Somebody else holds the conversation, so this may not be written. Nothing was."""


def holder_of(connection: Connection, session_id: str) -> str | None:
    """The agent who holds the session, `None` while the assistant does. Raises UnknownSession."""
    row = connection.execute(sa.select(sessions.c.holder).where(sessions.c.id == owner(session_id))).one_or_none()
    if row is None:
        raise UnknownSession(session_id)
    holder: str | None = row.holder
    return holder


def take(connection: Connection, session_id: str, agent: str) -> int:
    """Gives the session to `agent` and returns its revision; the same agent may ask again. Raises HeldError."""
    locked = lock(connection, session_id)
    if locked.holder is None:
        return _pass(connection, session_id, locked, "take_over", named(agent), named(agent))
    if locked.holder != agent:
        holder = locked.holder
        raise HeldError(f"Agent {holder!r} holds this conversation: it can be taken over once they give it back.")
    return locked.revision


def give(connection: Connection, session_id: str, agent: str) -> int:
    """Gives the session back to the assistant and returns its revision; nothing to do where it has it already.

    Raises HeldError where another agent holds it."""
    locked = lock(connection, session_id)
    if locked.holder is None:
        return locked.revision
    if locked.holder != agent:
        raise HeldError(f"Agent {locked.holder!r} holds this conversation, so {agent[:80]!r} cannot give it back.")
    return _pass(connection, session_id, locked, "give_back", agent, None)


def note(
    connection: Connection, session_id: str, agent: str, short: str, long: str, type: str | None,
    satisfaction: int | None,
) -> None:
    """Keeps an agent's note on the session, unless another agent holds it: then raises HeldError. Raises InvalidInput
    where it says nothing, or a satisfaction that is not 1 to 5. The revision stays: it disturbs no reply on its way."""
    if not short.strip():
        raise InvalidInput("A note needs at least its short form.")
    if satisfaction is not None and not 1 <= satisfaction <= 5:
        raise InvalidInput(f"Satisfaction is a whole number from 1 to 5, found {satisfaction}.")
    if (holder := lock(connection, session_id).holder) not in (None, agent):
        raise HeldError(f"Agent {holder!r} holds this conversation: its note is theirs to write.")
    touch(connection, session_id)
    said = {"short": text(short.strip()), "long": text(long.strip()), "type": text(type)}
    after = last_position(connection, session_id)
    connection.execute(
        sa.insert(notes).values(
            session_id=session_id, agent=named(agent), **said, satisfaction=satisfaction, after_message=after,
            timestamp=now(),
        )
    )  # fmt: skip


def require_assistant(locked: Locked) -> None:
    """Raises HeldError while an agent holds the session."""
    if locked.holder is not None:
        raise HeldError(f"Agent {locked.holder!r} holds this conversation: the assistant says nothing in it.")


def require_agent(locked: Locked, agent: str) -> None:
    """Raises HeldError unless `agent` holds the session."""
    if locked.holder != agent:
        held = "The assistant" if locked.holder is None else f"Agent {locked.holder!r}"
        raise HeldError(f"{held} holds this conversation: take it over before you write in it.")


def named(agent: str) -> str:
    """The agent's id. Raises InvalidInput for one that is empty or too long."""
    if not agent.strip() or len(agent) > MOST:
        raise InvalidInput(f"An agent's id is 1 to {MOST} characters, found {agent[:40]!r}.")
    return str(text(agent))


def _pass(
    connection: Connection, session_id: str, locked: Locked, action: str, agent: str, holder: str | None
) -> int:
    revision = advance(connection, session_id, None, locked)
    connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(holder=holder))
    row = {"session_id": session_id, "action": action, "agent": agent, "timestamp": now()}
    after = last_position(connection, session_id)
    connection.execute(sa.insert(handovers).values(**row, after_message=after))
    return revision
