"""The tables. Records are kept whole as JSON; what is searched or ordered by has a column of its own."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Connection

from assistant.store.database import Schema

SCHEMA_VERSION = 4

metadata = MetaData()


def _session() -> Column[str]:
    return Column("session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False)


schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", Text),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("holder", Text),
)
_by_use = Index("sessions_by_use", sessions.c.updated.desc(), sessions.c.id)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    _session(),
    Column("position", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("content", Text, nullable=False),
    Column("timestamp", String(40), nullable=False),
    Column("extra", JSON, nullable=False),
    Column("reply", JSON(none_as_null=True)),
    Column("idempotency_key", String(200)),
    UniqueConstraint("session_id", "position"),
    Index("messages_by_key", "session_id", "idempotency_key", unique=True),
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Integer, primary_key=True),
    _session(),
    Column("action", String(16), nullable=False),
    Column("agent", Text, nullable=False),
    Column("after_message", Integer, nullable=False),
    Column("timestamp", String(40), nullable=False),
    Index("handovers_by_session", "session_id", "id"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    _session(),
    Column("event", JSON, nullable=False),
    Index("events_by_session", "session_id", "id"),
)

states = Table(
    "states",
    metadata,
    Column("id", Integer, primary_key=True),
    _session(),
    Column("source", String(16), nullable=False),
    Column("state", JSON, nullable=False),
    Column("picks", JSON, nullable=False),
    Column("relaxed", JSON, nullable=False),
    Column("after_message", Integer, nullable=False),
    Column("timestamp", String(40), nullable=False),
    Column("undone", Boolean, nullable=False),
    Index("states_by_session", "session_id", "id"),
)

basket = Table(
    "basket",
    metadata,
    Column("id", Integer, primary_key=True),
    _session(),
    Column("product_id", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    UniqueConstraint("session_id", "product_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    _session(),
    Column("message_index", Integer, nullable=False),
    Column("value", String(8), nullable=False),
    Column("comment", Text, nullable=False),
    Column("timestamp", String(40), nullable=False),
    UniqueConstraint("session_id", "message_index"),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True),
    _session(),
    Column("agent", Text, nullable=False),
    Column("short", Text, nullable=False),
    Column("long", Text, nullable=False),
    Column("type", Text),
    Column("satisfaction", Integer),
    Column("after_message", Integer, nullable=False),
    Column("timestamp", String(40), nullable=False),
    Index("notes_by_session", "session_id", "id"),
)


def _holding(connection: Connection) -> None:
    """From version 1: who holds a session, the history of that, and keys of messages."""
    connection.execute(text("ALTER TABLE sessions ADD COLUMN holder TEXT"))
    connection.execute(text("ALTER TABLE messages ADD COLUMN idempotency_key VARCHAR(200)"))
    next(index for index in messages.indexes if index.name == "messages_by_key").create(connection)
    handovers.create(connection)


def _queue(connection: Connection) -> None:
    """From version 2: the conversations that were used last are found without sorting all."""
    _by_use.create(connection)


def _notes(connection: Connection) -> None:
    """From version 3: agents' notes."""
    notes.create(connection)


SESSIONS = Schema(metadata, schema_version, SCHEMA_VERSION, {1: _holding, 2: _queue, 3: _notes})
