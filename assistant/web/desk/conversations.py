"""The queue and the conversations of the desk: looking, taking over, writing, giving back, and the copilot beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.access import TheAssistant, as_they_come, in_turn_thread
from assistant.api.agents import SignedIn
from assistant.api.errors import describe
from assistant.assistant import Assistant
from assistant.copilot.course import course
from assistant.copilot.queue import Waiting
from assistant.records import Citation
from assistant.session import Session
from assistant.web.desk.access import HEADERS, FromHere, TheViews, page, pieces
from assistant.web.desk.context import customer_at, customer_of
from assistant.web.desk.views import Views

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Query(max_length=200)]


class Said(BaseModel):
    """A message of the agent; `key` is the page's own id of it, with which it is saved once."""

    model_config = ConfigDict(extra="forbid")

    text: str
    key: str | None = Field(default=None, max_length=200)


@router.get("/desk/script.js")
def script(views: TheViews, agent: SignedIn) -> Response:
    """The desk's script."""
    return Response(views.script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/desk/queue")
def queue(
    assistant: TheAssistant, views: TheViews, agent: SignedIn, q: Text = "", need: Text = "", chosen: Text = ""
) -> Response:
    """The conversations that fit the search and the filter, those first that need a person most."""
    names = _names(assistant, waiting := assistant.queue())
    wanted = q.casefold().split()
    fitting = [item for item in waiting if _fits(item, need, agent) and _found(item, names, wanted)]
    return page(views.queue(fitting, names, chosen, agent))


@router.get("/desk/conversations/{session_id}")
def conversation(
    session_id: str, assistant: TheAssistant, views: TheViews, agent: SignedIn, seen: Text = ""
) -> Response:
    """The chosen conversation in pieces; empty where `seen` is how it still is. Raises UnknownSession."""
    version = assistant.version(session_id)
    if version == seen:
        return Response(status_code=204)
    session = assistant.session(session_id)
    context = customer_of(assistant.desk, session)
    shown = views.conversation(session, agent, context, course(session))
    last = len(session.messages) - 1
    noted = any(note.after_message == last for note in session.notes)
    return pieces({"version": version, "messages": last + 1, "mine": session.holder == agent, "noted": noted,
                   "pieces": shown})


@router.get("/desk/conversations/{session_id}/copilot")
async def copilot(
    session_id: str, request: Request, assistant: TheAssistant, views: TheViews, agent: SignedIn
) -> Response:
    """What the copilot suggests in the conversation as it is: lines of JSON as it grows, each with all there is so far
    as `html`, or an `error` that ends them. Raises UnknownSession."""
    session = await in_turn_thread(request, partial(assistant.session, session_id))
    growing = as_they_come(request, _suggested(assistant, views, session), finish=False)
    return StreamingResponse(growing, media_type="application/x-ndjson", headers=HEADERS | {"X-Accel-Buffering": "no"})


@router.post("/desk/conversations/{session_id}/take")
def take(session_id: str, assistant: TheAssistant, agent: SignedIn, _: FromHere) -> Response:
    """Takes the conversation over; a 409 where a colleague holds it."""
    assistant.take_over(session_id, agent)
    return Response(status_code=204)


@router.post("/desk/conversations/{session_id}/give")
def give(session_id: str, assistant: TheAssistant, agent: SignedIn, _: FromHere) -> Response:
    """Gives the conversation back to the assistant; a 409 where a colleague holds it."""
    assistant.give_back(session_id, agent)
    return Response(status_code=204)


@router.post("/desk/conversations/{session_id}/say")
def say(session_id: str, said: Said, assistant: TheAssistant, agent: SignedIn, _: FromHere) -> Response:
    """Sends the agent's message to the shopper; a 409 for an agent who does not hold the conversation."""
    assistant.say_as_agent(session_id, agent, said.text, key=said.key)
    return Response(status_code=204)


@router.get("/desk/conversations/{session_id}/citation")
def citation(
    session_id: str, assistant: TheAssistant, views: TheViews, agent: SignedIn,
    kind: Text, id: Text, quote: Annotated[str, Query(max_length=4000)] = "",
) -> Response:  # fmt: skip
    """The record that a citation names: a clause, a product, an order of this conversation's customer."""
    cited = Citation.model_validate({"kind": kind, "id": id, "quote": quote})
    context = customer_of(assistant.desk, assistant.session(session_id))
    return page(views.citation(cited, context))


def _suggested(assistant: Assistant, views: Views, session: Session) -> Iterator[str]:
    try:
        suggestion = None
        for suggestion in assistant.copilot.stream(session):
            yield _line(html=views.copilot(suggestion))
        if suggestion is not None:
            yield _line(html=views.copilot(suggestion, assistant.copilot.similar(session)))
    except Exception as error:  # the status line is long gone: the error has to be a line
        _, detail = describe(error)
        yield _line(error=detail.message)


def _line(**content: str) -> str:
    return f"{json.dumps(content, ensure_ascii=True)}\n"


def _names(assistant: TheAssistant, waiting: tuple[Waiting, ...]) -> dict[str, str]:
    """The names of the customers who are signed in, or wrote an e-mail address that the shop knows, by session."""
    desk = assistant.desk
    if desk is None:
        return {}
    users = {item.session_id: item.user_id for item in waiting if item.user_id is not None}
    known = desk.customers(sorted(set(users.values()))) if users else {}
    names = {session_id: known[user_id].name for session_id, user_id in users.items() if user_id in known}
    written = {item.session_id: customer_at(desk, item.emails) for item in waiting if item.user_id is None}
    return names | {session_id: customer.name for session_id, customer in written.items() if customer is not None}


def _fits(item: Waiting, need: str, agent: str) -> bool:
    if need == "mine":
        return item.holder == agent
    return not need or item.need == need or (need == "any" and item.need != "none")


def _found(item: Waiting, names: dict[str, str], wanted: list[str]) -> bool:
    """Whether every word of the search is somewhere in what the queue knows of the conversation."""
    known = [names.get(item.session_id, ""), item.user_id or "", item.session_id, item.why, item.holder or ""]
    known += [message.content for message in (item.last_message, item.last_said) if message is not None]
    for need in item.state.needs:
        known += [need.product or "", *(str(constraint.value) for constraint in need.constraints)]
    text = "\n".join(known).casefold()
    return all(word in text for word in wanted)
