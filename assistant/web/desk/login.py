"""The desk's page, and how an agent gets to it: the login, the logout, and the refusal of everybody else."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from assistant.api.agents import COOKIE, SIGNED_IN_FOR, SignedIn, TheAgents, TooManyTriesError, agent_of
from assistant.web.desk.access import FromHere, TheViews, page

LONGEST_FORM = 10_000
WRONG = "This name and password do not go together."

router = APIRouter(include_in_schema=False)
elsewhere = APIRouter(include_in_schema=False)


@router.get("/desk")
def desk(request: Request, views: TheViews, agents: TheAgents) -> Response:
    """The desk; to anybody but an agent only the way to sign in, as a 401."""
    if (agent := agent_of(request)) is None:
        return page(views.login(agents.any), 401)
    return page(views.desk(agent))


@router.get("/desk/login")
def form(views: TheViews, agents: TheAgents) -> Response:
    """The form to sign in."""
    return page(views.login(agents.any))


@router.post("/desk/login")
async def sign_in(request: Request, views: TheViews, agents: TheAgents, _: FromHere) -> Response:
    """Signs an agent in with the form's `name` and `password`."""
    given = parse_qs((await _body(request)).decode("utf-8", "replace"))
    name, password = (given.get(field, [""])[0] for field in ("name", "password"))
    address = request.client.host if request.client is not None else ""
    try:
        cookie = await run_in_threadpool(agents.sign_in, name, password, address)
    except TooManyTriesError as error:
        return page(views.login(agents.any, name, str(error)), 429)
    if cookie is None:
        return page(views.login(agents.any, name, WRONG), 401)
    answer = RedirectResponse("/desk", 303)
    answer.set_cookie(COOKIE, cookie, max_age=int(SIGNED_IN_FOR), path="/", httponly=True, samesite="strict",
                      secure=request.url.scheme == "https")
    return answer


@router.post("/desk/logout")
def sign_out(_: FromHere, agent: SignedIn) -> Response:
    """Takes the login from this browser."""
    answer = RedirectResponse("/desk/login", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


@elsewhere.api_route("/desk/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def nothing(path: str, agent: SignedIn) -> Response:
    """What the desk does not have: a 404 to agents only."""
    raise HTTPException(404)


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            raise HTTPException(413)
    return body
