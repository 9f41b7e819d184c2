"""Any order of turns, edits, undos, baskets and deletions leaves the store as a simple model of it says."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from assistant.errors import InvalidInput, UnknownSession
from assistant.records import State
from assistant.store import ConflictError, Store
from tests.assistant.stores import reply, state, user

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@dataclass
class Expected:
    """What a session should hold."""

    said: list[str] = field(default_factory=list)
    states: list[State] = field(default_factory=lambda: [State()])
    edits: int = 0
    revision: int = 0
    basket: dict[str, int] = field(default_factory=dict)


class Sessions(RuleBasedStateMachine):
    """Sessions in a store beside what they should hold."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.expected: dict[str, Expected] = {}

    @initialize()
    def open(self) -> None:
        self.store = Store(f"sqlite:///{self.home / 'shop.db'}")

    @rule(target=ids)
    def create(self) -> str:
        session_id = self.store.create_session()
        self.expected[session_id] = Expected()
        return session_id

    @rule(session_id=ids, text=words, product=words)
    def turn(self, session_id: str, text: str, product: str) -> None:
        expected = self.expected[session_id]
        revision = self.store.append_message(session_id, user(text), expected=expected.revision)
        expected.revision = self.store.append_reply(session_id, reply(text[::-1], product), expected=revision)
        expected.said += [text, text[::-1]]
        expected.states.append(state(product))
        expected.edits = 0

    @rule(session_id=ids, text=words)
    def message_without_answer(self, session_id: str, text: str) -> None:
        self.expected[session_id].revision = self.store.append_message(session_id, user(text))
        self.expected[session_id].said.append(text)

    @rule(session_id=ids, product=words, value=words)
    def edit(self, session_id: str, product: str, value: str) -> None:
        expected = self.expected[session_id]
        expected.revision = self.store.push_state(session_id, state(product, value), expected=expected.revision)
        expected.states.append(state(product, value))
        expected.edits += 1

    @rule(session_id=ids)
    def undo(self, session_id: str) -> None:
        expected = self.expected[session_id]
        if expected.edits == 0:
            with pytest.raises(InvalidInput):
                self.store.undo(session_id)
            return
        expected.revision = self.store.undo(session_id, expected=expected.revision)
        expected.states.pop()
        expected.edits -= 1

    @rule(session_id=ids, behind=st.integers(1, 3))
    def stale(self, session_id: str, behind: int) -> None:
        old = self.expected[session_id].revision - behind
        for write in (
            lambda: self.store.append_message(session_id, user("late"), expected=old),
            lambda: self.store.append_reply(session_id, reply("late"), expected=old),
            lambda: self.store.push_state(session_id, state("late"), expected=old),
            lambda: self.store.undo(session_id, expected=old),
        ):
            with pytest.raises(ConflictError):
                write()

    @rule(session_id=ids, product=st.sampled_from("abc"), quantity=st.integers(0, 3))
    def put(self, session_id: str, product: str, quantity: int) -> None:
        self.store.set_basket(session_id, product, quantity)
        basket = self.expected[session_id].basket
        basket[product] = quantity
        if quantity == 0:
            del basket[product]

    @rule(session_id=consumes(ids))
    def delete(self, session_id: str) -> None:
        self.store.delete_session(session_id)
        del self.expected[session_id]
        with pytest.raises(UnknownSession):
            self.store.load(session_id)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(f"sqlite:///{self.home / 'shop.db'}")

    @invariant()
    def as_expected(self) -> None:
        for session_id, expected in self.expected.items():
            session = self.store.load(session_id)
            assert [m.content for m in session.messages] == expected.said
            assert session.state == expected.states[-1]
            assert session.undoable == tuple(expected.states[len(expected.states) - 1 - expected.edits : -1])
            assert session.revision == expected.revision
            assert session.basket == expected.basket

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.home)


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
