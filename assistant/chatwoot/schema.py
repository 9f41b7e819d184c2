"""The tables of the bridge, in the database of the sessions: which session a conversation is, what came in and has not
been dealt with, and what has still to go out. Texts are taken out once they are through; ids stay, to know repeats."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from assistant.store.database import Schema

metadata = MetaData()

version = Table("chatwoot_version", metadata, Column("version", Integer, nullable=False))

conversations = Table(
    "chatwoot_conversations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", BigInteger, nullable=False),
    Column("conversation", BigInteger, nullable=False),
    Column("session_id", String(64), nullable=False, index=True),
    Column("collected", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("passed_at", Float),
    Column("assigned", Boolean, nullable=False),
    Column("leased_by", String(64)),
    Column("leased_until", Float, nullable=False),
    UniqueConstraint("account", "conversation"),
)


def _place() -> Column[int]:
    return Column("place", Integer, ForeignKey("chatwoot_conversations.id", ondelete="CASCADE"), nullable=False)


heard = Table(
    "chatwoot_heard",
    metadata,
    Column("id", Integer, primary_key=True),
    _place(),
    Column("message_id", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("done", Boolean, nullable=False),
    UniqueConstraint("place", "message_id"),
    Index("chatwoot_heard_open", "done", "due"),
)

posts = Table(
    "chatwoot_posts",
    metadata,
    Column("id", Integer, primary_key=True),
    _place(),
    Column("reference", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("done", Boolean, nullable=False),
    UniqueConstraint("place", "reference"),
    Index("chatwoot_posts_open", "done", "due"),
)

BRIDGE = Schema(metadata, version, 1)
