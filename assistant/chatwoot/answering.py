"""Answering what contacts wrote, and collecting from the sessions what has to be sent to them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from assistant.assistant import Assistant
from assistant.chatwoot.intake import HOLDER, renewed
from assistant.chatwoot.ledger import Draft, Item, Ledger, Place
from assistant.chatwoot.note import handover_note
from assistant.errors import InvalidInput, UnknownSession
from assistant.session import Session
from assistant.store import HeldError
from retrieval.product import Product

log = logging.getLogger(__name__)

TRIES = 4
ONLY_TEXT = "I can read text only. Please write what you are looking for."
GIVEN_UP = "I am sorry, I cannot answer right now. A colleague will take over."
Backoff = Callable[[int], float]


class Answering:
    """The assistant's side of the bridge. `backoff` gives the seconds before the next attempt, by those that failed;
    with `notes`, a conversation that is handed over gets a private note."""

    def __init__(self, assistant: Assistant, ledger: Ledger, backoff: Backoff, notes: bool) -> None:
        self._assistant = assistant
        self._ledger = ledger
        self._backoff = backoff
        self._notes = notes

    def answer(self, place: Place, item: Item) -> None:
        """One turn for a contact's message, or only its reading where a person answers it. What fails is tried again;
        at last the conversation is handed to the people."""
        try:
            self._turn(place, item)
        except UnknownSession:
            renewed(self._assistant, self._ledger, place)
            return
        except Exception as error:  # a model that is down, a conflict, a bug: the contact is not left without an answer
            log.exception("Message %d of Chatwoot could not be answered", item.message_id, exc_info=error)
            if item.attempts + 1 < TRIES:
                self._ledger.answer_later(place.id, item.id, self._backoff(item.attempts))
                return
            self._give_up(place, item)
        self._ledger.answered(item.id)

    def collect(self, place: Place) -> None:
        """Takes on to be sent what the session says since it was last looked at: the assistant's replies, and what
        agents wrote at the shop's own desk. A reply that hands over passes the conversation to Chatwoot's people."""
        try:
            session = self._assistant.session(place.session_id)
        except UnknownSession:
            renewed(self._assistant, self._ledger, place)
            return
        if session.revision == place.revision:
            return
        drafts = [draft for i in range(place.collected, len(session.messages)) for draft in self._drafts(session, i)]
        if any(draft.kind == "status" for draft in drafts):
            self._hand_over(place.session_id)
        self._ledger.collect(place.id, drafts, len(session.messages), session.revision)

    def _turn(self, place: Place, item: Item) -> None:
        session_id, key = place.session_id, f"chatwoot:{item.message_id}"
        if item.silent:
            self._read(session_id, item.text, key)
        elif item.text.strip():
            try:
                self._assistant.respond(session_id, item.text, key=key)
            except InvalidInput as error:
                self._object(place, item, str(error))
        else:
            self._object(place, item, ONLY_TEXT)

    def _read(self, session_id: str, text: str, key: str) -> None:
        """Has a message read that a person has dealt with: as theirs, also where they have given it back by now."""
        if not text.strip():
            return
        free = self._assistant.session(session_id).holder is None
        if free:
            self._assistant.take_over(session_id, HOLDER)
        try:
            self._assistant.respond(session_id, text, key=key)
        except InvalidInput as error:
            log.info("A message for a person is not in the transcript: %s", error)
        finally:
            if free:
                self._assistant.give_back(session_id, HOLDER)

    def _object(self, place: Place, item: Item, sentence: str) -> None:
        """Says why a message was not read, unless a person answers it."""
        if self._assistant.session(place.session_id).holder is None:
            self._ledger.draft(place.id, Draft(f"{item.message_id}.object", "text", sentence, own=True))

    def _give_up(self, place: Place, item: Item) -> None:
        if self._hand_over(place.session_id):
            said = Draft(f"{item.message_id}.sorry", "text", GIVEN_UP)
            self._ledger.draft(place.id, said, Draft(f"{item.message_id}.status", "status", "open"))

    def _hand_over(self, session_id: str) -> bool:
        """Gives the session to Chatwoot's people; False where a person at the shop's own desk has it."""
        try:
            self._assistant.take_over(session_id, HOLDER)
            return True
        except HeldError:
            return False

    def _drafts(self, session: Session, index: int) -> Iterator[Draft]:
        message, reference = session.messages[index], f"{session.id[:16]}.{index}"
        if message.role == "assistant" and message.content.strip():
            reply = session.replies.get(index)
            picks = [pick.id for pick in reply.picks] if reply is not None else []
            yield Draft(f"{reference}.text", "text", self._with_links(message.content, picks), own=True)
            if reply is not None and reply.handover:
                if self._notes and (note := self._note(session)) is not None:
                    yield Draft(f"{reference}.note", "note", note)
                yield Draft(f"{reference}.status", "status", "open")
        elif message.role == "agent" and (message.model_extra or {}).get("agent") != HOLDER:
            yield Draft(f"{reference}.text", "text", message.content)

    def _with_links(self, text: str, picks: list[str]) -> str:
        """The reply, with where its products are to be found: a chat elsewhere shows no cards."""
        found = [self._assistant.index.catalogue.get(product_id) for product_id in picks]
        links = [link for product in found if product is not None and (link := _link(product)) is not None]
        return "\n\n".join([text, "\n".join(links)] if links else [text])

    def _note(self, session: Session) -> str | None:
        try:
            return handover_note(self._assistant.copilot.suggest(session))
        except Exception as error:  # a person is to take over all the same
            log.warning("A conversation is handed over without a note: %s", error, exc_info=error)
            return None


def _link(product: Product) -> str | None:
    link = product.link or ""
    return f"{product.title}: {link}" if link.startswith(("https://", "http://")) else None
