"""What the bridge has promised to do, kept in the database: taken in before Chatwoot is told so, and sent until it has
it, across restarts. Several processes may share it: each conversation is worked on by one at a time, under a lease.

Times are seconds since the epoch. A `place` is the id of a conversation here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from assistant.chatwoot.schema import BRIDGE, conversations, heard, posts
from assistant.store.database import Database
from assistant.store.schema import sessions

Kind = Literal["text", "note", "status"]
Clock = Callable[[], float]
LEASE = 30.0
WITHHELD = "Not sent, since a person took over before it could be:\n\n"


@dataclass(frozen=True)
class Place:
    """A conversation of Chatwoot and its session. `collected` counts the session's messages that have been looked at
    for something to send, at its `revision`."""

    id: int
    conversation: int
    session_id: str
    collected: int
    revision: int


@dataclass(frozen=True)
class Item:
    """A contact's message that is to be answered; `silent`: only to be read, since a person took over after it."""

    id: int
    message_id: int
    text: str
    silent: bool
    attempts: int


@dataclass(frozen=True)
class Draft:
    """Something to send. `reference` tells it from all others of its conversation, so that it is sent once; `own`: the
    assistant's words, which are kept back where a person takes over."""

    reference: str
    kind: Kind
    text: str
    own: bool = False


@dataclass(frozen=True)
class Post:
    """A draft on its way, `attempts` failed so far."""

    id: int
    kind: Kind
    text: str
    attempts: int
    due: float


