"""Reading without a session, health, and what is not there."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from assistant.api.access import TheAssistant, in_turn_thread
from assistant.api.bodies import Health, ReadRequest
from assistant.api.errors import ErrorBody
from assistant.api.views import as_json
from assistant.config import ModelSettings
from assistant.records import Conversation, State

router = APIRouter()
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


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


@router.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
async def nothing(path: str, request: Request) -> Response:
    """Says 404, or 405 where another method would do. Without it, a web app mounted at / would answer."""
    if allowed := sorted(_methods(request)):
        detail = f"{request.method} is not possible here, only {', '.join(allowed)}"
        raise HTTPException(405, detail, headers={"Allow": ", ".join(allowed)})
    raise HTTPException(404)


def _methods(request: Request) -> set[str]:
    from starlette.routing import Match, Route

    routes = [route for route in request.app.routes if isinstance(route, Route) and route.endpoint is not nothing]
    partial_ = [route for route in routes if route.matches(request.scope)[0] is Match.PARTIAL]
    return {method for route in partial_ for method in route.methods or ()}
