"""Sessions over HTTP: begin, look, change by hand, delete; events, basket and feedback."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from assistant.api.access import Staff, TheAssistant, identified
from assistant.api.bodies import (
    BasketRequest,
    EditsRequest,
    EventsRequest,
    FeedbackRequest,
    NewSession,
    Recorded,
    SessionCreated,
    SessionView,
)
from assistant.api.errors import ErrorBody
from assistant.api.views import session_json
from assistant.errors import InvalidInput
from assistant.records import Edit

UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "Unknown session"}}
CONFLICT: dict[int | str, dict[str, Any]] = {409: {"model": ErrorBody, "description": "Changed by another request"}}

router = APIRouter(tags=["sessions"])


@router.post("/api/sessions", status_code=201, response_model=SessionCreated, summary="Begin a session")
def create(assistant: TheAssistant, staff: Staff, response: Response, body: NewSession | None = None) -> SessionCreated:
    """A new, empty session. Its id cannot be guessed and is all that is needed to use it: keep it from others."""
    session_id = assistant.new_session(identified(body.user_id if body else None, staff))
    response.headers["Location"] = f"/api/sessions/{session_id}"
    return SessionCreated(session_id=session_id)


@router.get("/api/sessions/{session_id}", response_model=SessionView, responses=UNKNOWN, summary="A session as it is")
def get(session_id: str, assistant: TheAssistant, staff: Staff) -> Response:
    """Messages, events, needs, picks, basket and feedback."""
    return _view(session_json(assistant.session(session_id), staff))


@router.patch(
    "/api/sessions/{session_id}",
    response_model=SessionView,
    responses={**UNKNOWN, **CONFLICT},
    summary="Change needs by hand",
)
def edit(session_id: str, body: EditsRequest, assistant: TheAssistant, staff: Staff) -> Response:
    """Applies the edits in their order, all or none, and searches again; `undo` takes the last one back."""
    if len(body.edits) > 1 and any(edit.action == "undo" for edit in body.edits):
        raise InvalidInput("edits: undo must be the only edit of its request.")
    for done, change in enumerate(body.edits):
        try:
            session = assistant.edit(session_id, change)
        except InvalidInput as error:
            for _ in range(done):
                assistant.edit(session_id, Edit(action="undo"))
            raise InvalidInput(f"edits[{done}]: {error}") from error
    return _view(session_json(session, staff))


@router.delete("/api/sessions/{session_id}", status_code=204, responses=UNKNOWN, summary="Delete a session")
def delete(session_id: str, assistant: TheAssistant) -> None:
    """Deletes the session and all that belongs to it."""
    assistant.delete(session_id)


@router.put(
    "/api/sessions/{session_id}/basket",
    response_model=SessionView,
    responses={404: {"model": ErrorBody, "description": "Unknown session or product"}},
    summary="Put a product into the basket",
)
def basket(session_id: str, body: BasketRequest, assistant: TheAssistant, staff: Staff) -> Response:
    """Sets how many of a product are in the basket, and records the event that this is."""
    return _view(session_json(assistant.basket(session_id, body.product_id, body.quantity), staff))


@router.post("/api/events", status_code=202, response_model=Recorded, responses=UNKNOWN, summary="What a shopper did")
def events(body: EventsRequest, assistant: TheAssistant) -> Recorded:
    """Appends events to a session. An event without a time gets the present one."""
    assistant.record_events(body.session_id, body.events)
    return Recorded(recorded=len(body.events))


@router.post("/api/feedback", status_code=204, responses=UNKNOWN, summary="Thumbs up or down")
def feedback(body: FeedbackRequest, assistant: TheAssistant) -> None:
    """Keeps what the shopper thinks of one answer, in place of what they thought before."""
    assistant.feedback(body.session_id, body.message_index, body.value, body.comment)


def _view(content: dict[str, object]) -> JSONResponse:
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
