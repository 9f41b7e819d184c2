"""What the desk's routes get hold of, and how they answer: pages and pieces of them that nobody caches."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from assistant.web.desk.views import Views

POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: https: http:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
))  # fmt: skip
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def page(html: str, status: int = 200) -> HTMLResponse:
    """A page, or a piece of one, that may load nothing from other hosts and is kept nowhere."""
    return HTMLResponse(html, status, headers=HEADERS)


def pieces(content: dict[str, Any]) -> JSONResponse:
    """Several pieces of the page by name."""
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def views_of(request: Request) -> Views:
    """What renders the desk of this application."""
    views: Views = request.app.state.desk
    return views


def from_here(request: Request) -> None:
    """Raises a 403 for a request that a page of another site makes, which would carry the agent's cookie."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "This was asked by a page of another site")


TheViews = Annotated[Views, Depends(views_of)]
FromHere = Annotated[None, Depends(from_here)]
