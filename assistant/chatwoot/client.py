"""Chatwoot's REST API, as far as a bot's token reaches: messages, private notes and the status of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from assistant.chatwoot.events import REFERENCE

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
GONE = frozenset({400, 404, 410, 413, 422})
SHOWN = 200


class PassingError(Exception):
    """Chatwoot did not take a request, and may do so later. `after` is how many seconds it asks to wait."""

    def __init__(self, sentence: str, after: float = 0.0) -> None:
        super().__init__(sentence)
        self.after = after


class RefusedError(Exception):
    """Chatwoot will never take this request: its conversation is gone, or it is not valid."""


class ChatwootClient:
    """The API at `url` for one account. Safe to use from several threads."""

    def __init__(self, url: str, account: int, token: str) -> None:
        self.place = url.rstrip("/")
        self._base = f"{self.place}/api/v1/accounts/{account}/conversations"
        self._http = httpx.Client(headers={"api_access_token": token}, timeout=TIMEOUT)

    def send_message(self, conversation: int, text: str, *, private: bool, post: int) -> None:
        """Posts a message to the contact, or a private note; `post` comes back with its webhook. Raises PassingError
        or RefusedError."""
        body = {"content": text, "message_type": "outgoing", "private": private}
        self._post(f"{conversation}/messages", {**body, "content_attributes": {REFERENCE: post}})

    def set_status(self, conversation: int, status: str) -> None:
        """Sets the status: `open` passes it to the people, `pending` to the bot. Raises PassingError or RefusedError.
        """
        self._post(f"{conversation}/toggle_status", {"status": status})

    def close(self) -> None:
        """Closes the connections that are kept open."""
        self._http.close()

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        try:
            response = self._http.post(f"{self._base}/{path}", json=body)
        except httpx.HTTPError as error:
            raise PassingError(f"it cannot be reached ({error or type(error).__name__})") from error
        if response.is_success:
            return
        said = f"it answers {response.status_code}: {response.text[:SHOWN]!r}"
        if response.status_code in GONE:
            raise RefusedError(said)
        if response.status_code in (401, 403):
            raise PassingError(f"{said}; chatwoot.token has to be the access token of the agent bot")
        if response.is_redirect:
            raise PassingError(f"{said}; write chatwoot.url as it redirects to, {response.headers.get('location')!r}")
        raise PassingError(said, _seconds(response.headers.get("retry-after")))


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header)) if header else 0.0
    except ValueError:
        return 0.0
