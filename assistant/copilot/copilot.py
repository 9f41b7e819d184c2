"""The copilot of one assistant: suggestions, similar cases and notes, for any number of agents at once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

from assistant.build import Parts
from assistant.copilot.case import Transcripts, case_of, done_since
from assistant.copilot.course import course
from assistant.copilot.masking import Mask
from assistant.copilot.next_step import next_step
from assistant.copilot.records import Moment, PastCase, Suggestion, WrapUp
from assistant.copilot.similar import PastCases
from assistant.copilot.suggest import suggestions
from assistant.copilot.summary import wrap_up
from assistant.records import Conversation
from assistant.service.records import Customer
from assistant.session import Session

KEPT = 256


class Copilot:
    """Methods may be called from many threads."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
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
        for growing in suggestions(self._parts, session, customer, propose=next_step):
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
        """Notes for closing the conversation, and what was done at the service desk meanwhile."""
        case = case_of(self._parts, session, customer)
        public = (clause.text for clause in case.clauses)
        mask = Mask.of((message.content for message in session.messages), case.customer, public)
        notes = wrap_up(case.session, case.notes, mask, self._parts.tickets, case.orders_named)
        done = " ".join(done_since(case))
        told = {"short": f"{notes.short} {done}".strip(), "long": f"{notes.long} {done}".strip()}
        return notes.model_copy(update=told)

    def _key(self, session: Session, customer: Customer | None) -> bytes:
        """What a suggestion depends on: the session, whose it is, their orders as they are now, and the policy."""
        case = case_of(self._parts, session, customer)
        said = session.model_dump_json(exclude={"updated", "feedback"})
        own = case.parts.shop.orders_of(case.customer.id, ()) if case.customer is not None else ()
        parts = [said, case.customer.model_dump_json() if case.customer is not None else ""]
        parts += [order.model_dump_json() for order in own] + [clause.model_dump_json() for clause in case.clauses]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
