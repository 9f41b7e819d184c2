"""A local Chatwoot: conversations behind its REST API, and signed webhooks for what happens in them."""

from __future__ import annotations

import hmac
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.assistant.local_server import serving

TOKEN, SECRET, ACCOUNT = "bot-token", "secret-of-the-bot", 3
INES = {"id": 9, "name": "Ines", "email": "ines@shop.example", "type": "user"}
BOT = {"id": 4, "name": "Shopkeeper", "type": "agent_bot"}
ANA = {"id": 70, "name": "Ana", "email": "ana@example.org", "identifier": None, "phone_number": None}


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of a webhook that is sent at `at`, in seconds since the epoch."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    return {
        "Content-Type": "application/json", "X-Chatwoot-Delivery": "5d0c", "X-Chatwoot-Timestamp": stamp,
        "X-Chatwoot-Signature": f"sha256={digest}",
    }  # fmt: skip


@dataclass
class Talk:
    """One conversation: its status, who is assigned, and its messages as `(who, text)`; `note` is a private one."""

    id: int
    status: str = "pending"
    assignee: dict[str, Any] | None = None
    contact: dict[str, Any] = field(default_factory=lambda: dict(ANA))
    verified: bool = False
    messages: list[tuple[str, str]] = field(default_factory=list)
    updated_at: float = field(default_factory=time.time)

    def said_by(self, who: str) -> list[str]:
        """The texts of one party."""
        return [text for party, text in self.messages if party == who]

    def payload(self) -> dict[str, Any]:
        """The conversation as webhooks have it."""
        kind = {"user": "User", "agent_bot": "AgentBot"}.get((self.assignee or {}).get("type", ""))
        meta = {"sender": {**self.contact, "type": "contact"}, "assignee": self.assignee, "assignee_type": kind,
                "team": None, "hmac_verified": self.verified}  # fmt: skip
        return {"id": self.id, "status": self.status, "meta": meta, "channel": "Channel::WebWidget", "can_reply": True,
                "inbox_id": 1, "labels": [], "messages": [], "timestamp": int(self.updated_at),
                "updated_at": self.updated_at, "additional_attributes": {}}  # fmt: skip


