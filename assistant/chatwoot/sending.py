"""Sending posts to Chatwoot: what it does not take now is tried again, however long that takes."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from threading import Lock

from assistant.chatwoot.client import ChatwootClient, PassingError, RefusedError
from assistant.chatwoot.ledger import Ledger, Place, Post

log = logging.getLogger(__name__)

LONGEST_PAUSE = 300.0


def backoff(failed: int) -> float:
    """Seconds before the next attempt: they double with each that failed, up to five minutes, and are drawn at random,
    so that not everything is tried at once."""
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, 2.0 ** min(failed, 16))


class Sending:
    """Sends posts and says once in the log when Chatwoot stops taking them, and once when it takes them again."""

    def __init__(self, client: ChatwootClient, ledger: Ledger, backoff: Callable[[int], float] = backoff) -> None:
        self._client = client
        self._ledger = ledger
        self._backoff = backoff
        self._down = False
        self._guard = Lock()

    def send(self, place: Place, post: Post) -> bool:
        """Sends a post; False where it has to wait."""
        try:
            self._deliver(place, post)
        except RefusedError as error:
            log.error("Chatwoot refuses a %s for conversation %d for good: %s", post.kind, place.conversation, error)
        except PassingError as error:
            pause = max(self._backoff(post.attempts), min(error.after, LONGEST_PAUSE))
            self._ledger.send_later(place.id, post.id, pause)
            self._tell_down(str(error))
            return False
        else:
            self._tell_up()
        self._ledger.sent(place.id, post)
        return True

    def _deliver(self, place: Place, post: Post) -> None:
        if post.kind == "status":
            self._client.set_status(place.conversation, post.text)
        else:
            self._client.send_message(place.conversation, post.text, private=post.kind == "note", post=post.id)

    def _tell_down(self, reason: str) -> None:
        with self._guard:
            known, self._down = self._down, True
        if not known:
            waiting = self._ledger.waiting()
            log.error("Chatwoot at %s takes nothing: %s. What waits (%d) is kept and sent once it does.",
                      self._client.place, reason, waiting)  # fmt: skip

    def _tell_up(self) -> None:
        with self._guard:
            known, self._down = self._down, False
        if known:
            log.warning("Chatwoot at %s takes messages again.", self._client.place)
