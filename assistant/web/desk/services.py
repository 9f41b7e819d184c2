"""Service actions from the desk: a form is filled, checked against the policy, and done once the agent confirms.

An agent acts only in a conversation that they hold, and only for the customer of that conversation.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.access import TheAssistant
from assistant.api.agents import SignedIn
from assistant.assistant import Assistant
from assistant.errors import InvalidInput
from assistant.service import Actor, ServiceDesk, parse_request
from assistant.store.holding import HeldError
from assistant.web.desk.access import FromHere, TheViews, page
from assistant.web.desk.context import CustomerContext, customer_of
from assistant.web.desk.forms import form_for, request_from

router = APIRouter(include_in_schema=False)

Words = Annotated[str, Field(max_length=2000)]


class Wanted(BaseModel):
    """An action to open a form for, with the arguments that are known."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    arguments: dict[str, Any] = Field(default_factory=dict)
    why: Words = ""


class Filled(BaseModel):
    """A form as it was filled."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    fields: dict[str, Any]
    why: Words = ""


class Answered(BaseModel):
    """The token of a proposal that is confirmed or declined."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=200)]


@router.post("/desk/conversations/{session_id}/form")
def form(
    session_id: str, wanted: Wanted, assistant: TheAssistant, views: TheViews, agent: SignedIn, _: FromHere
) -> Response:
    """The form of an action, filled with what is known. Changes nothing."""
    desk, context = _case(assistant, session_id)
    return page(views.action(form_for(desk, context, wanted.name, wanted.arguments, wanted.why), context))


@router.post("/desk/conversations/{session_id}/propose")
def propose(
    session_id: str, filled: Filled, assistant: TheAssistant, views: TheViews, agent: SignedIn, _: FromHere
) -> Response:
    """Checks a form against the policy: what it would do, or the clause that forbids it. Nothing is done yet."""
    desk, context = _held(assistant, session_id, agent)
    request = parse_request(request_from(filled.name, filled.fields))
    why = filled.why or f"asked for in conversation {session_id[:8]}"
    return page(views.proposed(desk.propose(_actor(agent), context.customer.id, request, why=why)))


@router.post("/desk/conversations/{session_id}/confirm")
def confirm(
    session_id: str, answered: Answered, assistant: TheAssistant, views: TheViews, agent: SignedIn, _: FromHere
) -> Response:
    """Does what was proposed, once however often it is asked."""
    desk, _context = _held(assistant, session_id, agent)
    return page(views.outcome(desk.confirm(answered.token, _actor(agent))))


@router.post("/desk/conversations/{session_id}/decline")
def decline(
    session_id: str, answered: Answered, assistant: TheAssistant, views: TheViews, agent: SignedIn, _: FromHere
) -> Response:
    """Notes that the proposal was turned down."""
    desk, _context = _held(assistant, session_id, agent)
    return page(views.outcome(desk.decline(answered.token, _actor(agent))))


def _case(assistant: Assistant, session_id: str) -> tuple[ServiceDesk, CustomerContext]:
    desk = assistant.desk
    if desk is None:
        raise InvalidInput("No service desk is configured: name a database in desk.url.")
    context = customer_of(desk, assistant.session(session_id))
    if context is None:
        raise InvalidInput("Nobody knows yet who this shopper is: ask for the e-mail address that they order with.")
    return desk, context


def _held(assistant: Assistant, session_id: str, agent: str) -> tuple[ServiceDesk, CustomerContext]:
    """As `_case`. Raises HeldError unless the agent holds the conversation."""
    if assistant.session(session_id).holder != agent:
        raise HeldError("Take the conversation over before you act in it.")
    return _case(assistant, session_id)


def _actor(agent: str) -> Actor:
    return Actor(role="agent", id=agent)
