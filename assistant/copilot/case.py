"""What a suggestion is made from: the conversation up to the request that is open, whose it is, and the shop as its own
systems know it now."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Protocol

from assistant.build import Parts
from assistant.copilot.notes import Notes
from assistant.copilot.plain import plain
from assistant.intent import IntentModel
from assistant.reading import Reader, shopper_turns
from assistant.records import Act, Conversation, Need, State
from assistant.service.desk import ServiceDesk
from assistant.service.records import Customer
from assistant.session import Session
from assistant.shop import Clause, emails_in
from assistant.state import update
from assistant.store import StateEntry
from assistant.turn import current

IDLE: frozenset[Act] = frozenset({"ask_human", "greet"})
KEPT = 2048


@dataclass(frozen=True)
class Case:
    """A conversation that an agent looks at. `open` is it up to the shopper's last message that asks for something
    other than a person, that message last; `None` where the shopper has said nothing. `parts` holds the customer's
    orders and the policy as the service desk has them."""

    parts: Parts
    session: Session
    open: Session | None
    customer: Customer | None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The shop's policy."""
        return self.parts.shop.policies

    @property
    def orders_named(self) -> list[str]:
        """Ids of orders that the shopper named."""
        said = " ".join(message.content for message in self.session.messages if message.role == "user")
        return self.parts.shop.named_in(said)

    @property
    def notes(self) -> Notes:
        """What writes notes on it."""
        return Notes(self.parts.writer, self.parts.encode, self.parts.settings.shop.currency, self.parts.index)


def case_of(parts: Parts, session: Session, customer: Customer | None = None) -> Case:
    """The case that a session makes; `customer` is whom the agent knows it to be, else who is signed in, else who wrote
    their e-mail address."""
    whose = customer if customer is not None else customer_of(parts.desk, session)
    if customer is not None:
        session = session.model_copy(update={"user_id": customer.id})
    return Case(current(parts, session), session, open_request(session), whose)


def customer_of(desk: ServiceDesk | None, session: Session) -> Customer | None:
    """The customer who is signed in, else the one whose e-mail address the shopper wrote last."""
    if desk is None:
        return None
    if session.user_id is not None:
        return desk.customer(session.user_id)
    found = (desk.customer_by_email(address) for address in reversed(emails_in(session.messages)))
    return next((customer for customer in found if customer is not None), None)


def done_since(case: Case) -> Iterator[str]:
    """What was done for the customer at the service desk since the conversation began, by its log, a sentence each."""
    desk, begun = case.parts.desk, case.session.created
    if desk is None or case.customer is None or not begun:
        return
    for entry in desk.audit(case.customer.id):
        if entry.event == "done" and datetime.fromisoformat(entry.at) >= datetime.fromisoformat(begun):
            of = f" of order {entry.order_id}" if entry.order_id else ""
            yield f"Done: {entry.action.replace('_', ' ')}{of}."


def open_request(session: Session) -> Session | None:
    """The session as it was when the shopper had sent the message that is to be answered."""
    said = [i for i, message in enumerate(session.messages) if message.role == "user" and message.content.strip()]
    if not said:
        return None
    place = next((i for i in reversed(said) if not _idle(session, i)), said[-1])
    return session.model_copy(
        update={
            "messages": session.messages[: place + 1],
            "states": tuple(entry for entry in session.states if entry.after_message < place),
            "replies": {i: reply for i, reply in session.replies.items() if i < place},
        }
    )


def known(session: Session, open: Session) -> State | None:
    """The state after the open request: as it was read, with the needs as they were corrected by hand since; `None`
    where it was not read yet."""
    place = len(open.messages) - 1
    since = [entry for entry in session.states if not entry.undone and entry.after_message >= place]
    end = _next_said(session, place)
    read = next((e.state for e in reversed(since) if e.source == "reading" and e.after_message < end), None)
    if read is None or not any(entry.source == "edit" for entry in since):
        return read
    return read.model_copy(update={"needs": _active_as(read, since[-1].state.needs)})


def _active_as(read: State, needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """The needs, of which a message that asks for a person left none active; then that which was before."""
    if any(need.active for need in needs):
        return needs
    before = next((place for place, need in enumerate(read.needs) if need.active), None)
    return tuple(n.model_copy(update={"active": True}) if i == before else n for i, n in enumerate(needs))


def _next_said(session: Session, place: int) -> int:
    """Where the shopper's next message after `place` stands, or the end."""
    following = (i for i, message in enumerate(session.messages) if message.role == "user" and i > place)
    return next(following, len(session.messages))


def _idle(session: Session, place: int) -> bool:
    """Whether a message was read as asking for a person, and for nothing else."""
    end = _next_said(session, place)
    read = [e.state for e in session.states if e.source == "reading" and place <= e.after_message < end]
    return bool(read) and "ask_human" in read[-1].acts and set(read[-1].acts) <= IDLE


# --- conversations from elsewhere ----------------------------------------------------------------------------------


class Understanding(Protocol):
    """The parts that conversations are read with."""

    @property
    def reader(self) -> Reader: ...

    @property
    def intent(self) -> IntentModel: ...


class Transcripts:
    """Sessions of conversations that are kept elsewhere and come whole with each request. What was read of a beginning
    is remembered, so that a conversation that grows is read one message at a time. Thread-safe."""

    def __init__(self, parts: Understanding) -> None:
        self._parts = parts
        self._known: OrderedDict[bytes, State] = OrderedDict()
        self._lock = Lock()

    def session(self, conversation: Conversation, *, user_id: str | None = None, held: bool = False) -> Session:
        """The session that the conversation would be, nothing of it stored; `held` while an agent answers in it. Its
        messages are read without HTML, quoted mail and signatures, which are none of their words."""
        written = tuple(m.model_copy(update={"content": plain(m.content)}) for m in conversation.messages)
        conversation = conversation.model_copy(update={"messages": written})
        state, entries = State(), []
        for turn in shopper_turns(conversation):
            state = self._read(state, turn)
            after = len(turn.messages) - 1
            entries.append(StateEntry(source="reading", state=state, after_message=after, timestamp=""))
        return Session(
            id=conversation.id, user_id=user_id, created="", updated="", revision=0, holder="agent" if held else None,
            messages=conversation.messages, events=conversation.events, states=tuple(entries),
        )  # fmt: skip

    def _read(self, before: State, turn: Conversation) -> State:
        said = f"{before.model_dump_json()}{turn.model_dump_json(exclude={'id'})}"
        key = hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            known = self._known.get(key)
        if known is None:
            state = update(before, self._parts.reader.read(before, turn))
            probability = self._parts.intent.predict(turn, state).probability
            known = state.model_copy(update={"purchase_probability": probability})
            with self._lock:
                self._known[key] = known
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return known
