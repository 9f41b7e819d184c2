"""Reading without a session, and health."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assistant.api.access import TheAssistant, in_turn_thread
from assistant.api.bodies import Health, ReadRequest
from assistant.api.errors import ErrorBody
from assistant.api.views import as_json
from assistant.config import ModelSettings
from assistant.records import Conversation, State

router = APIRouter()


@router.post(
    "/api/read",
    response_model=State,
    tags=["reading"],
    summary="What a conversation asks for",
    responses={503: {"model": ErrorBody, "description": "The model is not available"}},
)
async def read(body: ReadRequest, request: Request, assistant: TheAssistant) -> Response:
    """The State after the last message of a conversation; nothing is kept."""
    conversation = Conversation(id=body.id, messages=body.messages, events=body.events)
    state = await in_turn_thread(request, partial(assistant.read, conversation))
    return JSONResponse(as_json(state))


@router.get("/healthz", response_model=Health, tags=["status"], summary="Whether it runs, and what")
async def healthz(request: Request, assistant: TheAssistant) -> Health:
    """Answers as soon as models and index are loaded."""
    settings = assistant.settings
    models = {"reader": _name(settings.reader), "writer": _name(settings.writer), "encoder": settings.encoder.model}
    return Health(
        status="ok",
        version=request.app.state.version,
        shop=settings.shop.name,
        products=len(assistant.index.catalogue),
        models=models,
    )


def _name(settings: ModelSettings) -> str:
    return f"{settings.kind}: {settings.model}" if settings.model else settings.kind

