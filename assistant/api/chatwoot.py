"""Webhooks of Chatwoot's agent bots over HTTP."""

from __future__ import annotations

import logging
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from assistant.api.errors import ErrorBody, ErrorDetail, answer, describe
from assistant.chatwoot.bridge import Bridge
from assistant.chatwoot.events import Webhook
from assistant.chatwoot.signature import UnsignedError
from assistant.store import StoreError

log = logging.getLogger(__name__)

ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorBody, "description": "Not signed by Chatwoot, or too long ago"},
    500: {"model": ErrorBody, "description": "Not taken in: send it again"},
}

router = APIRouter(tags=["chatwoot"])


class TakenIn(BaseModel):
    """What became of a webhook: `accepted` and worked off in the background, or `ignored`, since it means nothing for
    the assistant or came in before."""

    status: Literal["accepted", "ignored"]


@router.post("/api/chatwoot", response_model=TakenIn, responses=ANSWERS, summary="A webhook of a Chatwoot agent bot")
async def webhook(request: Request) -> Response:
    """Takes in a signed webhook and answers at once; replies go back through Chatwoot's API."""
    bridge: Bridge = request.app.state.chatwoot
    body = await request.body()
    try:
        bridge.require_signature(request.headers, body)
    except UnsignedError as error:
        log.warning("A webhook for Chatwoot's bridge was refused: %s", error)
        raise HTTPException(401, str(error).rstrip(".")) from error
    try:
        given = Webhook.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        detail = ErrorDetail(code="invalid_input", message=f"This is no webhook of Chatwoot: {where}: {first['msg']}.")
        return answer(422, detail)
    try:
        new = await run_in_threadpool(bridge.take_in, given)
    except StoreError as error:  # Chatwoot sends again what is answered with 500, and nothing else of that kind
        return answer(500, describe(error)[1])
    return JSONResponse({"status": "accepted" if new else "ignored"})
