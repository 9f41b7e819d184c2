"""Conversations as a queue shows them, in a few queries whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from assistant.records import Message, Reply, State
from assistant.store.records import Overview
from assistant.store.schema import handovers, messages, sessions, states


def overviews(connection: Connection, limit: int) -> tuple[Overview, ...]:
    """The `limit` conversations that were used last, latest first; those in which nothing was said are left out."""
    talked = sa.exists().where(messages.c.session_id == sessions.c.id)
    recent = sa.select(sessions).where(talked).order_by(sessions.c.updated.desc(), sessions.c.id).limit(limit)
    rows = connection.execute(recent).all()
    ids = [row.id for row in rows]
    last = _latest(connection, messages, messages.c.position, ids)
    replies = _latest(connection, messages, messages.c.position, ids, messages.c.reply.is_not(None))
    current = _latest(connection, states, states.c.id, ids, ~states.c.undone)
    passed = _latest(connection, handovers, handovers.c.id, ids)
    return tuple(_overview(row, last[row.id], replies.get(row.id), current.get(row.id), passed.get(row.id))
                 for row in rows)


def _latest(
    connection: Connection, table: sa.Table, order: sa.Column[Any], ids: Sequence[str], *only: sa.ColumnElement[bool]
) -> dict[str, Row[Any]]:
    """The last row of each session by `order`, of those that `only` lets through."""
    newest = sa.select(sa.func.max(order).label("newest"), table.c.session_id)
    newest = newest.where(table.c.session_id.in_(ids), *only).group_by(table.c.session_id)
    of = newest.subquery()
    found = sa.select(table).join(of, sa.and_(table.c.session_id == of.c.session_id, order == of.c.newest))
    return {row.session_id: row for row in connection.execute(found)}


def _overview(
    session: Row[Any], last: Row[Any], reply: Row[Any] | None, state: Row[Any] | None, passed: Row[Any] | None
) -> Overview:
    said = None if reply is None else Reply.model_validate(reply.reply)
    waiting = reply is not None and said is not None and said.handover
    taken = passed is not None and reply is not None and passed.after_message >= reply.position
    return Overview(
        **session._mapping,
        messages=last.position + 1,
        last_message=Message(role=last.role, content=last.content, timestamp=last.timestamp, **last.extra),
        last_reply=said,
        reply_index=None if reply is None else reply.position,
        state=State() if state is None else State.model_validate(state.state),
        handed_over=waiting and not taken,
        attended=last.role == "agent" or (passed is not None and passed.after_message >= last.position),
    )
