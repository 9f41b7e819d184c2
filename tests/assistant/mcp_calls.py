"""Real MCP sessions for tests: each block of calls runs in an event loop of a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

Calls = Callable[[Client], Awaitable[Any]]


def session(server: Any, calls: Calls, mode: str = "auto") -> Any:
    """What `calls` gives for a client that is connected to `server` (a server, a transport, a command or a URL)."""

    async def connected() -> Any:
        async with Client(server, mode=mode) as client:
            return await calls(client)

    return in_loop(connected)


def over_http(url: str, calls: Calls, **headers: str) -> Any:
    """What `calls` gives for a client of the server at `url` that sends `headers` with every request."""

    async def connected() -> Any:
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await calls(client)

    return in_loop(connected)


def in_loop(work: Callable[[], Awaitable[Any]]) -> Any:
    """The result of `work`, or its error. Other tests may have left a loop in this thread, so it gets its own."""
    done: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(asyncio.run(work()))  # type: ignore[arg-type]
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def call(name: str, **arguments: Any) -> Callable[[Client], Awaitable[CallToolResult]]:
    """One call of a tool."""

    async def calling(client: Client) -> CallToolResult:
        return await client.call_tool(name, arguments)

    return calling


def said(result: CallToolResult) -> str:
    """The text of a result."""
    return "\n".join(block.text for block in result.content if block.type == "text")


def problem(result: CallToolResult) -> str:
    """The text of a result that is an error."""
    assert result.is_error, result
    return said(result)
