"""Who calls a tool: an agent of the shop, one of its own programs, or anybody.

Over stdio it is whoever started the process, for as long as it runs. Over HTTP every request says it for itself, as
`Authorization: Basic` with an agent's name and password, `Bearer` with the cookie of their login, or `Bearer` with the
staff token; credentials that are wrong are refused, none at all are those of anybody.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from functools import partial

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.api.agents import Agents, TooManyTriesError

CALLER = "shopkeeper.caller"
SIGN_IN = "sign in as an agent of the shop: `shopkeeper mcp --agent NAME`, or over HTTP name and password as Basic"


@dataclass(frozen=True)
class Caller:
    """`agent` is the name of an agent who is signed in; `staff`: the shop's own program. Neither: anybody."""

    agent: str | None = None
    staff: bool = False


ANYBODY = Caller()


class Callers:
    """Tells who a call comes from; `local` is the caller where the transport names none."""

    def __init__(self, local: Caller = ANYBODY) -> None:
        self._local = local

    def of(self, context: Context) -> Caller:
        """Who calls in this context."""
        request = context.request_context.request
        named = request.scope.get(CALLER) if request is not None else None
        return named if isinstance(named, Caller) else self._local

    def agent(self, context: Context) -> str:
        """The agent who calls. Raises ToolError for everybody else."""
        if (agent := self.of(context).agent) is None:
            raise ToolError(f"Customers, orders and what is done with them are for the shop's agents: {SIGN_IN}.")
        return agent

    def require_staff(self, context: Context) -> None:
        """Raises ToolError for whoever is neither an agent nor one of the shop's programs."""
        caller = self.of(context)
        if caller.agent is None and not caller.staff:
            raise ToolError(f"The copilot is for the shop's agents: {SIGN_IN}, or send the staff token as Bearer.")


class SignIn:
    """ASGI middleware that notes the caller of each request for `Callers`, and answers 401 or 429 where its
    credentials are wrong."""

    def __init__(self, app: ASGIApp, agents: Agents, staff_token: str | None) -> None:
        self._app = app
        self._agents = agents
        self._staff_token = staff_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with its caller."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("authorization")
        address = scope["client"][0] if scope.get("client") else ""
        try:
            caller = await run_in_threadpool(partial(self._caller, given, address)) if given else ANYBODY
        except TooManyTriesError as error:
            await _refusal(429, str(error))(scope, receive, send)
            return
        if caller is None:
            await _refusal(401, "These credentials are not those of an agent or of the shop.")(scope, receive, send)
            return
        await self._app({**scope, CALLER: caller}, receive, send)

    def _caller(self, given: str, address: str) -> Caller | None:
        """Who sends these credentials; `None` where they are wrong. Raises TooManyTriesError."""
        scheme, _, said = given.partition(" ")
        if scheme.lower() == "basic":
            name, password = _name_and_password(said)
            return Caller(agent=name) if self._agents.sign_in(name, password, address) is not None else None
        if scheme.lower() != "bearer":
            return None
        token, staff = said.strip(), self._staff_token
        if staff and hmac.compare_digest(token.encode(), staff.encode()):
            return Caller(staff=True)
        agent = self._agents.name_of(token)
        return Caller(agent=agent) if agent is not None else None


def _name_and_password(said: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(said.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return name, password


def _refusal(status: int, sentence: str) -> JSONResponse:
    headers = {"WWW-Authenticate": 'Basic realm="Shopkeeper", charset="UTF-8"'} if status == 401 else None
    return JSONResponse({"error": {"code": "refused", "message": sentence}}, status, headers=headers)
