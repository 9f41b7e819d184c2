"""Wrap-up notes: suggested by the copilot, corrected by the agent, kept with the conversation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from assistant.api.access import TheAssistant
from assistant.api.agents import SignedIn
from assistant.web.desk.access import FromHere, TheViews, page

router = APIRouter(include_in_schema=False)


class Written(BaseModel):
    """A note as an agent sends it; the form's empty `type` and `satisfaction` mean that there is none."""

    model_config = ConfigDict(extra="forbid")

    short: Annotated[str, Field(max_length=1000)]
    long: Annotated[str, Field(max_length=20_000)] = ""
    type: Annotated[str, Field(max_length=200)] | None = None
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = None

    @field_validator("type", "satisfaction", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value


@router.get("/desk/conversations/{session_id}/wrap-up")
def suggested(session_id: str, assistant: TheAssistant, views: TheViews, agent: SignedIn) -> Response:
    """The form of a note, filled with what the copilot suggests. Changes nothing. Raises UnknownSession."""
    notes = assistant.copilot.wrap_up(assistant.session(session_id))
    return page(views.wrap_up(notes, assistant.ticket_types))


@router.post("/desk/conversations/{session_id}/wrap-up")
def keep(session_id: str, written: Written, assistant: TheAssistant, agent: SignedIn, _: FromHere) -> Response:
    """Keeps the note; a 409 while a colleague holds the conversation."""
    assistant.note(session_id, agent, written.short, written.long, type=written.type, satisfaction=written.satisfaction)
    return Response(status_code=204)
