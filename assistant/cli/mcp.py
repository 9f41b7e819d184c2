"""`shopkeeper mcp`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.output import DEMO, Config, note

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.config import DeskSettings, Settings

PASSWORD = "SHOPKEEPER_AGENT_PASSWORD"

app = typer.Typer()


@app.command()
def mcp(
    config: Config = DEMO,
    agent: Annotated[
        str | None, typer.Option(help=f"Sign in as this agent of the desk; the password is read from {PASSWORD}.")
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP at /mcp instead of stdio.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on, with --http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on, with --http.", min=1, max=65535)] = 7861,
) -> None:
    """Offer catalogue search, need reading, the copilot and the service desk as tools to MCP clients.

    Over stdio whoever starts it signs in with --agent; over HTTP each request does (Authorization: Basic)."""
    from assistant.cli.agents import DEMO_AGENT, with_demo_agent
    from assistant.config import Settings

    settings = Settings.load(config)
    _log_warnings()
    if not http:
        _over_stdio(settings, _signed_in(settings.desk, agent) if agent is not None else None)
        return
    if agent is not None:
        raise typer.BadParameter("over HTTP each request signs in for itself: leave it out", param_hint="--agent")
    settings, password = with_demo_agent(settings)
    if password is not None:
        note(f"Agent {DEMO_AGENT}, password {password} (new at each start)")
    _over_http(settings, host, port)


def _over_stdio(settings: Settings, agent: str | None) -> None:
    """Serves until standard input ends. Clients wait seconds only for the first answer, so models load beside it."""
    from concurrent.futures import ThreadPoolExecutor

    from assistant.mcp_server.callers import Caller
    from assistant.mcp_server.server import create_server

    with ThreadPoolExecutor(1) as loader:
        loading = loader.submit(_load, settings)
        try:
            create_server(settings, loading.result, Caller(agent=agent)).run("stdio")
        finally:
            if not loading.cancel() and loading.exception() is None:
                loading.result().close()


def _over_http(settings: Settings, host: str, port: int) -> None:
    """Serves until it is interrupted."""
    import uvicorn

    from assistant.cli.service import check_free, in_url
    from assistant.mcp_server.server import PATH, http_app

    check_free(host, port)
    with _load(settings) as assistant:
        note(f"MCP for {settings.shop.name}: http://{in_url(host)}:{port}{PATH}  (Ctrl-C closes it)")
        uvicorn.run(http_app(assistant, host), host=host, port=port, log_level="warning")


def _log_warnings() -> None:
    """Warnings and errors on standard error, as elsewhere; the MCP library would show every library's chatter."""
    import logging

    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    logging.basicConfig(handlers=[handler])


def _load(settings: Settings) -> Assistant:
    from assistant.assistant import Assistant
    from assistant.build import build
    from assistant.cli.service import make_ready

    make_ready(settings)
    return Assistant(build(settings))


def _signed_in(desk: DeskSettings, name: str) -> str:
    """The agent whose password is in the environment. Raises InvalidInput where it is not."""
    import os

    from assistant.api.agents import Agents
    from assistant.errors import InvalidInput

    password = os.environ.get(PASSWORD)
    if password is None:
        raise InvalidInput(f"Put the password of agent {name[:80]!r} into the environment as {PASSWORD}.")
    if Agents(desk).sign_in(name, password) is None:
        raise InvalidInput(
            f"The name {name[:80]!r} and the password in {PASSWORD} do not go together. `shopkeeper agent add NAME` "
            "prints what desk.agents needs for an agent."
        )
    return name
