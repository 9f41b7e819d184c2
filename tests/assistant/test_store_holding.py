"""Who holds a conversation: whatever order shoppers, assistant and agents act in, and wherever they crash, the
assistant says nothing while an agent holds it, no message is lost or doubled, and nothing goes in circles."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from assistant.errors import InvalidInput, UnknownSession
from assistant.records import Event, Message, State
from assistant.store import ConflictError, Handover, HeldError, Store, StoredSession
from tests.assistant.stores import postgresql, reply, store, url, user

__all__ = ["postgresql", "store", "url"]

ROOT = Path(__file__).resolve().parents[2]
INTERLEAVINGS = 10_000
AGENTS = ("ana", "bo")


@dataclass(frozen=True)
class Told:
    """What of a session matters here, read without the store: who said what, who took over and gave back, who holds."""

    messages: tuple[Message, ...]
    handovers: tuple[Handover, ...]
    holder: str | None

    @classmethod
    def of(cls, store: Store, session_id: str) -> Told:
        with store._database.read() as connection:
            said = connection.exec_driver_sql(
                "SELECT role, content, extra FROM messages WHERE session_id = ? ORDER BY position", (session_id,))
            passed = connection.exec_driver_sql(
                "SELECT action, agent, after_message FROM handovers WHERE session_id = ? ORDER BY id", (session_id,))
            holder = connection.exec_driver_sql("SELECT holder FROM sessions WHERE id = ?", (session_id,))
            return cls(
                tuple(Message(role=role, content=content, **json.loads(extra)) for role, content, extra in said),
                tuple(Handover(action=a, agent=who, after_message=i, timestamp="") for a, who, i in passed),
                holder.scalar_one(),
            )


def silent_while_held(session: Told | StoredSession) -> None:
    """Take-over and give-back alternate, and between them only the agent who took over writes beside the shopper."""
    last: str | None = None
    for handover in session.handovers:
        assert (handover.action == "take_over") == (last is None), "take-over and give-back alternate"
        assert last in (None, handover.agent), "only who holds a conversation gives it back"
        last = handover.agent if handover.action == "take_over" else None
    assert session.holder == last
    for i, message in enumerate(session.messages):
        passed = [h for h in session.handovers if h.after_message < i]
        holder = passed[-1].agent if passed and passed[-1].action == "take_over" else None
        assert message.role != "assistant" or holder is None, "the assistant spoke while an agent held the conversation"
        if message.role == "agent":
            assert holder == (message.model_extra or {})["agent"], "an agent wrote without holding the conversation"


def consistent(session: Told | StoredSession) -> None:
    """The above, and the assistant answers each shopper's message at most once and none that an agent dealt with."""
    silent_while_held(session)
    for i, message in enumerate(session.messages):
        if message.role == "assistant":
            assert session.messages[i - 1].role == "user", "a reply answers a shopper's message"
            assert all(h.after_message != i - 1 for h in session.handovers), "an agent's message was answered again"


class Crash(BaseException):
    """The process died here: what it had not committed is gone, and it never learns what it had."""


