"""Sessions, messages, states, events, baskets and feedback, kept so that nothing acknowledged is lost.

Every method is one transaction: when it returns, what it was given is on disk (SQLite: WAL with synchronous=FULL);
when it raises, nothing of it is. A store may be used by many threads, and several processes may open one database.

A turn has two steps, so that a shopper's words survive a model that fails or a process that is killed::

    session = store.load(session_id)
    revision = store.append_message(session_id, Message(role="user", content=...), events)
    ...the model reads, searches, writes...
    store.append_reply(session_id, reply, expected=revision)

While an agent holds the session (`take_over` to `give_back`), `append_reply` is refused: see `assistant.store.holding`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from assistant.errors import InvalidInput, UnknownSession
from assistant.records import Constraint, Event, Message, Pick, Reply, State
from assistant.store.database import Database
from assistant.store.holding import give, holder_of, note, require_agent, require_assistant, take
from assistant.store.overview import Overviews, revisions
from assistant.store.records import Overview, StateSource, StoredSession, Thumb
from assistant.store.rows import (
    advance,
    insert_events,
    insert_message,
    insert_state,
    is_repeated,
    load_session,
    lock,
    now,
    owner,
    text,
    touch,
    version_of,
)
from assistant.store.schema import SESSIONS, basket, feedback, messages, sessions, states


class Store:
    """The sessions at `url` (`sqlite:///FILE` or `postgresql://...`). `timeout` is in seconds: how long a writer waits
    for another one.

    All methods that take a session raise UnknownSession where there is none of that id, and StoreError where the
    database cannot be read or written. `expected`, where given, is the revision that the caller's knowledge rests on:
    ConflictError is raised, and nothing is written, if the session has moved on since.
    """

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self._database = Database(url, timeout, SESSIONS)
        self._overviews = Overviews()

    def create_session(self, user_id: str | None = None) -> str:
        """A new, empty session; its id holds 256 random bits."""
        session_id, created = secrets.token_urlsafe(32), now()
        row = {"id": session_id, "user_id": text(user_id), "created": created, "updated": created, "revision": 0}
        with self._database.write() as connection:
            connection.execute(sa.insert(sessions).values(row))
        return session_id

    def load(self, session_id: str) -> StoredSession:
        """The session as it is at this moment, all of it from one snapshot."""
        with self._database.read() as connection:
            return load_session(connection, session_id)

    def append_message(
        self,
        session_id: str,
        message: Message,
        events: Iterable[Event] = (),
        *,
        expected: int | None = None,
        key: str | None = None,
    ) -> int:
        """Saves a shopper's message, and what happened before it; returns the new revision.

        `key` is the sender's own id of the message: sent again after a crash, it is not saved twice, and the revision
        is the present one."""
        if message.role != "user":
            raise InvalidInput("Only a shopper's message is saved so: use append_reply or append_agent_message.")
        with self._database.write() as connection:
            locked = lock(connection, session_id)
            if is_repeated(connection, session_id, key):
                return locked.revision
            revision = advance(connection, session_id, expected, locked)
            insert_events(connection, session_id, events)
            insert_message(connection, session_id, message, None, key)
            return revision

    def append_agent_message(
        self, session_id: str, agent: str, content: str, *, expected: int | None = None, key: str | None = None
    ) -> int:
        """Saves a message of the agent who holds the session, `key` as in `append_message`; returns the new revision.

        Raises HeldError for anybody else."""
        message = Message.model_validate({"role": "agent", "content": content, "agent": agent})
        with self._database.write() as connection:
            locked = lock(connection, session_id)
            if is_repeated(connection, session_id, key):
                return locked.revision
            require_agent(locked, agent)
            revision = advance(connection, session_id, expected, locked)
            insert_message(connection, session_id, message, None, key)
            return revision

    def take_over(self, session_id: str, agent: str) -> int:
        """Gives the session to `agent`: from now on no reply of the assistant is saved. Returns the revision; asking
        again changes nothing. Raises HeldError where another agent holds it."""
        with self._database.write() as connection:
            return take(connection, session_id, agent)

    def give_back(self, session_id: str, agent: str) -> int:
        """Gives the session back to the assistant, which answers the shopper's next message. Returns the revision;
        asking again changes nothing. Raises HeldError where another agent holds it."""
        with self._database.write() as connection:
            return give(connection, session_id, agent)

    def add_note(
        self, session_id: str, agent: str, short: str, long: str = "", *, type: str | None = None,
        satisfaction: int | None = None,
    ) -> None:
        """Keeps an agent's note on the session (see `Note`), after those that there are. Raises HeldError where
        another agent holds it, InvalidInput for an empty note or a satisfaction that is not 1 to 5."""
        with self._database.write() as connection:
            note(connection, session_id, agent, short, long, type, satisfaction)

    def holder(self, session_id: str) -> str | None:
        """The agent who holds the session at this moment, `None` while the assistant does."""
        with self._database.read() as connection:
            return holder_of(connection, session_id)

    def message_index(self, session_id: str, key: str) -> int | None:
        """The index of the message that was saved with this key, `None` where there is none."""
        same = sa.and_(messages.c.session_id == session_id, messages.c.idempotency_key == key)
        with self._database.read() as connection:
            return connection.scalar(sa.select(messages.c.position).where(same))

    def overviews(self, limit: int = 200) -> tuple[Overview, ...]:
        """The conversations that were used last, latest first."""
        with self._database.read() as connection:
            return self._overviews.latest(connection, limit)

    def revisions(self, limit: int) -> dict[str, int]:
        """The revisions of the conversations that were used last, by session, latest first."""
        with self._database.read() as connection:
            return revisions(connection, limit)

    def version(self, session_id: str) -> str:
        """A word that is another one whenever something in the session has changed."""
        with self._database.read() as connection:
            return version_of(connection, session_id)

    def append_reply(
        self,
        session_id: str,
        reply: Reply,
        *,
        expected: int | None = None,
        picks: Sequence[Pick] | None = None,
        events: Iterable[Event] = (),
    ) -> int:
        """Saves the assistant's message with its reply, and `reply.state` as the current state; returns the revision.

        `picks` are those that go with the state from now on, `reply.picks` unless others are given. Raises HeldError
        while an agent holds the session.
        """
        with self._database.write() as connection:
            locked = lock(connection, session_id)
            require_assistant(locked)
            revision = advance(connection, session_id, expected, locked)
            insert_events(connection, session_id, events)
            insert_message(connection, session_id, Message(role="assistant", content=reply.text), reply)
            shown = reply.picks if picks is None else picks
            insert_state(connection, session_id, "reading", reply.state, shown, reply.relaxed)
            return revision

    def push_state(
        self,
        session_id: str,
        state: State,
        *,
        picks: Sequence[Pick] = (),
        relaxed: Sequence[Constraint] = (),
        source: StateSource = "edit",
        expected: int | None = None,
    ) -> int:
        """Makes `state` the current one, with the picks that belong to it; the earlier ones are kept. Returns the
        new revision."""
        with self._database.write() as connection:
            revision = advance(connection, session_id, expected)
            insert_state(connection, session_id, source, state, picks, relaxed)
            return revision

    def undo(self, session_id: str, *, expected: int | None = None) -> int:
        """Takes back the last change by hand: the state and picks before it are current again; returns the new
        revision. What was taken back stays in the history, marked `undone`.

        Raises InvalidInput if the current state was not made by hand.
        """
        with self._database.write() as connection:
            revision = advance(connection, session_id, expected)
            live = sa.select(states.c.id, states.c.source).where(states.c.session_id == session_id, ~states.c.undone)
            last = connection.execute(live.order_by(states.c.id.desc()).limit(1)).one_or_none()
            if last is None or last.source != "edit":
                raise InvalidInput("There is no change by hand to take back since the last answer.")
            connection.execute(sa.update(states).where(states.c.id == last.id).values(undone=True))
            return revision

    def record_events(self, session_id: str, events: Iterable[Event]) -> None:
        """Appends what the shopper did; an event without a time gets the present one. Leaves the revision alone."""
        with self._database.write() as connection:
            touch(connection, session_id)
            insert_events(connection, session_id, events)

    def set_basket(self, session_id: str, product_id: str, quantity: int, events: Iterable[Event] = ()) -> None:
        """Puts `quantity` of a product into the basket in place of what was there, 0 to take it out, and appends
        `events`. Leaves the revision alone."""
        if not 0 <= quantity <= 9999:
            raise InvalidInput(f"The quantity must be a whole number from 0 to 9999, not {quantity}.")
        line = sa.and_(basket.c.session_id == session_id, basket.c.product_id == product_id)
        row = {"session_id": session_id, "product_id": text(product_id), "quantity": quantity}
        with self._database.write() as connection:
            touch(connection, session_id)
            if quantity == 0:
                connection.execute(sa.delete(basket).where(line))
            elif connection.execute(sa.update(basket).where(line).values(quantity=quantity)).rowcount == 0:
                connection.execute(sa.insert(basket).values(row))
            insert_events(connection, session_id, events)

    def add_feedback(self, session_id: str, message_index: int, value: Thumb, comment: str = "") -> None:
        """Keeps what the shopper thinks of the assistant's message at `message_index`, in place of what they thought
        before. Raises InvalidInput where there is no such message."""
        row = {"session_id": session_id, "message_index": message_index, "value": value}
        row |= {"comment": text(comment), "timestamp": now()}
        at = sa.and_(messages.c.session_id == session_id, messages.c.position == message_index)
        before = sa.and_(feedback.c.session_id == session_id, feedback.c.message_index == message_index)
        with self._database.write() as connection:
            touch(connection, session_id)
            if connection.scalar(sa.select(messages.c.role).where(at)) != "assistant":
                raise InvalidInput(f"Message {message_index} is no answer of the assistant: give the index of one.")
            connection.execute(sa.delete(feedback).where(before))
            connection.execute(sa.insert(feedback).values(row))

    def delete_session(self, session_id: str) -> None:
        """Deletes the session and all that belongs to it."""
        with self._database.write() as connection:
            if connection.execute(sa.delete(sessions).where(sessions.c.id == owner(session_id))).rowcount == 0:
                raise UnknownSession(session_id)

    def close(self) -> None:
        """Closes the connections; the store cannot be used afterwards."""
        self._database.close()

