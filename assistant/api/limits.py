"""How much a request may send, counted as it arrives: a declared length can be absent or wrong."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api.errors import on_http_error


class BodyLimit:
    """ASGI middleware that answers 413 to requests under `prefixes` whose body has more than `limit` bytes."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...], limit: int) -> None:
        self.app = app
        self.prefixes = prefixes
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; its body ends in an HTTPException where it grows too long."""
        if scope["type"] != "http" or not scope["path"].startswith(self.prefixes):
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > self.limit:
            response = await on_http_error(Request(scope), HTTPException(413))
            await response(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_counted, send)
