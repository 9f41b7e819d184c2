"""The copilot of one assistant: suggestions, similar cases and notes, for any number of agents at once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Lock

from assistant.build import Parts
from assistant.copilot.case import Transcripts, case_of
from assistant.copilot.course import course
from assistant.copilot.masking import Mask
from assistant.copilot.next_step import next_action
from assistant.copilot.records import Moment, PastCase, Suggestion, WrapUp
from assistant.copilot.similar import PastCases
from assistant.copilot.suggest import suggestions
from assistant.copilot.summary import wrap_up
from assistant.reading import Reader
from assistant.records import Conversation, Plan, Reading, State
from assistant.service.records import Customer
from assistant.session import Session
from assistant.writing import Writer

KEPT = 256


class Copilot:
    """Methods may be called from many threads; the models, which the assistant shares, run one at a time."""

    def __init__(self, parts: Parts, models: Lock) -> None:
        reader, writer = _OneAtATime(parts.reader, models), _PieceByPiece(parts.writer, models)
        self._parts = replace(parts, reader=reader, writer=writer)
        self._transcripts = Transcripts(self._parts)
        self._past = PastCases(parts.store, parts.encode)
        self._made: OrderedDict[bytes, Suggestion] = OrderedDict()
        self._lock = Lock()

    def suggest(self, session: Session, customer: Customer | None = None) -> Suggestion:
        """The whole suggestion; the same again while neither conversation nor orders nor policy have changed."""
        *_, whole = self.stream(session, customer)
        return whole

    def stream(self, session: Session, customer: Customer | None = None) -> Iterator[Suggestion]:
        """The suggestion as it grows: summary first, then state, picks and action, then reply by reply.

        Raises `ModelError` where the reader fails."""
        key = self._key(session, customer)
        with self._lock:
            known = self._made.get(key)
        if known is not None:
            yield known
            return
        growing = None
        for growing in suggestions(self._parts, session, customer, propose=next_action):
            yield growing
        if growing is not None:
            with self._lock:
                self._made[key] = growing
                while len(self._made) > KEPT:
                    self._made.popitem(last=False)

    def suggest_for(
        self, conversation: Conversation, customer: Customer | None = None, *, held: bool = False
    ) -> Suggestion:
        """The suggestion for a conversation that is kept elsewhere; `held` while an agent answers in it."""
        return self.suggest(self._transcripts.session(conversation, held=held), customer)

    def course(self, session: Session) -> tuple[Moment, ...]:
        """Mood and purchase intent after each message of the shopper."""
        return course(session)

    def similar(self, session: Session, k: int = 3) -> tuple[PastCase, ...]:
        """Past conversations like this one, nearest first."""
        return self._past.like(session, k)

    def wrap_up(self, session: Session, customer: Customer | None = None) -> WrapUp:
        """Notes for closing the conversation."""
        case = case_of(self._parts, session, customer)
        public = (clause.text for clause in case.clauses)
        mask = Mask.of((message.content for message in session.messages), case.customer, public)
        return wrap_up(case.session, case.notes, mask, self._parts.tickets, case.orders_named)

    def _key(self, session: Session, customer: Customer | None) -> bytes:
        """What a suggestion depends on: the session, whose it is, their orders as they are now, and the policy."""
        case = case_of(self._parts, session, customer)
        said = session.model_dump_json(exclude={"updated", "feedback"})
        own = case.parts.shop.orders_of(case.customer.id, ()) if case.customer is not None else ()
        parts = [said, case.customer.model_dump_json() if case.customer is not None else ""]
        parts += [order.model_dump_json() for order in own] + [clause.model_dump_json() for clause in case.clauses]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


class _OneAtATime:
    """A reader that waits for its turn."""

    def __init__(self, reader: Reader, turn: Lock) -> None:
        self._reader = reader
        self._turn = turn

    def read(self, state: State, conversation: Conversation) -> Reading:
        with self._turn:
            return self._reader.read(state, conversation)


class _PieceByPiece(Writer):
    """A writer that waits for its turn before each piece."""

    def __init__(self, writer: Writer, turn: Lock) -> None:
        self._writer = writer
        self._turn = turn

    def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
        return self._in_turn(self._writer.write(plan, conversation))

    def note(self, plans: Sequence[Plan], conversation: Conversation, words: int) -> Iterator[str]:
        return self._in_turn(self._writer.note(plans, conversation, words))

    def _in_turn(self, writing: Iterator[str]) -> Iterator[str]:
        while True:
            with self._turn:
                piece = next(writing, None)
            if piece is None:
                return
            yield piece