class CrashingStore(Store):
    """A real store whose process dies at a chosen write, just before its commit or just after."""

    crash: str | None = None

    def __init__(self, url: str) -> None:
        super().__init__(url)
        write = self._database.write
        sa.event.listen(self._database.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF"))
        self._database.engine.dispose()  # the processes die here, not the machine: no need to wait for the disk

        @contextmanager
        def dying() -> Iterator[Connection]:
            with write() as connection:
                yield connection
                self._die("before")
            self._die("after")

        self._database.write = dying  # type: ignore[method-assign]

    def _die(self, when: str) -> None:
        if self.crash == when:
            self.crash = None
            raise Crash


@dataclass
class Play:
    """One interleaving: steps of a shopper, two processes of the assistant and two agents, in a drawn order."""

    store: CrashingStore
    random: random.Random
    session_id: str = ""
    begun: list[int] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    tried: int = 0

    def run(self) -> None:
        self.session_id = self.store.create_session()
        steps: tuple[Callable[[], None], ...] = (self.shopper, self.finish, self.take, self.give, self.say)
        drawn = self.random.choices(steps, (3, 4, 3, 2, 2), k=self.random.randint(2, 6))
        for step in (self.shopper, *drawn):
            self.store.crash = self.random.choice((None, None, None, None, "before", "after"))
            with suppress(HeldError, ConflictError, Crash):
                step()
        self.store.crash = None

    def agent(self) -> str:
        return self.random.choices(AGENTS, (4, 1))[0]

    def key(self, who: str) -> str:
        self.tried += 1
        return f"{who}-{self.tried}"

    def sent(self, key: str, send: Callable[[], int]) -> int:
        """A sender that is not told that its message arrived sends it again, with the same key."""
        try:
            revision = send()
        except Crash:
            revision = send()
        self.acknowledged.append(key)
        return revision

    def shopper(self) -> None:
        key = self.key("user")
        self.begun.append(self.sent(key, lambda: self.store.append_message(self.session_id, user(key), key=key)))

    def finish(self) -> None:
        """One of the replies that were begun is ready; its process may have died, so that it never is."""
        if self.begun:
            revision = self.begun.pop(self.random.randrange(len(self.begun)))
            self.store.append_reply(self.session_id, reply(f"reply to {revision}"), expected=revision)

    def take(self) -> None:
        self.store.take_over(self.session_id, self.agent())

    def give(self) -> None:
        self.store.give_back(self.session_id, self.agent())

    def say(self) -> None:
        agent = self.agent()
        key = self.key(agent)
        self.sent(key, lambda: self.store.append_agent_message(self.session_id, agent, key, key=key))


def test_ten_thousand_interleavings_with_crashes(tmp_path: Path) -> None:
    store = CrashingStore(f"sqlite:///{tmp_path / 'shop.db'}")
    seen = {"assistant": 0, "agent": 0, "handovers": 0, "silenced": 0}
    for seed in range(INTERLEAVINGS):
        play = Play(store, random.Random(seed))
        play.run()
        session = Told.of(store, play.session_id)
        consistent(session)
        said = [m.content for m in session.messages if m.role != "assistant"]
        assert len(said) == len(set(said)), f"interleaving {seed}: doubled"
        assert said == play.acknowledged, f"interleaving {seed}: lost, or in another order"
        seen["handovers"] += len(session.handovers)
        for role in ("assistant", "agent"):
            seen[role] += sum(m.role == role for m in session.messages)
        seen["silenced"] += session.holder is not None
    store.close()
    assert min(seen.values()) > INTERLEAVINGS / 20, f"not enough of everything happened: {seen}"


# --- one by one --------------------------------------------------------------------------------------------------


def test_the_assistant_is_silent_from_take_over_to_give_back(store: Store) -> None:
    session_id = store.create_session()
    begun = store.append_message(session_id, user("a tent"))
    taken = store.take_over(session_id, "ana")
    for expected in (begun, taken, None):
        with pytest.raises(ConflictError):
            store.append_reply(session_id, reply("tents"), expected=expected)
    store.append_agent_message(session_id, "ana", "I am here")
    store.append_message(session_id, user("thank you"))
    store.give_back(session_id, "ana")
    with pytest.raises(ConflictError):
        store.append_reply(session_id, reply("tents"), expected=begun)
    revision = store.append_message(session_id, user("and boots?"))
    store.append_reply(session_id, reply("boots"), expected=revision)
    session = store.load(session_id)
    consistent(session)
    assert [m.role for m in session.messages] == ["user", "agent", "user", "user", "assistant"]
    assert [(h.action, h.after_message) for h in session.handovers] == [("take_over", 0), ("give_back", 2)]


def test_two_agents_cannot_both_hold_one(store: Store) -> None:
    session_id = store.create_session()
    first = store.take_over(session_id, "ana")
    assert store.take_over(session_id, "ana") == first
    for act in (store.take_over, store.give_back):
        with pytest.raises(HeldError, match="'ana' holds"):
            act(session_id, "bo")
    with pytest.raises(HeldError, match="'ana' holds"):
        store.append_agent_message(session_id, "bo", "hello")
    assert store.holder(session_id) == "ana" and len(store.load(session_id).handovers) == 1
    given = store.give_back(session_id, "ana")
    assert store.give_back(session_id, "bo") == given and store.holder(session_id) is None
    with pytest.raises(HeldError, match="assistant holds"):
        store.append_agent_message(session_id, "ana", "hello")
    store.take_over(session_id, "bo")


def test_many_agents_at_once_and_one_gets_it(store: Store) -> None:
    session_id = store.create_session()
    won: list[str] = []

    def take(agent: str) -> None:
        try:
            store.take_over(session_id, agent)
            won.append(agent)
        except HeldError:
            pass

    threads = [threading.Thread(target=take, args=(f"agent-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [store.holder(session_id)]


def test_a_message_sent_again_is_saved_once(store: Store) -> None:
    session_id, other = store.create_session(), store.create_session()
    first = store.append_message(session_id, user("a tent"), key="m1")
    assert store.append_message(session_id, user("a tent"), key="m1", expected=0) == first
    assert store.message_index(session_id, "m1") == 0 and store.message_index(other, "m1") is None
    store.append_message(other, user("a tent"), key="m1")
    store.append_message(session_id, user("a tent"))
    store.take_over(session_id, "ana")
    for _ in range(2):
        store.append_agent_message(session_id, "ana", "hello", key="a1")
    assert len(store.load(session_id).messages) == 3 and len(store.load(other).messages) == 1


def test_who_can_hold_what(store: Store) -> None:
    session_id = store.create_session()
    for agent in ("", "  ", "x" * 300, "a\0b"):
        with pytest.raises(InvalidInput):
            store.take_over(session_id, agent)
    for act in (store.take_over, store.give_back):
        with pytest.raises(UnknownSession):
            act("nope", "ana")
    with pytest.raises(UnknownSession):
        store.holder("nope")
    with pytest.raises(InvalidInput, match="append_agent_message"):
        store.append_message(session_id, Message(role="agent", content="hello"))


def test_the_overview_shows_what_a_queue_needs(store: Store) -> None:
    assert store.overviews() == ()
    store.create_session()
    first, second = store.create_session("C1"), store.create_session()
    store.append_message(first, user("a tent"))
    store.append_message(second, user("a person, please"))
    store.append_reply(second, reply("Someone will come").model_copy(update={"handover": True}))
    asked, told = store.overviews()
    assert (asked.id, asked.messages, asked.handed_over, asked.reply_index) == (second, 2, True, 1)
    assert asked.last_reply is not None and asked.state == asked.last_reply.state
    assert (told.id, told.user_id, told.last_reply, told.attended) == (first, "C1", None, False)
    store.append_message(second, user("it is about my order"))
    store.append_reply(second, reply("Which order is it?"))
    (asked,) = store.overviews(limit=1)
    assert asked.handed_over and asked.reply_index == 3, "what is said meanwhile brings no person"
    store.take_over(second, "ana")
    (asked,) = store.overviews(limit=1)
    assert (asked.id, asked.holder, asked.handed_over, asked.attended) == (second, "ana", False, True)
    store.give_back(second, "ana")
    assert not store.overviews(limit=1)[0].handed_over


def test_overviews_that_are_remembered_are_those_that_are_read_anew(store: Store, url: str) -> None:
    first, second = store.create_session("C1"), store.create_session()
    changes = (
        lambda: store.append_message(first, user("a tent")),
        lambda: store.append_message(second, user("a kettle")),
        lambda: store.append_reply(first, reply("Which one?")),
        lambda: store.record_events(second, [Event(event_name="search", search_term="kettle")]),
        lambda: store.take_over(first, "ana"),
        lambda: store.append_agent_message(first, "ana", "hello"),
        lambda: store.push_state(first, State(acts=("complaint",))),
        lambda: store.undo(first),
        lambda: store.give_back(first, "ana"),
        lambda: store.add_note(first, "ana", "Wanted a tent."),
        lambda: store.delete_session(second),
    )
    versions = []
    for change in changes:
        change()
        anew = Store(url)
        assert store.overviews() == anew.overviews()
        assert store.revisions(10) == {o.id: anew.load(o.id).revision for o in anew.overviews()}
        anew.close()
        versions.append(store.version(first))
    assert len(set(versions)) == 8  # one for each change of the first session
    with pytest.raises(UnknownSession):
        store.version(second)


def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    old = Store(f"sqlite:///{file}")
    session_id = old.create_session()
    old.append_message(session_id, user("a tent"))
    old.close()
    with sqlite3.connect(file) as connection:
        connection.executescript("""
            DROP TABLE notes; DROP INDEX messages_by_key; DROP TABLE handovers; DROP INDEX sessions_by_use;
            ALTER TABLE messages DROP COLUMN idempotency_key; ALTER TABLE sessions DROP COLUMN holder;
            UPDATE schema_version SET version = 1;
        """)
    connection.close()
    new = Store(f"sqlite:///{file}")
    new.take_over(session_id, "ana")
    new.append_agent_message(session_id, "ana", "hello", key="k")
    new.add_note(session_id, "ana", "Wanted a tent.")
    assert [m.content for m in new.load(session_id).messages] == ["a tent", "hello"]
    assert [note.short for note in new.load(session_id).notes] == ["Wanted a tent."]
    new.close()


def test_a_note_is_kept_and_disturbs_nobody(store: Store) -> None:
    session_id = store.create_session()
    revision = store.append_message(session_id, user("a tent"))
    store.add_note(session_id, "ana", " Wanted a tent. ", "At length.", type="Question", satisfaction=4)
    store.append_reply(session_id, reply("tents"), expected=revision)
    store.add_note(session_id, "ben", "Found one.")
    first, second = store.load(session_id).notes
    assert (first.agent, first.short, first.long, first.type, first.satisfaction) == (
        "ana", "Wanted a tent.", "At length.", "Question", 4
    )  # fmt: skip
    assert [(n.agent, n.after_message, n.type, n.satisfaction) for n in (first, second)] == [
        ("ana", 0, "Question", 4), ("ben", 1, None, None)
    ]  # fmt: skip


def test_a_note_says_something_and_is_the_holder_s(store: Store) -> None:
    session_id = store.create_session()
    with pytest.raises(InvalidInput, match="short form"):
        store.add_note(session_id, "ana", " ")
    with pytest.raises(InvalidInput, match="1 to 5"):
        store.add_note(session_id, "ana", "Wanted a tent.", satisfaction=6)
    store.take_over(session_id, "ana")
    with pytest.raises(HeldError, match="'ana' holds"):
        store.add_note(session_id, "ben", "Wanted a tent.")
    assert store.load(session_id).notes == ()


# --- processes that are killed -----------------------------------------------------------------------------------

ACTOR = """
import sys, random
from assistant.store import ConflictError, Store
from tests.assistant.stores import reply, user
url, session_id, name = sys.argv[1:]
store, rng = Store(url), random.Random(name)
print("ready", flush=True)
for number in range(100_000):
    try:
        if name == "assistant":
            store.append_reply(session_id, reply(f"reply {number}"), expected=store.load(session_id).revision)
        elif name == "shopper":
            store.append_message(session_id, user(f"shopper {number}"), key=f"shopper {number}")
        else:
            store.take_over(session_id, name)
            store.append_agent_message(session_id, name, f"{name} {number}")
            store.give_back(session_id, name)
    except ConflictError:
        pass
"""


def test_killed_processes_leave_a_consistent_session(url: str) -> None:
    store = Store(url)
    session_id = store.create_session()
    actors = [
        subprocess.Popen([sys.executable, "-c", ACTOR, url, session_id, name], cwd=ROOT, stdout=subprocess.PIPE)
        for name in ("assistant", "shopper", "ana", "bo")
    ]
    for actor in actors:
        assert actor.stdout is not None and actor.stdout.readline()
    while len((session := store.load(session_id)).messages) < 20 or len(session.handovers) < 4:
        assert all(actor.poll() is None for actor in actors)
        time.sleep(0.02)
    for actor in actors:
        actor.kill()
        actor.wait()
    session = store.load(session_id)
    silent_while_held(session)
    said = [m.content for m in session.messages if m.role == "user"]
    assert said == [f"shopper {number}" for number in range(len(said))]
    store.close()
