"""What the API says where it has no door: 404, or 405 where another method would do."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def fallback(routes: Sequence[BaseRoute]) -> APIRouter:
    """A router for whatever under /api `routes` do not answer, so that a web app mounted at / does not either."""
    router = APIRouter()

    @router.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
    async def nothing(path: str, request: Request) -> Response:
        near = [route for route in routes if isinstance(route, Route)]
        near = [route for route in near if route.matches(request.scope)[0] is Match.PARTIAL]
        if allowed := sorted({method for route in near for method in route.methods or ()}):
            detail = f"{request.method} is not possible here, only {', '.join(allowed)}"
            raise HTTPException(405, detail, headers={"Allow": ", ".join(allowed)})
        raise HTTPException(404)

    return router
