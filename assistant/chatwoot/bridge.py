"""The bridge between Chatwoot and the assistant: webhooks are taken in at once, and worked off beside."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping

from assistant.assistant import Assistant
from assistant.chatwoot.answering import Answering
from assistant.chatwoot.client import ChatwootClient
from assistant.chatwoot.events import Webhook, meaning
from assistant.chatwoot.intake import Intake
from assistant.chatwoot.ledger import Clock, Ledger
from assistant.chatwoot.runner import Runner
from assistant.chatwoot.sending import Sending, backoff
from assistant.chatwoot.signature import require_signature
from assistant.config import ChatwootSettings
from assistant.errors import ConfigError


class Bridge:
    """The bridge of one assistant to the Chatwoot that `settings` name. Webhooks may be taken in before `start` and by
    many threads; `close` ends the work and the connections, and what is left is done after the next start.

    `backoff` gives the seconds before something is tried again, by how often it failed; `tick` is how often, in
    seconds, it looks for work by itself."""

    def __init__(
        self,
        assistant: Assistant,
        settings: ChatwootSettings,
        *,
        clock: Clock = time.time,
        backoff: Callable[[int], float] = backoff,
        tick: float = 1.0,
    ) -> None:
        if settings.url is None or settings.token is None or settings.secret is None:
            raise ConfigError("A bridge to Chatwoot needs chatwoot.url, chatwoot.token and chatwoot.secret.")
        self._settings = settings
        self._secret = settings.secret
        self._clock = clock
        self._client = ChatwootClient(settings.url, settings.account, settings.token)
        url, account = assistant.settings.store.url, settings.account
        self._ledger = Ledger(url, account, secrets.token_hex(8), clock)
        self._intake = Intake(assistant, self._ledger)
        self._answering = Answering(assistant, self._ledger, backoff, settings.notes)
        self._sending = Sending(self._client, self._ledger, backoff)
        self._runner = Runner(self._ledger, self._work, tick)

    def require_signature(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises UnsignedError unless Chatwoot signed `body` a short while ago."""
        require_signature(self._secret, headers, body, self._clock(), self._settings.tolerance)

    def take_in(self, webhook: Webhook) -> bool:
        """Notes what a webhook means, to be worked off; False where it means nothing to us or is known. What it says of
        who answers holds when this returns. Raises StoreError."""
        meant = meaning(webhook, self._settings.account)
        new = meant is not None and self._intake.take_in(meant)
        if new:
            self._runner.wake()
        return new

    def start(self) -> None:
        """Begins to answer, and to send what is waiting."""
        self._runner.start()

    def close(self) -> None:
        """Ends the work after the steps under way, and closes the connections."""
        self._runner.close()
        self._client.close()
        self._ledger.close()

    def _work(self, place_id: int) -> None:
        """Everything that is due in one conversation, step by step, what is said before what is still to be answered.
        """
        while not self._runner.stopping.is_set():
            place = self._ledger.place(place_id)
            self._answering.collect(place)
            post = self._ledger.next_post(place_id)
            if post is not None and post.due <= self._clock() and self._sending.send(place, post):
                continue
            item = self._ledger.next_heard(place_id)
            if item is None:
                return
            self._answering.answer(self._ledger.place(place_id), item)
