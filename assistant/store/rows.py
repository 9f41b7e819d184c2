"""Records to rows and back, inside a transaction that the store has open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.engine import Connection, Row

from assistant.errors import InvalidInput, UnknownSession
from assistant.records import Constraint, Event, Message, Pick, Reply, State
from assistant.store.database import ConflictError
from assistant.store.records import Feedback, Handover, Note, StateEntry, StateSource, StoredSession
from assistant.store.schema import basket, events, feedback, handovers, messages, notes, sessions, states


def now() -> str:
    """The present time in ISO 8601, UTC, to the millisecond."""
    return _iso(datetime.now(UTC))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def text(value: str | None) -> str | None:
    """The text itself. Raises InvalidInput where it holds a NUL, which not every database can keep."""
    if value is not None and "\0" in value:
        raise InvalidInput("Text must not hold NUL characters.")
    return value


def owner(session_id: str) -> str:
    """The session id itself. Raises UnknownSession for one that no database can even be asked about."""
    if "\0" in session_id or not session_id.isascii():
        raise UnknownSession(session_id)
    return session_id


@dataclass(frozen=True)
class Locked:
    """A session that this transaction has locked: its revision, and the agent who holds it, if one does."""

    revision: int
    holder: str | None


_LOCK = (
    sa.select(sessions.c.revision, sessions.c.holder).where(sessions.c.id == sa.bindparam("session")).with_for_update()
)
_VERSION = sa.select(sessions.c.revision, sessions.c.updated).where(sessions.c.id == sa.bindparam("session"))
_LAST = sa.select(sa.func.max(messages.c.position)).where(messages.c.session_id == sa.bindparam("session"))
_REPEATED = sa.select(messages.c.id).where(
    messages.c.session_id == sa.bindparam("session"), messages.c.idempotency_key == sa.bindparam("key")
)


def lock(connection: Connection, session_id: str) -> Locked:
    """Locks the session for this transaction. Raises UnknownSession."""
    row = connection.execute(_LOCK, {"session": owner(session_id)}).one_or_none()
    if row is None:
        raise UnknownSession(session_id)
    return Locked(int(row.revision), row.holder)


def advance(connection: Connection, session_id: str, expected: int | None, locked: Locked | None = None) -> int:
    """Locks the session, unless it is already, checks its revision, and returns the next one, already written."""
    locked = locked or lock(connection, session_id)
    if expected is not None and locked.revision != expected:
        raise ConflictError("This session was changed by another request in the meantime. Load it again and repeat.")
    revision = locked.revision + 1
    change = {"revision": revision, "updated": now()}
    connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(change))
    return revision


def touch(connection: Connection, session_id: str) -> None:
    """Locks the session and notes that it was used, without a new revision."""
    lock(connection, session_id)
    connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(updated=now()))


def version_of(connection: Connection, session_id: str) -> str:
    """A word for the session as it is. Raises UnknownSession."""
    row = connection.execute(_VERSION, {"session": owner(session_id)}).one_or_none()
    if row is None:
        raise UnknownSession(session_id)
    return f"{row.revision}.{row.updated}"


def insert_message(
    connection: Connection, session_id: str, message: Message, reply: Reply | None, key: str | None = None
) -> None:
    """Appends a message after the session's last one."""
    row = {
        "session_id": session_id,
        "position": last_position(connection, session_id) + 1,
        "role": message.role,
        "content": text(message.content),
        "timestamp": message.timestamp or now(),
        "extra": message.model_extra or {},
        "reply": None if reply is None else _json(reply),
        "idempotency_key": text(key),
    }
    connection.execute(sa.insert(messages).values(row))


def is_repeated(connection: Connection, session_id: str, key: str | None) -> bool:
    """Whether a message with this key is in the session already."""
    if key is None:
        return False
    return connection.scalar(_REPEATED, {"session": session_id, "key": key}) is not None


def insert_events(connection: Connection, session_id: str, new: Iterable[Event]) -> None:
    """Appends events in their order, their times in UTC, so that they compare with those of messages."""
    timed = (event.model_copy(update={"timestamp": _happened(event.timestamp)}) for event in new)
    if rows := [{"session_id": session_id, "event": _json(event)} for event in timed]:
        connection.execute(sa.insert(events), rows)


def _happened(timestamp: str | None) -> str:
    """When an event took place: now where it does not say, or where a client's clock runs ahead."""
    try:
        given = datetime.fromisoformat(timestamp or "")
        return min(_iso((given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)), now())
    except (ValueError, OverflowError):
        return timestamp or now()


def insert_state(
    connection: Connection,
    session_id: str,
    source: StateSource,
    state: State,
    picks: Sequence[Pick],
    relaxed: Sequence[Constraint],
) -> None:
    """Makes `state` the current one."""
    row = {
        "session_id": session_id,
        "source": source,
        "state": _json(state),
        "picks": [_json(pick) for pick in picks],
        "relaxed": [_json(constraint) for constraint in relaxed],
        "after_message": last_position(connection, session_id),
        "timestamp": now(),
        "undone": False,
    }
    connection.execute(sa.insert(states).values(row))


def load_session(connection: Connection, session_id: str) -> StoredSession:
    """The session whole. Raises UnknownSession."""

    def rows(table: sa.Table, order: sa.Column[Any]) -> Sequence[Row[Any]]:
        return connection.execute(sa.select(table).where(table.c.session_id == session_id).order_by(order)).all()

    session = connection.execute(sa.select(sessions).where(sessions.c.id == owner(session_id))).one_or_none()
    if session is None:
        raise UnknownSession(session_id)
    said = rows(messages, messages.c.position)
    return StoredSession(
        **session._mapping,
        messages=tuple(_message(row) for row in said),
        replies={row.position: Reply.model_validate(row.reply) for row in said if row.reply is not None},
        events=tuple(Event.model_validate(row.event) for row in rows(events, events.c.id)),
        states=tuple(_entry(row) for row in rows(states, states.c.id)),
        basket={row.product_id: row.quantity for row in rows(basket, basket.c.id)},
        handovers=tuple(Handover.model_validate(_own(row)) for row in rows(handovers, handovers.c.id)),
        notes=tuple(Note.model_validate(_own(row)) for row in rows(notes, notes.c.id)),
        feedback=tuple(Feedback.model_validate(_own(row)) for row in rows(feedback, feedback.c.id)),
    )


def _message(row: Row[Any]) -> Message:
    return Message(role=row.role, content=row.content, timestamp=row.timestamp, **row.extra)


def _entry(row: Row[Any]) -> StateEntry:
    return StateEntry.model_validate(_own(row))


def _own(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in ("id", "session_id")}


def _json(record: BaseModel) -> dict[str, Any]:
    return record.model_dump(exclude_none=True)  # not mode="json", which turns NaN into null instead of refusing it


def last_position(connection: Connection, session_id: str) -> int:
    """The index of the session's last message, -1 where there is none."""
    last = connection.scalar(_LAST, {"session": session_id})
    return -1 if last is None else int(last)

