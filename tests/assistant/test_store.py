import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.errors import InvalidInput, ShopkeeperError, UnknownSession
from assistant.records import Event, Item, Message
from assistant.store import ConflictError, Store, StoreError
from tests.assistant.stores import postgresql, reply, state, store, url, user

__all__ = ["postgresql", "store", "url"]


def test_a_new_session_is_empty(store: Store) -> None:
    session = store.load(store.create_session("shopper-7"))
    assert (session.user_id, session.revision, session.messages, session.basket) == ("shopper-7", 0, (), {})
    assert session.state == session.conversation.label or session.state.needs == ()
    assert session.current is None


def test_ids_cannot_be_guessed(store: Store) -> None:
    ids = [store.create_session() for _ in range(50)]
    assert len(set(ids)) == 50
    for session_id in ids:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", session_id)  # 43 characters of 6 bits: 256 random bits
    shared = sum(a == b for a, b in zip(ids[0], ids[1], strict=True))
    assert shared < 10


def test_a_turn_comes_back_as_it_was_saved(store: Store) -> None:
    session_id = store.create_session()
    click = Event(event_name="view_item", items=(Item(item_id="t1", price=99.5),), page="/tents")
    revision = store.append_message(session_id, user("Ein Zelt für 2 🏕️, 防水"), [click])
    answer = reply("Here are two.", "tent", "t1", "t2")
    store.append_reply(session_id, answer, expected=revision)
    session = store.load(session_id)
    assert [m.content for m in session.messages] == ["Ein Zelt für 2 🏕️, 防水", "Here are two."]
    assert [m.role for m in session.messages] == ["user", "assistant"]
    assert session.replies == {1: answer}
    assert session.state == answer.state
    assert session.picks == answer.picks
    (event,) = session.events
    assert event.items == click.items
    assert event.timestamp is not None
    assert event.model_extra == {"page": "/tents"}
    assert session.conversation.messages == session.messages


def test_unknown_fields_of_a_message_are_kept(store: Store) -> None:
    session_id = store.create_session()
    store.append_message(session_id, Message(role="user", content="Hello", timestamp="2026-01-02T03:04:05Z", desk="b"))
    (message,) = store.load(session_id).messages
    assert message == Message(role="user", content="Hello", timestamp="2026-01-02T03:04:05Z", desk="b")


def test_hostile_text_is_only_text(store: Store) -> None:
    session_id = store.create_session("'; DROP TABLE sessions; --")
    store.append_message(session_id, user("'); DELETE FROM messages; -- %s :x {y}"))
    assert store.load(session_id).messages[0].content == "'); DELETE FROM messages; -- %s :x {y}"


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_database_keeps_is_refused(store: Store, text: str) -> None:
    session_id = store.create_session()
    with pytest.raises(InvalidInput):
        store.append_message(session_id, user(text))
    assert store.load(session_id).messages == ()


@pytest.mark.parametrize("price", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(store: Store, price: float) -> None:
    session_id = store.create_session()
    with pytest.raises(InvalidInput, match="finite"):
        store.record_events(session_id, [Event(event_name="view_item", items=(Item(item_id="a", price=price),))])
    assert store.load(session_id).events == ()


def test_a_stale_writer_is_told_and_writes_nothing(store: Store) -> None:
    session_id = store.create_session()
    revision = store.append_message(session_id, user("a tent"))
    store.append_message(session_id, user("no, a stove"))
    with pytest.raises(ConflictError, match="Load it again"):
        store.append_reply(session_id, reply("tents"), expected=revision)
    session = store.load(session_id)
    assert [m.content for m in session.messages] == ["a tent", "no, a stove"]
    assert session.states == ()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("0001-01-01T00:00:00+23:00", "0001-01-01T00:00:00+23:00"),
        ("long ago", "long ago"),
    ],
)
def test_times_of_events_are_kept_in_utc(store: Store, given: str, kept: str) -> None:
    session_id = store.create_session()
    store.record_events(session_id, [Event(event_name="search", timestamp=given)])
    assert store.load(session_id).events[0].timestamp == kept


def test_no_event_lies_in_the_future(store: Store) -> None:
    session_id = store.create_session()
    clicks = [Event(event_name="view_item", timestamp="2999-01-01T00:00:00Z"), Event(event_name="search")]
    store.append_message(session_id, user("a tent"), clicks)
    session = store.load(session_id)
    assert all(event.timestamp <= session.messages[0].timestamp for event in session.events)


