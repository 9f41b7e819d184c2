"""Conversations as a queue shows them: a few queries whatever their number, and one where none has moved on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from assistant.records import Message, Reply, State
from assistant.shop import emails_in
from assistant.store.records import Overview
from assistant.store.schema import handovers, messages, sessions, states

_TALKED = sa.exists().where(messages.c.session_id == sessions.c.id)
_LAST_USED = (sessions.c.updated.desc(), sessions.c.id)
_RECENT = sa.select(sessions).where(_TALKED).order_by(*_LAST_USED).limit(sa.bindparam("limit"))
_REVISIONS = (
    sa.select(sessions.c.id, sessions.c.revision).where(_TALKED).order_by(*_LAST_USED).limit(sa.bindparam("limit"))
)


def revisions(connection: Connection, limit: int) -> dict[str, int]:
    """The revisions of the `limit` conversations that were used last, by session, latest first."""
    return {row.id: row.revision for row in connection.execute(_REVISIONS, {"limit": limit})}


class Overviews:
    """Remembers the overviews that it read last; those whose session has another revision by now are read again.

    Safe to use from many threads: what is remembered is replaced whole."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Overview]] = {}

    def latest(self, connection: Connection, limit: int) -> tuple[Overview, ...]:
        """The `limit` conversations that were used last, latest first; those in which nothing was said are left out."""
        rows = connection.execute(_RECENT, {"limit": limit}).all()
        known = self._known
        same = {row.id: _as_of(row, known[row.id][1]) for row in rows if known.get(row.id, (None,))[0] == row.revision}
        fresh = _read(connection, [row for row in rows if row.id not in same])
        found = {row.id: same.get(row.id) or fresh[row.id] for row in rows}
        self._known = {row.id: (row.revision, found[row.id]) for row in rows}
        return tuple(found.values())


def _as_of(row: Row[Any], overview: Overview) -> Overview:
    """The overview with the time of something that made no new revision, such as a click."""
    return overview if overview.updated == row.updated else overview.model_copy(update={"updated": row.updated})


def _read(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, Overview]:
    if not rows:
        return {}
    ids = [row.id for row in rows]
    last = _latest(connection, messages, messages.c.position, ids)
    said = _latest(connection, messages, messages.c.position, ids, messages.c.role == "user")
    emails = _emails(connection, ids)
    replies = _latest(connection, messages, messages.c.position, ids, messages.c.reply.is_not(None))
    promised = _latest(connection, messages, messages.c.position, ids, messages.c.reply["handover"].as_boolean())
    current = _latest(connection, states, states.c.id, ids, ~states.c.undone)
    passed = _latest(connection, handovers, handovers.c.id, ids)
    return {
        row.id: _overview(
            row, last[row.id], said.get(row.id), replies.get(row.id), promised.get(row.id), current.get(row.id),
            passed.get(row.id), emails.get(row.id, ()),
        )
        for row in rows
    }  # fmt: skip


def _emails(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The e-mail addresses that the shoppers of sessions wrote, by session."""
    chosen = sa.select(messages).where(messages.c.session_id.in_(ids), messages.c.role == "user")
    rows = connection.execute(chosen.where(messages.c.content.contains("@")).order_by(messages.c.position)).all()
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.session_id] = (*found.get(row.session_id, ()), *emails_in([_message(row)]))
    return found


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
    session: Row[Any], last: Row[Any], said: Row[Any] | None, reply: Row[Any] | None, promised: Row[Any] | None,
    state: Row[Any] | None, passed: Row[Any] | None, emails: tuple[str, ...],
) -> Overview:  # fmt: skip
    came = passed is not None and promised is not None and passed.after_message >= promised.position
    return Overview(
        **session._mapping,
        messages=last.position + 1,
        last_message=_message(last),
        last_said=None if said is None else _message(said),
        emails=emails,
        last_reply=None if reply is None else Reply.model_validate(reply.reply),
        reply_index=None if reply is None else reply.position,
        state=State() if state is None else State.model_validate(state.state),
        handed_over=promised is not None and not came,
        attended=last.role == "agent" or (passed is not None and passed.after_message >= last.position),
    )


def _message(row: Row[Any]) -> Message:
    return Message(role=row.role, content=row.content, timestamp=row.timestamp, **row.extra)
