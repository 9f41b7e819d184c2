"""What tools stand on: the assistant, which may still be loading, and what a failure says to the caller (the sentence
that the API has for it, never what is inside)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from mcp.server.mcpserver.exceptions import ToolError

from assistant.api.errors import describe
from assistant.assistant import Assistant
from assistant.errors import ShopkeeperError
from assistant.service import Refusal

Ready = Callable[[], Assistant]
"""Gives the assistant, waiting until it is loaded; raises what went wrong with that."""
P = ParamSpec("P")
R = TypeVar("R")


def told(tool: Callable[P, R]) -> Callable[P, R]:
    """The tool, its expected errors as MCP's; what only the shop can act on goes to the log under a reference."""

    @wraps(tool)
    def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tool(*args, **kwargs)
        except ShopkeeperError as error:
            raise ToolError(describe(error)[1].message) from error

    return telling


def refused(refusal: Refusal) -> ToolError:
    """A refusal of the service desk, with the clause that forbids what was asked."""
    if refusal.citation is None:
        return ToolError(f"Refused: {refusal.reason}")
    return ToolError(f"Refused: {refusal.reason} Clause {refusal.citation.id} says: “{refusal.citation.quote}”")
