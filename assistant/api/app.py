"""The application: routes, errors and OpenAPI put together around one assistant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from assistant.api import chat, chatwoot, copilot, docs, errors, products, sessions, status
from assistant.api.agents import Agents
from assistant.api.completions import completions_app
from assistant.api.fallback import fallback
from assistant.api.limits import BodyLimit
from assistant.assistant import Assistant
from assistant.chatwoot.bridge import Bridge

TURNS_AT_ONCE = 32
MAX_BODY_BYTES = 1024 * 1024

DESCRIPTION = """
Chat with a shop's catalogue. `POST /api/chat` is one turn; everything else reads or changes its session.

The records are those of FORMATS.md. Errors have the body `{"error": {"code", "message", "field"}}`, `field` only
where one is to blame. Purchase intent (`intent`, `purchase_probability`) and the policy's reason (`why`) are in
replies and sessions only for requests with the shop's staff token: `Authorization: Bearer TOKEN`.
"""


def create_app(assistant: Assistant) -> FastAPI:
    """The API of `assistant`, which stays the caller's to close. Mount a web app into it after this."""
    app = FastAPI(
        title="Shopkeeper",
        summary=f"The assistant of {assistant.settings.shop.name}",
        description=DESCRIPTION,
        version=program_version(),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_running,
        responses={422: {"model": errors.ErrorBody, "description": "What came in cannot be used"}},
    )
    app.state.assistant = assistant
    app.state.agents = Agents(assistant.settings.desk)
    app.state.version = app.version
    app.state.turns = ThreadPoolExecutor(TURNS_AT_ONCE, thread_name_prefix="turn")
    doors = [chat.router, sessions.router, products.router, status.router, copilot.router, docs.router]
    app.state.chatwoot = None
    if assistant.settings.chatwoot.url is not None:
        app.state.chatwoot = Bridge(assistant, assistant.settings.chatwoot)
        doors.append(chatwoot.router)
    routes = [route for door in doors for route in door.routes]
    for router in (*doors, fallback(routes)):
        app.include_router(router)
    if assistant.settings.server.completions:
        app.mount("/v1", completions_app(assistant, app.state.turns))
    app.add_middleware(BodyLimit, prefixes=("/api/", "/v1/"), limit=MAX_BODY_BYTES)
    errors.install(app)
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    """While the application is served, the bridge to Chatwoot works, where there is one."""
    bridge: Bridge | None = app.state.chatwoot
    if bridge is not None:
        bridge.start()
    yield
    if bridge is not None:
        await run_in_threadpool(bridge.close)


def program_version() -> str:
    """The installed version of Shopkeeper; `unknown` where it runs from a folder without being installed."""
    try:
        return version("shopkeeper")
    except PackageNotFoundError:
        return "unknown"