def test_clicks_during_a_turn_are_no_conflict(store: Store) -> None:
    session_id = store.create_session()
    revision = store.append_message(session_id, user("a tent"))
    store.record_events(session_id, [Event(event_name="view_item")])
    store.set_basket(session_id, "t1", 1, [Event(event_name="add_to_cart")])
    store.append_reply(session_id, reply("tents"), expected=revision)
    assert [e.event_name for e in store.load(session_id).events] == ["view_item", "add_to_cart"]


def test_changes_by_hand_are_taken_back_one_by_one(store: Store) -> None:
    session_id = store.create_session()
    store.append_message(session_id, user("a tent"))
    store.append_reply(session_id, reply("tents", "tent", "t1"))
    store.push_state(session_id, state("tent", "waterproof"))
    store.push_state(session_id, state("tent", "waterproof", "light"))
    session = store.load(session_id)
    assert session.undoable == (state("tent"), state("tent", "waterproof"))
    store.undo(session_id)
    assert store.load(session_id).state == state("tent", "waterproof")
    store.undo(session_id)
    session = store.load(session_id)
    assert session.state == state("tent")
    assert [pick.id for pick in session.picks] == ["t1"]
    assert [entry.undone for entry in session.states] == [False, True, True]
    with pytest.raises(InvalidInput, match="no change by hand"):
        store.undo(session_id)


def test_a_reading_after_an_edit_cannot_be_undone(store: Store) -> None:
    session_id = store.create_session()
    store.push_state(session_id, state("tent"))
    assert store.load(session_id).undoable == (state("tent").model_copy(update={"needs": ()}),)
    store.append_reply(session_id, reply("yes"))
    assert store.load(session_id).undoable == ()
    with pytest.raises(InvalidInput):
        store.undo(session_id)


def test_the_basket_holds_quantities_in_order(store: Store) -> None:
    session_id = store.create_session()
    for product, quantity in [("b", 2), ("a", 1), ("b", 5), ("c", 1), ("c", 0), ("d", 0)]:
        store.set_basket(session_id, product, quantity)
    assert list(store.load(session_id).basket.items()) == [("b", 5), ("a", 1)]


@pytest.mark.parametrize("quantity", [-1, 10_000])
def test_absurd_quantities_are_refused(store: Store, quantity: int) -> None:
    with pytest.raises(InvalidInput, match="0 to 9999"):
        store.set_basket(store.create_session(), "a", quantity)


def test_the_last_thumb_counts(store: Store) -> None:
    session_id = store.create_session()
    store.append_message(session_id, user("a tent"))
    store.append_reply(session_id, reply("tents"))
    store.add_feedback(session_id, 1, "up")
    store.add_feedback(session_id, 1, "down", "too dear")
    (feedback,) = store.load(session_id).feedback
    assert (feedback.message_index, feedback.value, feedback.comment) == (1, "down", "too dear")


@pytest.mark.parametrize("index", [-1, 0, 2, 99])
def test_only_answers_have_feedback(store: Store, index: int) -> None:
    session_id = store.create_session()
    store.append_message(session_id, user("a tent"))
    store.append_reply(session_id, reply("tents"))
    with pytest.raises(InvalidInput, match=f"Message {index} "):
        store.add_feedback(session_id, index, "up")


def test_deleting_a_session_leaves_nothing_of_it(store: Store, url: str) -> None:
    session_id, other = store.create_session(), store.create_session()
    for id in (session_id, other):
        store.append_message(id, user("a tent"), [Event(event_name="view_item")])
        store.append_reply(id, reply("tents"))
        store.set_basket(id, "t1", 1)
        store.add_feedback(id, 1, "up")
        store.add_note(id, "ines", "Wanted a tent.")
    store.delete_session(session_id)
    with pytest.raises(UnknownSession):
        store.load(session_id)
    with pytest.raises(UnknownSession):
        store.delete_session(session_id)
    assert len(store.load(other).messages) == 2
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        for table in ("messages", "events", "states", "basket", "feedback", "notes"):
            assert set(connection.scalars(sa.text(f"SELECT session_id FROM {table}"))) == {other}
    engine.dispose()


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.load("nobody"),
        lambda store: store.append_message("nobody", user("hi")),
        lambda store: store.append_reply("nobody", reply("hi")),
        lambda store: store.push_state("nobody", state("tent")),
        lambda store: store.undo("nobody"),
        lambda store: store.record_events("nobody", []),
        lambda store: store.set_basket("nobody", "a", 1),
        lambda store: store.add_feedback("nobody", 1, "up"),
    ],
)
def test_unknown_sessions_are_named(store: Store, write) -> None:
    with pytest.raises(UnknownSession, match="'nobody'"):
        write(store)


