"""`shopkeeper prepare` and `shopkeeper serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.output import DEMO, Config, complain, note, progress

if TYPE_CHECKING:
    from assistant.config import Settings

app = typer.Typer()


@app.command()
def prepare(config: Config = DEMO) -> None:
    """Make what a configuration names and is not there yet: the demo shop's files, the index of the catalogue."""
    from assistant.config import Settings

    settings = Settings.load(config)
    make_ready(settings)
    note(f"Ready: {settings.shop.name}, index in {settings.index.path}")


def make_ready(settings: Settings) -> None:
    """What `prepare` does, with a progress bar, and a word on what is wrong in the catalogue where it was read."""
    from assistant.indexing import prepare as make

    with progress("Embedding products") as advance:
        problems = make(settings, progress=advance)
    if problems:
        complain(str(problems[0]))
        note(f"Problems in the catalogue: {len(problems)}. `shopkeeper index --config FILE` tells them.")


@app.command()
def serve(
    config: Config = DEMO,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=1, max=65535)] = None,
) -> None:
    """Start the web chat and the API, and say where they are."""
    import os

    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    import uvicorn

    from assistant import web
    from assistant.api import create_app
    from assistant.assistant import Assistant
    from assistant.build import build
    from assistant.cli.agents import DEMO_AGENT, with_demo_agent
    from assistant.config import Settings

    settings, password = with_demo_agent(Settings.load(config))
    address = host or settings.server.host, port or settings.server.port
    check_free(*address)
    make_ready(settings)
    note("Loading models …")
    with Assistant(build(settings)) as assistant:
        site = web.mount(create_app(assistant), assistant)
        typer.echo(f"{settings.shop.name} is open: http://{in_url(address[0])}:{address[1]}  (Ctrl-C closes it)")
        if password is not None:
            typer.echo(f"For agents, at /desk: sign in as {DEMO_AGENT}, password {password} (new at each start)")
        uvicorn.run(site, host=address[0], port=address[1], log_level="warning")


def check_free(host: str, port: int) -> None:
    """Raises `ConfigError` where nothing can listen there, before minutes are spent on loading."""
    import socket

    from assistant.errors import ConfigError

    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Name another with --host and --port."
        ) from error


def in_url(host: str) -> str:
    """A host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host
