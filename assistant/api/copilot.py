"""The copilot for other desks: a transcript in, a Suggestion out. For agents and the shop's own programs only."""

from __future__ import annotations

from functools import partial
from typing import Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from assistant.api.access import TheAssistant, in_turn_thread, is_staff
from assistant.api.agents import agent_of
from assistant.api.bodies import MAX_EVENTS, MAX_MESSAGES, Body, CheckedEvent
from assistant.api.errors import ErrorBody
from assistant.api.views import as_json
from assistant.assistant import Assistant
from assistant.copilot.records import Suggestion
from assistant.errors import InvalidInput
from assistant.records import Conversation, Message


def agent_or_staff(request: Request) -> None:
    """Raises a 401 for whoever is neither signed in as an agent nor sends the shop's staff token: shoppers, strangers.
    A browser's login counts only with a body of JSON, which no page of another site can send along with it."""
    if is_staff(request):
        return
    content = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if agent_of(request) is None or content != "application/json":
        raise HTTPException(401, "This is for the shop's agents: sign in at /desk/login, or send the staff token")


router = APIRouter(tags=["copilot"], dependencies=[Depends(agent_or_staff)])


class SuggestRequest(Body):
    """A conversation that is kept elsewhere. `customer_id` is whom the desk knows the shopper to be; `holder` is who
    answers in it."""

    messages: tuple[Message, ...] = Field(min_length=1, max_length=MAX_MESSAGES)
    events: tuple[CheckedEvent, ...] = Field(default=(), max_length=MAX_EVENTS)
    customer_id: str | None = Field(default=None, max_length=200)
    holder: Literal["assistant", "agent"] = "agent"


@router.post(
    "/api/copilot/suggest",
    response_model=Suggestion,
    summary="Suggest what an agent may say and do",
    responses={
        401: {"model": ErrorBody, "description": "Neither an agent's login nor the staff token"},
        503: {"model": ErrorBody, "description": "A model is not available"},
    },
)
async def suggest(body: SuggestRequest, request: Request, assistant: TheAssistant) -> Response:
    """Summary, state, replies with citations, the next action and products for a transcript; nothing is stored. Send
    the whole transcript each time: what was read of its beginning is remembered for a while."""
    suggestion = await in_turn_thread(request, partial(_suggest, assistant, body))
    content = as_json(suggestion)
    content.setdefault("next_action", None)
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _suggest(assistant: Assistant, body: SuggestRequest) -> Suggestion:
    limit = assistant.settings.conversation.max_message_chars
    for place, message in enumerate(body.messages):
        if len(message.content) > limit:
            raise InvalidInput(f"messages[{place}]: at most {limit:,} characters are read of a message.")
    customer = None
    if body.customer_id is not None:
        customer = assistant.desk.customer(body.customer_id) if assistant.desk is not None else None
        if customer is None:
            raise InvalidInput(f"customer_id: the desk knows no customer {body.customer_id[:80]!r}.")
    conversation = Conversation(id="", messages=body.messages, events=body.events)
    return assistant.copilot.suggest_for(conversation, customer, held=body.holder == "agent")
