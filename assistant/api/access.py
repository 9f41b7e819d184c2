"""What a request gets hold of: the assistant, the threads for turns, and whether it comes from staff."""

from __future__ import annotations

import asyncio
import hmac
import threading
from collections.abc import AsyncIterator, Callable, Iterator
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


async def as_they_come(
    request: Request, work: Iterator[T], *, finish: bool = True, meanwhile: T | None = None, patience: float = 15.0
) -> AsyncIterator[T]:
    """What slow work yields, run as in `in_turn_thread`; it handles its own errors. `finish`: also when the client goes
    away, else it is closed then, at its next item. `meanwhile` is given after `patience` seconds without anything."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[T] | None] = asyncio.Queue()
    gone = threading.Event()

    def run() -> None:
        try:
            for item in work:
                if gone.is_set() and not finish:
                    break
                loop.call_soon_threadsafe(queue.put_nowait, (item,))
        finally:
            loop.call_soon_threadsafe(queue.put_nowait, None)

    request.app.state.turns.submit(run)
    try:
        while True:
            try:
                come = await asyncio.wait_for(queue.get(), patience)
            except TimeoutError:
                if meanwhile is not None:
                    yield meanwhile
                continue
            if come is None:
                return
            yield come[0]
    finally:
        gone.set()


def identified(user_id: str | None, staff: bool) -> str | None:
    """`user_id` as it is, where the request may say who the shopper is. Raises InvalidInput where it may not: who can
    name any shopper can ask about their orders."""
    if user_id is not None and not staff:
        raise InvalidInput("user_id is taken only from the shop's own servers: send the staff token, or leave it out.")
    return user_id
