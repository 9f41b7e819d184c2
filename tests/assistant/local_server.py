"""Real HTTP servers for tests: any application on a free port of this machine, and a model server that misbehaves."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of `app` on a free port, as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


Answer = Callable[[dict[str, Any]], Response]


class OddServer:
    """A server with the models `base` and `lora` that gives the answers it was told, in turn; the last one stays."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.models: Any = {"object": "list", "data": [{"id": "base"}, {"id": "lora"}]}
        self.left = threading.Event()
        routes = [
            Route("/v1/models", lambda request: JSONResponse(self.models)),
            Route("/v1/chat/completions", self._answer, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        self.keys.append(request.headers.get("authorization"))
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(body)

    def dripping(self, body: dict[str, Any]) -> Response:
        """A word every 20 ms for ever; `left` is set when nobody listens any more."""

        async def events() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield sent(event("word "))
                    await asyncio.sleep(0.02)
            finally:
                self.left.set()

        return StreamingResponse(events(), media_type="text/event-stream")


def event(text: str | None, finish: str | None = None, sure: list[tuple[str, float]] | None = None) -> dict[str, Any]:
    """A chunk of a chat completion, as vLLM sends it."""
    logprobs = None
    if sure is not None:
        logprobs = {"content": [{"token": t, "logprob": p, "bytes": list(t.encode())} for t, p in sure]}
    choice = {"index": 0, "delta": {"content": text}, "logprobs": logprobs, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "choices": [choice]}


def sent(data: Any) -> bytes:
    """One server-sent event."""
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\r\n\r\n".encode()


def streamed(*events: Any, done: bool = True) -> Answer:
    """An answer of these events, in order; without `done` the stream just stops."""

    async def body() -> AsyncIterator[bytes]:
        for one in events:
            yield sent(one)
        if done:
            yield sent("[DONE]")

    return lambda _: StreamingResponse(body(), media_type="text/event-stream")


def said(text: str) -> Answer:
    """A whole answer, in three pieces."""
    third = len(text) // 3 + 1
    pieces = [text[i : i + third] for i in range(0, len(text), third)]
    return streamed(event(""), *(event(piece) for piece in pieces), event("", "stop"), {"choices": [], "usage": {}})


def once_all_ask(text: str, of: int = 2) -> Answer:
    """A whole answer, which begins when so many requests wait for theirs."""
    waiting: list[asyncio.Event] = []

    async def body() -> AsyncIterator[bytes]:
        waiting.append(asyncio.Event())
        if len(waiting) >= of:
            for each in waiting:
                each.set()
        await waiting[-1].wait()
        for one in (event(text), event("", "stop"), "[DONE]"):
            yield sent(one)

    return lambda _: StreamingResponse(body(), media_type="text/event-stream")


def refused(status: int, message: str = "no", **headers: str) -> Answer:
    """An error in OpenAI's layout."""
    return lambda _: JSONResponse({"error": {"message": message}}, status, headers=headers)


def text(content: str) -> Answer:
    """Plain text where events were asked for."""
    return lambda _: PlainTextResponse(content)


def breaking(*events: Any) -> Answer:
    """Some events, and then the connection is cut in the middle of the body."""

    async def body() -> AsyncIterator[bytes]:
        for one in events:
            yield sent(one)
            await asyncio.sleep(0.05)
        raise ConnectionAbortedError("cut")

    return lambda _: StreamingResponse(body(), media_type="text/event-stream")


def late(seconds: float) -> Answer:
    """Headers at once, and nothing for a while."""

    async def body() -> AsyncIterator[bytes]:
        await asyncio.sleep(seconds)
        yield sent("[DONE]")

    return lambda _: StreamingResponse(body(), media_type="text/event-stream")
