"""The assistant that web app, API and command line talk to: sessions in, replies out, one pipeline for all."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from weakref import WeakValueDictionary

from pydantic import ValidationError

from assistant.build import Parts, build
from assistant.compare import Comparison, compare
from assistant.completions import Completions, completions
from assistant.config import Settings
from assistant.copilot.copilot import Copilot
from assistant.copilot.queue import Waiting, queued
from assistant.edits import reading_of
from assistant.errors import InvalidInput, UnknownProduct
from assistant.reading import fold
from assistant.records import Conversation, Edit, Event, Intent, Item, Message, Plan, Reply, State
from assistant.service import ServiceDesk
from assistant.session import Session, taken_since
from assistant.shop import Shop
from assistant.state import update
from assistant.store import ConflictError
from assistant.turn import current, hear, rank_again, reply_of, silence, think
from retrieval.index import Index
from retrieval.product import Product

ATTEMPTS = 5


class Assistant:
    """A shop's assistant, shared by all its shoppers: everything about one of them is in their session.

    Methods may be called from many threads. Turns of one session wait for each other; those of different sessions meet
    in the models, each of which sees to that itself.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._sessions: WeakValueDictionary[str, _SessionLock] = WeakValueDictionary()
        self._guard = threading.Lock()
        self.copilot = Copilot(parts)

    @classmethod
    def from_config(cls, path: str | Path) -> Assistant:
        """The assistant that a configuration file describes. Makes the demo shop and the index where missing.

        Raises `ConfigError` for a file that is not valid, `ModelError` for weights that are missing.
        """
        return cls(build(Settings.load(path)))

    @property
    def settings(self) -> Settings:
        """What it was built from."""
        return self._parts.settings

    @property
    def index(self) -> Index:
        """The search index; `index.catalogue` holds the products."""
        return self._parts.index

    @property
    def shop(self) -> Shop:
        """Policies and orders."""
        return self._parts.shop

    @property
    def desk(self) -> ServiceDesk | None:
        """The shop's own systems: customers, orders and what may be done with them; `None` where there are none."""
        return self._parts.desk

    @property
    def ticket_types(self) -> tuple[str, ...]:
        """The types that the ticket model tells apart; empty where there is no such model."""
        return self._parts.tickets.model.about.types if self._parts.tickets is not None else ()

    # --- conversation ----------------------------------------------------------------------------------------

    def new_session(self, user_id: str | None = None) -> str:
        """Begins a session and returns its unguessable id. `user_id` is a shopper whom the caller has identified."""
        return self._parts.store.create_session(user_id)

    def respond(
        self, session_id: str, message: str, events: Iterable[Event | dict[str, Any]] = (), *, key: str | None = None
    ) -> Reply:
        """The reply to a message, saved with the session. `events` are what the shopper did since the last message;
        `key` is the sender's own id of it, with which it may be sent again and is saved once.

        While an agent holds the conversation, the message is saved and the reply has no text.
        Raises `UnknownSession`, `InvalidInput` (an empty or too long message, a malformed event) or `ModelError`.
        """
        *_, reply = self.stream(session_id, message, events, key=key)
        assert isinstance(reply, Reply)
        return reply

    def stream(
        self, session_id: str, message: str, events: Iterable[Event | dict[str, Any]] = (), *, key: str | None = None
    ) -> Iterator[str | Reply]:
        """The reply as it is written: verified pieces of its text, and last the `Reply`, which is saved by then.

        Where an agent takes over meanwhile, the pieces stop and the `Reply` has no text: what was said is taken back.
        Raises like `respond`, bad input at once, before anything is written.
        """
        text = self._text(message)
        return self._turn(session_id, text, _events(events), key, self.session(session_id))

    def read(self, conversation: Conversation) -> State:
        """What the shopper needs, from a whole conversation."""
        state = fold(self._parts.reader, conversation)
        intent = self._parts.intent.predict(conversation, state)
        return state.model_copy(update={"purchase_probability": intent.probability})

    def completions(self) -> dict[str, Completions]:
        """The models as they are, by role (`reader`, `writer`), for those who ask them past the conversation."""
        return completions(self._parts.reader, self._parts.writer)

    def _turn(
        self, session_id: str, text: str, events: list[Event], key: str | None, _: Session
    ) -> Iterator[str | Reply]:
        store = self._parts.store
        with self._session_lock(session_id):
            if (earlier := self._earlier(session_id, key)) is not None:
                yield earlier
                return
            revision = store.append_message(session_id, Message(role="user", content=text), events, key=key)
            session = store.load(session_id)
            if session.holder is not None:
                yield self._listen(session)
                return
            parts = current(self._parts, session)
            thought = think(parts, session)
            pieces: list[str] = []
            for piece in self._written(thought.plans, session.conversation):
                if store.holder(session_id) is not None:
                    break
                pieces.append(piece)
                yield piece
            reply = reply_of(thought, "".join(pieces))
            try:
                store.append_reply(session_id, reply, expected=revision, picks=thought.table)
            except ConflictError:
                if not taken_since(store.load(session_id), session):
                    raise
                yield self._listen(session)
                return
            for product_id, quantity in thought.basket:
                self._put(session_id, product_id, quantity)
        yield reply

    def _earlier(self, session_id: str, key: str | None) -> Reply | None:
        """The reply to a message that was sent before with the same key; `None` where it is to be answered now."""
        store = self._parts.store
        place = store.message_index(session_id, key) if key is not None else None
        if place is None:
            return None
        session = store.load(session_id)
        if (answered := next((i for i in sorted(session.replies) if i > place), None)) is not None:
            return session.replies[answered]
        passed = any(handover.after_message >= place for handover in session.handovers)
        return None if place == len(session.messages) - 1 and not passed else silence(session.state)

    def _listen(self, session: Session) -> Reply:
        """The shopper's last message read into the state, and nothing said: an agent holds the conversation."""
        store = self._parts.store
        for _ in range(ATTEMPTS):
            now = store.load(session.id)
            heard = session.model_copy(update={"states": now.states, "revision": now.revision})
            state = hear(self._parts, heard)
            try:
                store.push_state(session.id, state, picks=now.picks, relaxed=now.relaxed, source="reading",
                                 expected=now.revision)
                return silence(state)
            except ConflictError:
                continue
        return silence(store.load(session.id).state)

    def _written(self, plans: Sequence[Plan], conversation: Conversation) -> Iterator[str]:
        """The writer's pieces, a blank line between two plans."""
        for i, plan in enumerate(plans):
            if i:
                yield "\n\n"
            yield from self._parts.writer.write(plan, conversation)

    # --- hand-over -------------------------------------------------------------------------------------------

    def take_over(self, session_id: str, agent: str) -> Session:
        """Gives a conversation to an agent: until they give it back, the assistant says nothing in it, whatever it had
        begun to write. Asking again changes nothing.

        Raises `UnknownSession`, `InvalidInput` for an empty id, or `HeldError` where another agent holds it."""
        self._parts.store.take_over(session_id, agent)
        return self.session(session_id)

    def give_back(self, session_id: str, agent: str) -> Session:
        """Gives a conversation back to the assistant, which answers the shopper's next message and no earlier one.

        Raises `UnknownSession`, or `HeldError` where another agent holds it."""
        self._parts.store.give_back(session_id, agent)
        return self.session(session_id)

    def say_as_agent(self, session_id: str, agent: str, message: str, *, key: str | None = None) -> Session:
        """Sends a message of the agent who holds the conversation; `key` as in `respond`.

        Raises `UnknownSession`, `InvalidInput`, or `HeldError` for anybody who does not hold it."""
        self._parts.store.append_agent_message(session_id, agent, self._text(message), key=key)
        return self.session(session_id)

    def note(
        self, session_id: str, agent: str, short: str, long: str = "", *, type: str | None = None,
        satisfaction: int | None = None,
    ) -> Session:
        """Keeps an agent's note on a conversation that they are done with; `copilot.wrap_up` suggests one.

        Raises `UnknownSession`, `InvalidInput` for an empty one, or `HeldError` where another agent holds it."""
        self._parts.store.add_note(session_id, agent, short, long, type=type, satisfaction=satisfaction)
        return self.session(session_id)

    def queue(self, limit: int = 200) -> tuple[Waiting, ...]:
        """The conversations that were used last, those first that need a person most."""
        return queued(self._parts.store.overviews(limit), self.settings.conversation.sure)

    # --- the session -----------------------------------------------------------------------------------------

    def session(self, session_id: str) -> Session:
        """The session as it stands. Raises `UnknownSession`."""
        return self._parts.store.load(session_id)

    def version(self, session_id: str) -> str:
        """A word that is another one whenever something in the session has changed. Raises `UnknownSession`."""
        return self._parts.store.version(session_id)

    def record_events(self, session_id: str, events: Iterable[Event | dict[str, Any]]) -> None:
        """Keeps what the shopper did in the shop. Raises `UnknownSession` or `InvalidInput`."""
        self._parts.store.record_events(session_id, _events(events))

    def edit(self, session_id: str, edit: Edit) -> Session:
        """Changes a need by hand; picks are searched and ranked anew at once. `undo` takes the last change back.

        Raises `UnknownSession`, or `InvalidInput` where the edit fits nothing in the state.
        """
        store = self._parts.store
        with self._session_lock(session_id):
            session = store.load(session_id)
            if edit.action == "undo":
                store.undo(session_id, expected=session.revision)
                return store.load(session_id)
            state = update(session.state, reading_of(edit, session.state))
            picks, found = rank_again(self._parts, session, state)
            relaxed = found.relaxed if found else ()
            store.push_state(session_id, state, picks=picks, relaxed=relaxed, expected=session.revision)
            return store.load(session_id)

    def basket(self, session_id: str, product_id: str, quantity: int) -> Session:
        """Puts `quantity` of a product into the basket, 0 to take it out, and records the event.

        Raises `UnknownSession`, `UnknownProduct`, or `InvalidInput` for a quantity that is no count.
        """
        with self._session_lock(session_id):
            self._put(session_id, product_id, quantity)
        return self.session(session_id)

    def _put(self, session_id: str, product_id: str, quantity: int) -> None:
        product = self.product(product_id)
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            raise InvalidInput(f"The quantity must be a whole number, found {str(quantity)[:40]!r}.")
        before = self.session(session_id).basket.get(product_id, 0)
        event = basket_event(product, quantity - before)
        self._parts.store.set_basket(session_id, product_id, quantity, [event] if event else [])

    def feedback(
        self, session_id: str, message_index: int, value: Literal["up", "down"], comment: str = ""
    ) -> None:
        """Keeps a thumb on the assistant's message at `message_index`."""
        if value not in ("up", "down"):
            raise InvalidInput(f"Feedback is \"up\" or \"down\", found {str(value)[:40]!r}.")
        self._parts.store.add_feedback(session_id, message_index, value, comment)

    def intent(self, session_id: str) -> Intent:
        """How likely the shopper is to buy in this session, with the drivers."""
        session = self.session(session_id)
        return self._parts.intent.predict(session.conversation, session.state)

    def delete(self, session_id: str) -> None:
        """Deletes the session and all that belongs to it. Raises `UnknownSession`."""
        self._parts.store.delete_session(session_id)

    # --- products --------------------------------------------------------------------------------------------

    def product(self, product_id: str) -> Product:
        """The product with this id. Raises `UnknownProduct`."""
        product = self.index.catalogue.get(product_id)
        if product is None:
            raise UnknownProduct(product_id)
        return product

    def compare(self, ids: Sequence[str]) -> Comparison:
        """Two to four products side by side. Raises `InvalidInput` or `UnknownProduct`."""
        unique = list(dict.fromkeys(ids))
        if not 2 <= len(unique) <= 4:
            raise InvalidInput(f"Compare two to four different products, found {len(unique)}.")
        return compare([self.product(product_id) for product_id in unique])

    def close(self) -> None:
        """Closes the store's connections."""
        self._parts.store.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- inside ----------------------------------------------------------------------------------------------

    def _text(self, message: str) -> str:
        limit = self.settings.conversation.max_message_chars
        if not isinstance(message, str) or not message.strip():
            raise InvalidInput("The message is empty: write what you are looking for.")
        if len(message) > limit:
            raise InvalidInput(f"The message has {len(message):,} characters; at most {limit:,} are read. Shorten it.")
        return message

    @contextmanager
    def _session_lock(self, session_id: str) -> Iterator[None]:
        with self._guard:
            lock = self._sessions.setdefault(session_id, _SessionLock())
        with lock.held:
            yield


class _SessionLock:
    """A lock that goes away when nobody holds on to it."""

    def __init__(self) -> None:
        self.held = threading.Lock()


def basket_event(product: Product, change: int) -> Event | None:
    """The event that a change of quantity in the basket is; `None` for no change."""
    if change == 0:
        return None
    item = Item(
        item_id=product.id,
        item_name=product.title,
        item_brand=product.brand[0] if product.brand else None,
        item_category=product.product_type or None,
        price=product.amount,
        quantity=abs(change),
    )
    return Event(event_name="add_to_cart" if change > 0 else "remove_from_cart", items=(item,))


def _events(events: Iterable[Event | dict[str, Any]]) -> list[Event]:
    checked = []
    for i, event in enumerate(events):
        try:
            checked.append(Event.model_validate(event))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InvalidInput(f"Event {i}, {where or 'record'}: {first['msg']}.") from error
    return checked
