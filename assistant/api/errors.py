"""Errors as answers: a status, a code and a sentence for the client; the cause only in the log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from assistant.errors import InvalidInput, ModelError, ShopkeeperError, UnknownProduct, UnknownSession
from assistant.store import ConflictError, StoreError

log = logging.getLogger(__name__)

STATUS: dict[type[ShopkeeperError], tuple[int, str]] = {
    UnknownSession: (404, "unknown_session"),
    UnknownProduct: (404, "unknown_product"),
    ConflictError: (409, "conflict"),
    InvalidInput: (422, "invalid_input"),
    ModelError: (503, "model_unavailable"),
    StoreError: (503, "store_unavailable"),
}
HTTP_CODES = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
HTTP_SENTENCES = {
    400: "The body is not readable: send JSON in UTF-8.",
    404: "There is nothing here. The API is described at /api/docs.",
    413: "The request is too large: send at most 1 MiB.",
}


class ErrorDetail(BaseModel):
    """What went wrong, for a program (`code`) and for a person (`message`); `field` where one is to blame."""

    code: str = Field(examples=["unknown_session"])
    message: str = Field(examples=["No session 'abc': it was deleted or never begun. Start a new session."])
    field: str | None = Field(default=None, examples=["events[0].event_name"])


class ErrorBody(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorDetail


def install(app: FastAPI) -> None:
    """Makes all errors of `app` answers of this shape."""
    app.add_exception_handler(ShopkeeperError, _on_shopkeeper_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, _on_failure)


def describe(error: Exception) -> tuple[int, ErrorDetail]:
    """Status and detail of any error. What only the shop's people can act on goes to the log under a reference."""
    known = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if known is not None and known[0] < 500:
        return known[0], ErrorDetail(code=known[1], message=str(error))
    reference = secrets.token_hex(4)
    log.error("request failed, reference %s: %s", reference, error, exc_info=error)
    if known is None:
        return 500, ErrorDetail(code="failed", message=f"The assistant failed. Its log says why, at {reference}.")
    what = "language model" if isinstance(error, ModelError) else "session store"
    sentence = f"The assistant's {what} is not available. Try again later; the shop's log says why, at {reference}."
    return known[0], ErrorDetail(code=known[1], message=sentence)


def answer(status: int, detail: ErrorDetail, headers: dict[str, str] | None = None) -> JSONResponse:
    """The error as a response."""
    content = {"error": detail.model_dump(exclude_none=True)}
    for name, value in content["error"].items():  # what is quoted from a request may hold lone surrogates
        content["error"][name] = value.encode("utf-8", "replace").decode()
    return JSONResponse(content, status, headers=headers)


async def _on_shopkeeper_error(_: Request, error: Exception) -> JSONResponse:
    return answer(*describe(error))


async def _on_failure(_: Request, error: Exception) -> JSONResponse:
    return answer(*describe(error))


async def on_http_error(_: Request, error: Exception) -> JSONResponse:
    """An HTTPException as an error of this shape."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    sentence = HTTP_SENTENCES.get(status, f"{error.detail}.")
    headers = dict(error.headers) if error.headers else None
    return answer(status, ErrorDetail(code=HTTP_CODES.get(status, "refused"), message=sentence), headers)


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if problems[0]["type"] == "json_invalid":
        place, why = problems[0]["loc"][-1], problems[0]["ctx"]["error"]
        return answer(400, ErrorDetail(code="malformed", message=f"The body is no JSON: {why} at character {place}."))
    problems = [problem for problem in problems if not _follows(problem, problems)]
    fields = [field_of(problem["loc"]) for problem in problems]
    sentences = [_sentence(field, problem) for field, problem in zip(fields, problems, strict=True)]
    message = " ".join(dict.fromkeys(sentences[:3]))
    return answer(422, ErrorDetail(code="invalid_input", message=message, field=fields[0]))


def _follows(problem: dict[str, Any], problems: Sequence[dict[str, Any]]) -> bool:
    """Whether a list is only too short because of what is wrong with its items."""
    place = problem["loc"]
    inside = (other["loc"] for other in problems if other["loc"] != place)
    return problem["type"] == "too_short" and any(location[: len(place)] == place for location in inside)


def _sentence(field: str, problem: dict[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return f"{field}: there is no such field."
    if problem["type"] == "missing":
        return f"{field}: this field is required."
    if field == "body":
        return "The body must be a JSON object, sent with Content-Type: application/json."
    shown = "" if isinstance(problem["input"], dict | list) else f", found {str(problem['input'])[:60]!r}"
    said = problem["msg"].removeprefix("Value error, ").replace(" after validation", "").rstrip(".")
    return f"{field}: {said.replace('Tuple', 'List').replace('a valid tuple', 'a list')}{shown}."


def field_of(location: Sequence[int | str]) -> str:
    """`("body", "events", 0, "event_name")` as `events[0].event_name`; `body` for the whole of it."""
    path = ""
    for part in location[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "body"
