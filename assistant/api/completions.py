"""The models as they are under /v1, in OpenAI's layout, for the shop's other machines: `server.completions` in the
configuration. An application of its own, since its errors are laid out differently."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.exceptions import HTTPException

from assistant.api.access import is_staff
from assistant.api.completion_bodies import Answer, CompletionRequest, error_body
from assistant.api.errors import HTTP_SENTENCES, field_of
from assistant.assistant import Assistant
from assistant.completions import Asked, Completions, Part
from assistant.errors import InvalidInput, ModelError

log = logging.getLogger(__name__)
PING_SECONDS = 15.0
LOOK_SECONDS = 0.5


def completions_app(assistant: Assistant, turns: Executor) -> FastAPI:
    """The application to mount at /v1. `turns` are the threads that models run in."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, dependencies=[Depends(_with_token)])
    app.state.assistant = assistant
    app.state.turns = turns
    app.state.models = assistant.completions()
    app.add_api_route("/models", models, methods=["GET"])
    app.add_api_route("/chat/completions", chat_completions, methods=["POST"])
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(Exception, _on_failure)
    return app


def _with_token(request: Request) -> None:
    if not is_staff(request):
        raise HTTPException(401, "Send the shop's staff token as a bearer token: these are the models as they are.")


def models(request: Request) -> dict[str, Any]:
    """The names under which models answer."""
    served = [{"id": name, "object": "model", "created": 0, "owned_by": "shopkeeper"} for name in _models(request)]
    return {"object": "list", "data": served}


async def chat_completions(body: CompletionRequest, request: Request) -> Response:
    """An answer of `reader` or `writer`, whole or as server-sent events. A client that goes away ends the work."""
    model = _models(request).get(body.model)
    if model is None:
        there = ", ".join(_models(request)) or "none, they are behind a server of their own"
        raise HTTPException(404, f"No model {body.model[:80]!r} answers here. There are: {there}.")
    asked, turns = body.asked(), request.app.state.turns
    with _Running(turns) as running:
        try:
            counted = await asyncio.get_running_loop().run_in_executor(turns, model.prompt_tokens, asked)
            running.start(model.parts, asked)
            first = await running.part_for(request)
        except InvalidInput as error:
            return JSONResponse(error_body(str(error), "invalid_request_error"), 400)
        answer = Answer(secrets.token_hex(12), body, counted)
        if not body.stream:
            parts = [first]
            while not parts[-1].finish:
                parts.append(await running.part_for(request))
            return JSONResponse(answer.whole(parts))
        running.keep()
    count = body.stream_options is not None and body.stream_options.include_usage
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(answer, first, running, count), media_type="text/event-stream", headers=headers)


async def _events(answer: Answer, first: Part, running: _Running, count: bool) -> AsyncIterator[bytes]:
    with running:
        part, tokens = first, first.tokens
        yield format_sse_event(data_str=answer.chunk(part, first=True))
        while not part.finish:
            try:
                part = await running.part(PING_SECONDS)
            except TimeoutError:
                yield format_sse_event(comment="still thinking")
                continue
            except Exception as error:  # the status line is long gone: the error has to be an event
                yield format_sse_event(data_str=json.dumps(_failure(error)))
                return
            tokens += part.tokens
            yield format_sse_event(data_str=answer.chunk(part, first=False))
        if count:
            yield format_sse_event(data_str=answer.usage_chunk(tokens))
        yield format_sse_event(data_str="[DONE]")


class _Running:
    """An answer that is made in a thread while it is waited for here. The work ends with the `with` block."""

    def __init__(self, turns: Executor) -> None:
        self._turns = turns
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Part | Exception] = asyncio.Queue()
        self._stopped = threading.Event()
        self._kept = False
        self._looked = self._loop.time()

    def start(self, parts: Callable[[Asked], Iterator[Part]], asked: Asked) -> None:
        """Begins to answer."""
        self._turns.submit(self._run, parts, asked)

    def keep(self) -> None:
        """Lets the work go on past the end of this block; another one is entered for the rest."""
        self._kept = True

    def __enter__(self) -> _Running:
        self._kept = False
        return self

    def __exit__(self, *_: object) -> None:
        if not self._kept:
            self._stopped.set()

    async def part(self, seconds: float) -> Part:
        """The next part. Raises `TimeoutError` where none comes in time, and what the model raised."""
        item = await asyncio.wait_for(self._queue.get(), seconds)
        if isinstance(item, Exception):
            raise item
        return item

    async def part_for(self, request: Request) -> Part:
        """The next part, however long it takes while the client waits for it."""
        while True:
            if self._loop.time() > self._looked + LOOK_SECONDS:
                self._looked = self._loop.time()
                if await request.is_disconnected():
                    raise HTTPException(499, "The client went away.")
            with suppress(TimeoutError):
                return await self.part(LOOK_SECONDS)

    def _run(self, parts: Callable[[Asked], Iterator[Part]], asked: Asked) -> None:
        try:
            for part in parts(asked):
                if self._stopped.is_set():
                    return
                self._loop.call_soon_threadsafe(self._queue.put_nowait, part)
        except Exception as error:  # told to whoever waits
            self._loop.call_soon_threadsafe(self._queue.put_nowait, error)


def _models(request: Request) -> dict[str, Completions]:
    served: dict[str, Completions] = request.app.state.models
    return served


def _failure(error: Exception) -> dict[str, Any]:
    """A failure for the client; those who ask have the staff token, so a model's own words may be told."""
    log.error("a completion failed: %s", error, exc_info=error)
    said = str(error) if isinstance(error, ModelError) else "The model failed; the log says why."
    return error_body(said, "server_error")


async def _on_failure(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse(_failure(error), 500)


async def _on_http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    nowhere = error.detail == "Not Found"
    message = HTTP_SENTENCES[404] if nowhere else error.detail
    code = None if nowhere else {404: "model_not_found", 401: "invalid_api_key"}.get(error.status_code)
    body = error_body(message, "invalid_request_error", code)
    headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else None
    return JSONResponse(body, error.status_code, headers=headers)


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = field_of(first["loc"])
    if first["type"] == "json_invalid":
        return JSONResponse(error_body("The body is no JSON.", "invalid_request_error"), 400)
    said = "this is not supported here" if first["type"] == "extra_forbidden" else first["msg"]
    return JSONResponse(error_body(f"{field}: {said}.", "invalid_request_error", param=field), 400)