@pytest.mark.parametrize("session_id", ["", "x" * 10_000, "\0", "\ud800", "é", "' OR 1=1 --", "a\r\nb"])
def test_ids_that_were_never_given_out(store: Store, session_id: str) -> None:
    store.create_session()
    for look in (store.load, store.delete_session, lambda id: store.record_events(id, [])):
        with pytest.raises(UnknownSession):
            look(session_id)


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "🏕️", "\u2028"])
def test_records_with_odd_text_come_back_or_are_refused(store: Store, text: str) -> None:
    session_id = store.create_session()
    try:
        store.record_events(session_id, [Event(event_name="search", search_term=text)])
    except InvalidInput:
        assert store.load(session_id).events == ()
    else:
        assert store.load(session_id).events[0].search_term == text


def test_threads_on_one_session_lose_and_double_nothing(store: Store) -> None:
    session_id = store.create_session()

    def write(writer: int) -> None:
        for number in range(10):
            store.append_message(session_id, user(f"{writer}.{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    session = store.load(session_id)
    assert session.revision == 80
    said = [m.content for m in session.messages]
    assert sorted(said) == sorted(f"{w}.{n}" for w in range(8) for n in range(10))
    for writer in range(8):
        own = [text for text in said if text.startswith(f"{writer}.")]
        assert own == [f"{writer}.{n}" for n in range(10)]


def test_of_two_stale_writers_one_wins(store: Store) -> None:
    session_id = store.create_session()
    revision = store.append_message(session_id, user("a tent"))

    def answer(text: str) -> bool:
        try:
            store.append_reply(session_id, reply(text), expected=revision)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(answer, "abcd"))
    assert sum(won) == 1
    assert store.load(session_id).messages[1].content == "abcd"[won.index(True)]


def test_a_database_is_opened_again(url: str) -> None:
    first = Store(url)
    session_id = first.create_session()
    first.append_message(session_id, user("a tent"))
    first.close()
    second = Store(url)
    assert second.load(session_id).messages[0].content == "a tent"
    second.close()


def test_another_schema_version_is_refused(url: str) -> None:
    Store(url).close()
    _execute(url, "UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match="schema version 99, this program needs 4"):
        Store(url)


def test_another_program_s_tables_are_left_alone(url: str) -> None:
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).touch()
    _execute(url, "CREATE TABLE messages (body TEXT)")
    with pytest.raises(StoreError, match="another program"):
        Store(url)


def _execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_sqlite_is_in_wal_mode_and_syncs(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "shop.db"
    store = Store(f"sqlite:///{path}")
    store.create_session()
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert path.with_name("shop.db-wal").stat().st_size > 0
    with store._database.read() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("synchronous", "foreign_keys")]
    assert pragmas == [2, 1]  # 2 is FULL
    store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "no database URL"),
        ("mysql://host/db", "SQLite or PostgreSQL"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////proc/none/shop.db", "cannot be made"),
        ("postgresql://shop:secret@127.0.0.1:1/none", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_opened(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        Store(url, timeout=2)
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value, ShopkeeperError)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("a tent, a stove, and so on\n" * 100)
    with pytest.raises(StoreError, match="not a SQLite database"):
        Store(f"sqlite:///{path}")
    assert path.read_text().startswith("a tent")


def test_a_locked_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    store = Store(f"sqlite:///{path}", timeout=0.2)
    session_id = store.create_session()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="busy"):
        store.append_message(session_id, user("a tent"))
    assert store.load(session_id).messages == ()  # readers do not wait for writers
    other.execute("ROLLBACK")
    store.append_message(session_id, user("a tent"))
    store.close()
