"""What a request gets hold of: the assistant, the threads for turns, and whether it comes from staff."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from assistant.assistant import Assistant
from assistant.errors import InvalidInput

T = TypeVar("T")


def assistant_of(request: Request) -> Assistant:
    """The assistant that this application serves."""
    assistant: Assistant = request.app.state.assistant
    return assistant


def is_staff(request: Request) -> bool:
    """Whether the request carries the staff token of `server.staff_token`; never where none is configured."""
    expected = assistant_of(request).settings.server.staff_token
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not expected or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(token.strip().encode(), expected.encode())


TheAssistant = Annotated[Assistant, Depends(assistant_of)]
Staff = Annotated[bool, Depends(is_staff)]


async def in_turn_thread(request: Request, work: Callable[[], T]) -> T:
    """Runs slow work beside the event loop, in threads of its own, so that waiting turns hold up nothing else. It is
    finished even when the client goes away."""
    return await asyncio.get_running_loop().run_in_executor(request.app.state.turns, work)


def identified(user_id: str | None, staff: bool) -> str | None:
    """`user_id` as it is, where the request may say who the shopper is. Raises InvalidInput where it may not: who can
    name any shopper can ask about their orders."""
    if user_id is not None and not staff:
        raise InvalidInput("user_id is taken only from the shop's own servers: send the staff token, or leave it out.")
    return user_id
