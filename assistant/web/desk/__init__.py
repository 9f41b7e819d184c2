"""The agents' desk at /desk: its own pages of the web app, behind the agents' login."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI

    from assistant.assistant import Assistant


def include(app: FastAPI, assistant: Assistant) -> None:
    """Adds the desk's routes to `app`, before whatever is mounted at `/`.

    All but the login are refused with a 401 to whoever is not signed in as an agent."""
    from assistant.web.desk.views import Views

    app.state.desk = Views(assistant)
    for router in routers():
        app.include_router(router)


def routers() -> tuple[APIRouter, ...]:
    """The desk's routes in the order in which they are tried."""
    from assistant.web.desk import conversations, login, notes, services

    return login.router, conversations.router, notes.router, services.router, login.elsewhere