class Chatwoot:
    """The server. `faults` are statuses with which the next API calls are answered instead of being carried out; with
    `loses_answers`, they are carried out all the same. Webhooks go to `hook`, where one is set."""

    def __init__(self) -> None:
        self.hook: str | None = None
        self.talks: dict[int, Talk] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.tokens: list[str | None] = []
        self.faults: list[int] = []
        self.down = False
        self.loses_answers = False
        self._ids = itertools.count(1000)
        base = f"/api/v1/accounts/{ACCOUNT}/conversations/{{id:int}}"
        routes = [
            Route(f"{base}/messages", self._message, methods=["POST"]),
            Route(f"{base}/toggle_status", self._status, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes)

    def talk(self, id: int) -> Talk:
        """The conversation of that id, begun where there is none."""
        return self.talks.setdefault(id, Talk(id))

    # --- what people do ----------------------------------------------------------------------------------------------

    def contact_says(self, id: int, text: str | None, message_id: int | None = None) -> httpx.Response | None:
        """The contact writes. A resolved conversation becomes the bot's again."""
        talk = self.talk(id)
        talk.messages.append(("contact", text or ""))
        if talk.status == "resolved":
            talk.status = "pending"
        return self.send(self.message(talk, text, "incoming", talk.contact, id=message_id))

    def agent_says(self, id: int, text: str, private: bool = False) -> None:
        """A person of the shop writes."""
        talk = self.talk(id)
        talk.messages.append(("note" if private else "agent", text))
        self.send(self.message(talk, text, "outgoing", INES, private=private))

    def set_status(self, id: int, status: str) -> None:
        """The conversation is opened, resolved, or given to the bot."""
        talk = self.talk(id)
        talk.status, talk.updated_at = status, time.time()
        event = {"open": "conversation_opened", "resolved": "conversation_resolved"}.get(status)
        if event is not None:
            self.send(self.about(talk, event))
        self.send(self.about(talk, "conversation_status_changed", status={"current_value": status}))

    def assign(self, id: int, person: dict[str, Any] | None) -> None:
        """Somebody is assigned, or nobody any more."""
        talk = self.talk(id)
        talk.assignee, talk.updated_at = person, time.time()
        now = {"previous_value": None, "current_value": person and person["id"]}
        self.send(self.about(talk, "conversation_updated", assignee_id=now))

    # --- webhooks ----------------------------------------------------------------------------------------------------

    def message(
        self, talk: Talk, text: str | None, kind: str, sender: dict[str, Any] | None, *, id: int | None = None,
        private: bool = False, attributes: dict[str, Any] | None = None, event: str = "message_created",
    ) -> dict[str, Any]:  # fmt: skip
        """The webhook of a message."""
        return {
            "event": event, "id": next(self._ids) if id is None else id, "content": text, "message_type": kind,
            "content_type": "text", "content_attributes": attributes or {}, "private": private, "sender": sender,
            "created_at": "2026-11-22T10:00:00.000Z", "source_id": None, "additional_attributes": {},
            "account": {"id": ACCOUNT, "name": "Shop"}, "inbox": {"id": 1, "name": "Website"},
            "conversation": talk.payload(),
        }  # fmt: skip

    def about(self, talk: Talk, event: str, **changed: Any) -> dict[str, Any]:
        """The webhook of a conversation."""
        changes = {"changed_attributes": [{name: values} for name, values in changed.items()]} if changed else {}
        return {**talk.payload(), "event": event, "account": {"id": ACCOUNT, "name": "Shop"}, **changes}

    def send(self, payload: dict[str, Any]) -> httpx.Response | None:
        """Sends a webhook as Chatwoot does, which does not try again where nobody listens."""
        if self.hook is None:
            return None
        body = json.dumps(payload).encode()
        try:
            return httpx.post(self.hook, content=body, headers=signed(body), timeout=20)
        except httpx.ConnectError:
            return None

    # --- the API -----------------------------------------------------------------------------------------------------

    async def _message(self, request: Request) -> Response:
        given = await request.json()
        if (refused := self._called(request, given)) is not None and not self.loses_answers:
            return refused
        talk = self.talk(request.path_params["id"])
        talk.messages.append(("note" if given["private"] else "bot", given["content"]))
        message = self.message(talk, given["content"], given["message_type"], BOT, private=given["private"],
                               attributes=given.get("content_attributes"))  # fmt: skip
        return self._answer(refused, {"id": message["id"]}, lambda: self.send(message))

    async def _status(self, request: Request) -> Response:
        given = await request.json()
        if (refused := self._called(request, given)) is not None and not self.loses_answers:
            return refused
        id = request.path_params["id"]
        done = {"success": True, "current_status": given["status"], "conversation_id": id}
        return self._answer(refused, {"payload": done}, lambda: self.set_status(id, given["status"]))

    def _called(self, request: Request, given: dict[str, Any]) -> Response | None:
        token = request.headers.get("api_access_token")
        self.calls.append((request.url.path, given))
        self.tokens.append(token)
        if token != TOKEN:
            return JSONResponse({"error": "Invalid Access Token"}, 401)
        if self.down or self.faults:
            return JSONResponse({"error": "no"}, 503 if self.down else self.faults.pop(0))
        return None

    def _answer(self, refused: Response | None, body: dict[str, Any], told: Callable[[], object]) -> Response:
        """The answer, or the fault in its place; the webhook of what was done comes a moment later, or before."""
        if refused is not None:
            thread = threading.Thread(target=told)
            thread.start()
            return refused
        return JSONResponse(body, background=BackgroundTask(told))


@contextmanager
def chatwoot_server() -> Iterator[tuple[Chatwoot, str]]:
    """A Chatwoot and its address."""
    chatwoot = Chatwoot()
    with serving(chatwoot.app) as url:
        yield chatwoot, url
