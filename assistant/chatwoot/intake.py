"""Taking webhooks in: what a contact wrote is noted to be answered, and who answers from now on is settled at once, by
the lock in the store of sessions, whatever the assistant is doing meanwhile."""

from __future__ import annotations

import logging
from threading import Lock

from assistant.assistant import Assistant
from assistant.chatwoot.events import Answerer, Heard, Meaning, Passed, Returned, Spoken
from assistant.chatwoot.ledger import Draft, Ledger, Place
from assistant.errors import UnknownSession
from assistant.store import HeldError

log = logging.getLogger(__name__)

HOLDER = "Chatwoot"
"""Who holds a session while it is answered in Chatwoot. Which of its people does is Chatwoot's business."""


class Intake:
    """Takes in what webhooks mean. Everything is in the database when a method returns."""

    def __init__(self, assistant: Assistant, ledger: Ledger) -> None:
        self._assistant = assistant
        self._ledger = ledger
        self._adding = Lock()

    def take_in(self, meaning: Meaning) -> bool:
        """Notes what a webhook means; False where there was nothing new in it. Raises StoreError."""
        if isinstance(meaning, Heard):
            return self._heard(meaning)
        if isinstance(meaning, Spoken):
            return self._spoken(meaning)
        place = self._ledger.find(meaning.conversation)
        if place is None:
            return False
        if isinstance(meaning, Returned):
            self._ledger.returned(place.id, meaning.post)
            return True
        return self._passed(place, meaning)

    def _heard(self, meaning: Heard) -> bool:
        place = self._place(meaning.conversation, meaning.user_id)
        lately_assigned = meaning.assigned and self._ledger.assigned(place.id)
        if meaning.answerer == "person" or (meaning.answerer == "assistant" and not lately_assigned):
            self._passed(place, Passed(meaning.conversation, meaning.answerer, meaning.at))
        return self._ledger.hear(place.id, meaning.message_id, meaning.text, silent=meaning.answerer == "person")

    def _spoken(self, meaning: Spoken) -> bool:
        """A person's words take the conversation over, and join the transcript."""
        place = self._place(meaning.conversation)
        self._passed(place, Passed(meaning.conversation, "person", meaning.at))
        if meaning.pending:
            self._ledger.draft(place.id, Draft(f"spoken.{meaning.message_id}", "status", "open"))
        text = meaning.text[: self._assistant.settings.conversation.max_message_chars]
        if text.strip():
            key = f"chatwoot:{meaning.message_id}"
            try:
                self._assistant.say_as_agent(self._session_of(place), HOLDER, text, key=key)
            except HeldError as error:
                log.info("A message written in Chatwoot is not in the transcript: %s", error)
        return True

    def _passed(self, place: Place, meaning: Passed) -> bool:
        if meaning.answerer == "assistant" and self._ledger.opening(place.id):
            return False  # we are handing over ourselves, and Chatwoot does not know it yet
        if not self._ledger.passed(place.id, meaning.at, assigned=meaning.assigned):
            return False
        self._answered_by(place, meaning.answerer)
        return True

    def _answered_by(self, place: Place, answerer: Answerer) -> None:
        """Takes the session over for Chatwoot's people, or gives it back; an agent of our own desk keeps it."""
        session_id = self._session_of(place)
        try:
            if answerer == "person":
                self._assistant.take_over(session_id, HOLDER)
                self._ledger.keep_back(place.id)
            else:
                self._assistant.give_back(session_id, HOLDER)
        except HeldError as error:
            log.info("Conversation %d of Chatwoot stays with the shop's own desk: %s", place.conversation, error)

    def _place(self, conversation: int, user_id: str | None = None) -> Place:
        """The place of a conversation, with a session that is begun where it has none."""
        with self._adding:
            found = self._ledger.find(conversation)
            return found or self._ledger.add(conversation, self._assistant.new_session(user_id))

    def _session_of(self, place: Place) -> str:
        """The session of a place; a new one where it was deleted."""
        try:
            self._assistant.session(place.session_id)
            return place.session_id
        except UnknownSession:
            return renewed(self._assistant, self._ledger, place)


def renewed(assistant: Assistant, ledger: Ledger, place: Place) -> str:
    """A new session for a place whose own was deleted."""
    session_id = assistant.new_session()
    ledger.renew_session(place.id, session_id)
    return session_id
