"""One turn over HTTP: a JSON reply, or the words as they are written, as server-sent events."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event

from assistant.api.access import Staff, TheAssistant, as_they_come, in_turn_thread
from assistant.api.bodies import ChatReply, ChatRequest
from assistant.api.errors import ErrorBody, describe
from assistant.api.views import as_json
from assistant.assistant import Assistant
from assistant.errors import InvalidInput
from assistant.records import Reply

router = APIRouter(tags=["chat"])
log = logging.getLogger(__name__)

PING_SECONDS = 15.0
EVENTS = """Server-sent events: `text` (`{"text"}`, the next piece of the reply's words), then `reply` (the whole Reply)
or `error` (`{"code", "message"}`). The reply is saved even if the client stops listening."""

Turn = tuple[str, Iterator[str | Reply]]


@router.post(
    "/api/chat",
    response_model=ChatReply,
    summary="Say something to the assistant",
    responses={
        200: {"description": EVENTS, "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        404: {"model": ErrorBody, "description": "Unknown session"},
        409: {"model": ErrorBody, "description": "Another request changed the session during this turn"},
        413: {"model": ErrorBody, "description": "More than 1 MiB"},
        503: {"model": ErrorBody, "description": "A model or the session store is not available"},
    },
)
async def chat(body: ChatRequest, request: Request, assistant: TheAssistant, staff: Staff) -> Response:
    """One turn. Without `session_id` a session is begun; its id is in the reply and in the header `X-Session-Id`.

    With `Accept: text/event-stream` the answer comes as server-sent events."""
    session_id, turn = await in_turn_thread(request, partial(_begin, assistant, body))
    headers = {"X-Session-Id": session_id, "Cache-Control": "no-store"}
    if _wants_events(request):
        events = _events(request, assistant, session_id, turn, staff)
        headers["X-Accel-Buffering"] = "no"
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)
    reply = await in_turn_thread(request, partial(_finish, assistant, session_id, turn, staff))
    return JSONResponse(reply, headers=headers)


def _begin(assistant: Assistant, body: ChatRequest) -> Turn:
    """The session and its turn, not yet run. Bad input leaves no empty session behind."""
    session_id = body.session_id or assistant.new_session()
    try:
        return session_id, assistant.stream(session_id, body.message, body.events)
    except InvalidInput:
        if body.session_id is None:
            assistant.delete(session_id)
        raise


def _finish(assistant: Assistant, session_id: str, turn: Iterator[str | Reply], staff: bool) -> dict[str, Any]:
    *_, reply = turn
    assert isinstance(reply, Reply)
    return _reply_json(assistant, session_id, reply, staff)


def _reply_json(assistant: Assistant, session_id: str, reply: Reply, staff: bool) -> dict[str, Any]:
    index = max(assistant.session(session_id).replies) if reply.text else None
    return {"session_id": session_id, "message_index": index, **as_json(reply, staff)}


def _wants_events(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "").lower()


async def _events(
    request: Request, assistant: Assistant, session_id: str, turn: Iterator[str | Reply], staff: bool
) -> AsyncIterator[bytes]:
    """The turn as events. It runs in a thread of its own to its end, whether or not anybody still listens."""

    def run() -> Iterator[bytes]:
        try:
            for item in turn:
                yield _piece(item) if isinstance(item, str) else _whole(_reply_json(assistant, session_id, item, staff))
        except Exception as error:  # the status line is long gone: the error has to be an event
            _, detail = describe(error)
            yield _event("error", detail.model_dump(exclude_none=True))

    thinking = format_sse_event(comment="still thinking")
    async for event in as_they_come(request, run(), meanwhile=thinking, patience=PING_SECONDS):
        yield event


def _piece(text: str) -> bytes:
    return _event("text", {"text": text})


def _whole(reply: dict[str, Any]) -> bytes:
    return _event("reply", reply)


def _event(name: str, data: dict[str, Any]) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=True))