class Ledger:
    """The ledger at `url`, a database of sessions. `worker` names this process. Methods are one transaction each."""

    def __init__(self, url: str, account: int, worker: str, clock: Clock) -> None:
        self._database = Database(url, 10.0, BRIDGE)
        self._account = account
        self._worker = worker
        self._clock = clock

    # --- taking in ---------------------------------------------------------------------------------------------------

    def find(self, conversation: int) -> Place | None:
        """The place of a conversation of Chatwoot."""
        same = sa.and_(conversations.c.account == self._account, conversations.c.conversation == conversation)
        return self._place(same)

    def add(self, conversation: int, session_id: str) -> Place:
        """A place for a conversation: the one that it has, else a new one with this session."""
        same = sa.and_(conversations.c.account == self._account, conversations.c.conversation == conversation)
        row = {"account": self._account, "conversation": conversation, "session_id": session_id, "collected": 0,
               "revision": 0, "assigned": False, "leased_until": 0.0}  # fmt: skip
        with self._database.write() as connection:
            if (found := _read_place(connection, same)) is None:
                connection.execute(sa.insert(conversations).values(row))
                found = _read_place(connection, same)
            assert found is not None
            return found

    def renew_session(self, place: int, session_id: str) -> None:
        """Gives a place another session, where its own was deleted."""
        change = {"session_id": session_id, "collected": 0, "revision": 0}
        with self._database.write() as connection:
            connection.execute(sa.update(conversations).where(conversations.c.id == place).values(change))

    def hear(self, place: int, message_id: int, text: str, *, silent: bool = False) -> bool:
        """Notes a contact's message, `silent` where a person answers it; False where it is noted already."""
        row = {"place": place, "message_id": message_id, "text": text, "silent": silent, "attempts": 0,
               "due": self._clock(), "done": False}  # fmt: skip
        same = sa.and_(heard.c.place == place, heard.c.message_id == message_id)
        with self._database.write() as connection:
            if connection.scalar(sa.select(heard.c.id).where(same)) is not None:
                return False
            connection.execute(sa.insert(heard).values(row))
            return True

    def passed(self, place: int, at: float | None, *, assigned: bool = False) -> bool:
        """Notes when Chatwoot last said who answers, `assigned` where a person does who was assigned while it was
        pending; False where it has said something newer before."""
        here = conversations.c.id == place
        with self._database.write() as connection:
            before = connection.scalar(sa.select(conversations.c.passed_at).where(here))
            if before is not None and at is not None and at < before:
                return False
            news = {"assigned": assigned} | ({} if at is None else {"passed_at": at})
            connection.execute(sa.update(conversations).where(here).values(news))
            return True

    def assigned(self, place: int) -> bool:
        """Whether a person answers who was assigned while the conversation was pending."""
        with self._database.read() as connection:
            return bool(connection.scalar(sa.select(conversations.c.assigned).where(conversations.c.id == place)))

    def keep_back(self, place: int) -> None:
        """A person took over: what is waiting to be answered is only read, and what the assistant said and has not been
        sent becomes a note for that person."""
        with self._database.write() as connection:
            waiting = sa.and_(heard.c.place == place, ~heard.c.done)
            connection.execute(sa.update(heard).where(waiting).values(silent=True))
            unsent = sa.and_(posts.c.place == place, ~posts.c.done, posts.c.own, posts.c.kind == "text")
            text = sa.literal(WITHHELD) + posts.c.text
            connection.execute(sa.update(posts).where(unsent).values(kind="note", text=text))

    def opening(self, place: int) -> bool:
        """Whether the conversation is still to be passed to the people in Chatwoot."""
        waiting = sa.and_(posts.c.place == place, ~posts.c.done, posts.c.kind == "status")
        with self._database.read() as connection:
            return connection.scalar(sa.select(posts.c.id).where(waiting).limit(1)) is not None

    def returned(self, place: int, post: int) -> None:
        """Chatwoot has this post: it need not be sent again."""
        with self._database.write() as connection:
            _settle(connection, sa.and_(posts.c.id == post, posts.c.place == place))

    # --- working it off ----------------------------------------------------------------------------------------------

    def due(self, limit: int = 50) -> list[int]:
        """The places where something is to be done now and nobody does it: to answer, to send, or to look at, since
        their session was written to within the last day, as an agent of the shop's own desk does."""
        now, here = self._clock(), conversations.c.id
        lately = datetime.fromtimestamp(now - 86400, UTC).isoformat(timespec="milliseconds")
        moved = sa.select(here).join(sessions, sessions.c.id == conversations.c.session_id)
        moved = moved.where(sessions.c.updated >= lately, sessions.c.revision != conversations.c.revision)
        some = sa.union(
            sa.select(heard.c.place).where(~heard.c.done, heard.c.due <= now),
            sa.select(posts.c.place).where(~posts.c.done, posts.c.due <= now),
            moved,
        )
        free = sa.and_(conversations.c.account == self._account, conversations.c.leased_until < now)
        query = sa.select(here).where(free, here.in_(some)).order_by(here).limit(limit)
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def lease(self, place: int) -> bool:
        """Takes a place to work on; False where another process has it."""
        now = self._clock()
        free = sa.and_(conversations.c.id == place, conversations.c.leased_until < now)
        values = {"leased_by": self._worker, "leased_until": now + LEASE}
        with self._database.write() as connection:
            return connection.execute(sa.update(conversations).where(free).values(values)).rowcount == 1

    def renew(self, places: Iterable[int]) -> None:
        """Keeps the places that are worked on here."""
        mine = sa.and_(conversations.c.id.in_(list(places)), conversations.c.leased_by == self._worker)
        values = {"leased_until": self._clock() + LEASE}
        with self._database.write() as connection:
            connection.execute(sa.update(conversations).where(mine).values(values))

    def release(self, place: int) -> None:
        """Gives a place free."""
        mine = sa.and_(conversations.c.id == place, conversations.c.leased_by == self._worker)
        with self._database.write() as connection:
            connection.execute(sa.update(conversations).where(mine).values(leased_until=0.0))

    def place(self, place: int) -> Place:
        """The place of that id."""
        found = self._place(conversations.c.id == place)
        assert found is not None
        return found

    def next_heard(self, place: int) -> Item | None:
        """The oldest message that is to be answered, if it is due."""
        waiting = sa.select(heard).where(heard.c.place == place, ~heard.c.done).order_by(heard.c.id).limit(1)
        with self._database.read() as connection:
            row = connection.execute(waiting).one_or_none()
        if row is None or row.due > self._clock():
            return None
        return Item(row.id, row.message_id, row.text, row.silent, row.attempts)

    def next_post(self, place: int) -> Post | None:
        """The oldest post that has not been sent, due or not: nothing overtakes it."""
        waiting = sa.select(posts).where(posts.c.place == place, ~posts.c.done).order_by(posts.c.id).limit(1)
        with self._database.read() as connection:
            row = connection.execute(waiting).one_or_none()
        return None if row is None else Post(row.id, row.kind, row.text, row.attempts, row.due)

    def collect(self, place: int, drafts: Sequence[Draft], collected: int, revision: int) -> None:
        """Takes drafts on, each once, and notes up to where the session was looked at."""
        with self._database.write() as connection:
            self._take_on(connection, place, drafts)
            values = {"collected": collected, "revision": revision}
            connection.execute(sa.update(conversations).where(conversations.c.id == place).values(values))

    def draft(self, place: int, *drafts: Draft) -> None:
        """Takes drafts on that are in no session, each once."""
        with self._database.write() as connection:
            self._take_on(connection, place, drafts)

    def answered(self, item: int) -> None:
        """A message was dealt with."""
        with self._database.write() as connection:
            connection.execute(sa.update(heard).where(heard.c.id == item).values(done=True, text=""))

    def answer_later(self, place: int, item: int, seconds: float) -> None:
        """A message could not be dealt with: it, and those after it, wait."""
        with self._database.write() as connection:
            connection.execute(sa.update(heard).where(heard.c.id == item).values(attempts=heard.c.attempts + 1))
            waiting = sa.and_(heard.c.place == place, ~heard.c.done)
            connection.execute(sa.update(heard).where(waiting).values(due=self._clock() + seconds))

    def sent(self, place: int, post: Post) -> None:
        """A post was taken, or never will be. Where it passed the conversation on, that is the newest word on it."""
        with self._database.write() as connection:
            _settle(connection, posts.c.id == post.id)
            if post.kind == "status":
                change = sa.update(conversations).where(conversations.c.id == place)
                connection.execute(change.values(passed_at=self._clock()))

    def send_later(self, place: int, post: int, seconds: float) -> None:
        """A post was not taken: it, and those after it, wait."""
        with self._database.write() as connection:
            connection.execute(sa.update(posts).where(posts.c.id == post).values(attempts=posts.c.attempts + 1))
            unsent = sa.and_(posts.c.place == place, ~posts.c.done)
            connection.execute(sa.update(posts).where(unsent).values(due=self._clock() + seconds))

    def waiting(self) -> int:
        """How many posts have not been sent."""
        with self._database.read() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(posts).where(~posts.c.done)) or 0)

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()

    def _place(self, condition: sa.ColumnElement[bool]) -> Place | None:
        with self._database.read() as connection:
            return _read_place(connection, condition)

    def _take_on(self, connection: Connection, place: int, drafts: Sequence[Draft]) -> None:
        known = set(connection.scalars(sa.select(posts.c.reference).where(posts.c.place == place)))
        for draft in drafts:
            if draft.reference not in known:
                row = {"place": place, "reference": draft.reference, "kind": draft.kind, "text": draft.text,
                       "own": draft.own, "attempts": 0, "due": self._clock(), "done": False}  # fmt: skip
                connection.execute(sa.insert(posts).values(row))


def _read_place(connection: Connection, condition: sa.ColumnElement[bool]) -> Place | None:
    row = connection.execute(sa.select(conversations).where(condition)).one_or_none()
    return None if row is None else Place(row.id, row.conversation, row.session_id, row.collected, row.revision)


def _settle(connection: Connection, condition: sa.ColumnElement[bool]) -> None:
    connection.execute(sa.update(posts).where(condition).values(done=True, text=""))
