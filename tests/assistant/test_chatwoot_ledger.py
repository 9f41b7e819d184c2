"""What the bridge to Chatwoot has promised to do: in order, once, by one process at a time, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from assistant.chatwoot.ledger import LEASE, WITHHELD, Draft, Ledger
from assistant.chatwoot.sending import LONGEST_PAUSE, backoff
from assistant.store import Store
from tests.assistant.stores import postgresql, store, url, user

__all__ = ["postgresql", "store", "url"]


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    """Two processes at one ledger, whose conversation 5 is a session of the store."""

    store: Store
    clock: Clock
    one: Ledger
    two: Ledger
    session_id: str
    place: int


@pytest.fixture
def desk(store: Store, url: str) -> Iterator[Desk]:
    clock = Clock()
    one, two = (Ledger(url, 1, name, clock) for name in ("one", "two"))
    session_id = store.create_session()
    yield Desk(store, clock, one, two, session_id, one.add(5, session_id).id)
    one.close()
    two.close()


def test_a_conversation_has_one_place_and_one_session(desk: Desk) -> None:
    assert desk.two.add(5, "another").session_id == desk.session_id
    assert desk.two.find(5) == desk.one.place(desk.place)
    assert desk.one.find(6) is None


def test_a_message_is_noted_once_and_dealt_with_in_order(desk: Desk) -> None:
    assert desk.one.hear(desk.place, 70, "first") and desk.two.hear(desk.place, 60, "second")
    assert not desk.two.hear(desk.place, 70, "first")
    item = desk.one.next_heard(desk.place)
    assert item is not None and (item.message_id, item.text, item.silent) == (70, "first", False)
    desk.one.answer_later(desk.place, item.id, 10.0)
    assert desk.one.next_heard(desk.place) is None and desk.one.due() == []
    desk.clock.now += 10.0
    again = desk.two.next_heard(desk.place)
    assert again is not None and (again.id, again.attempts) == (item.id, 1)
    desk.two.answered(item.id)
    rest = desk.one.next_heard(desk.place)
    assert rest is not None and rest.text == "second"
    assert not desk.one.hear(desk.place, 70, "first")


def test_one_process_works_on_a_conversation_until_it_is_done_or_dead(desk: Desk) -> None:
    desk.one.hear(desk.place, 70, "hello")
    assert desk.one.due() == desk.two.due() == [desk.place]
    assert desk.one.lease(desk.place) and not desk.two.lease(desk.place)
    assert desk.two.due() == []
    desk.clock.now += LEASE - 1
    desk.one.renew([desk.place])
    desk.two.renew([desk.place])
    desk.two.release(desk.place)
    desk.clock.now += LEASE - 1
    assert not desk.two.lease(desk.place)
    desk.clock.now += 2
    assert desk.two.due() == [desk.place] and desk.two.lease(desk.place)
    desk.one.release(desk.place)
    assert not desk.one.lease(desk.place)
    desk.two.release(desk.place)
    assert desk.one.lease(desk.place)


def test_posts_go_out_in_order_each_once(desk: Desk) -> None:
    first, second = Draft("s.0.text", "text", "one", own=True), Draft("s.1.text", "text", "two", own=True)
    desk.one.collect(desk.place, [first], 1, 0)
    desk.two.collect(desk.place, [first, second], 2, 0)
    post = desk.one.next_post(desk.place)
    assert post is not None and post.text == "one" and desk.one.waiting() == 2
    desk.one.send_later(desk.place, post.id, 5.0)
    assert desk.one.due() == []
    desk.clock.now += 5.0
    assert desk.one.due() == [desk.place]
    desk.one.sent(desk.place, post)
    later = desk.one.next_post(desk.place)
    assert later is not None and later.text == "two"
    desk.two.returned(desk.place, later.id)
    assert desk.one.next_post(desk.place) is None and desk.one.waiting() == 0


def test_a_person_gets_as_a_note_what_was_not_sent(desk: Desk) -> None:
    desk.one.hear(desk.place, 70, "hello")
    mine = Draft("s.0.text", "text", "mine", own=True)
    desk.one.draft(desk.place, mine, Draft("s.1.text", "text", "an agent's"), Draft("x", "status", "open"))
    assert desk.one.opening(desk.place)
    desk.one.keep_back(desk.place)
    desk.one.keep_back(desk.place)
    item = desk.one.next_heard(desk.place)
    assert item is not None and item.silent
    sent = []
    while (post := desk.one.next_post(desk.place)) is not None:
        sent.append((post.kind, post.text))
        desk.one.sent(desk.place, post)
    assert sent == [("note", WITHHELD + "mine"), ("text", "an agent's"), ("status", "open")]
    assert not desk.one.opening(desk.place)


def test_older_news_of_who_answers_is_known_as_such(desk: Desk) -> None:
    assert desk.one.passed(desk.place, 10.0) and desk.two.passed(desk.place, None) and desk.two.passed(desk.place, 11.0)
    assert not desk.one.passed(desk.place, 10.5) and desk.one.passed(desk.place, 11.0)


def test_a_session_that_moved_on_is_looked_at(desk: Desk) -> None:
    assert desk.one.due() == []
    revision = desk.store.append_message(desk.session_id, user("hello"))
    assert desk.one.due() == [desk.place]
    desk.one.collect(desk.place, [], 1, revision)
    assert desk.one.due() == []
    desk.one.renew_session(desk.place, desk.store.create_session())
    assert desk.one.due() == [] and desk.one.place(desk.place).collected == 0


def test_attempts_grow_apart_up_to_a_limit() -> None:
    for failed in range(40):
        bound = min(LONGEST_PAUSE, 2.0**failed)
        assert bound / 2 <= backoff(failed) <= bound
