"""`shopkeeper prepare` and `shopkeeper serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.output import DEMO, Config, note, progress

app = typer.Typer()


@app.command()
def prepare(config: Config = DEMO) -> None:
    """Make what a configuration names and is not there yet: the demo shop's files, the index of the catalogue."""
    from assistant.build import prepare as make
    from assistant.config import Settings

    settings = Settings.load(config)
    with progress("Embedding products") as advance:
        make(settings, progress=advance)
    note(f"Ready: {settings.shop.name}, index in {settings.index.path}")


@app.command()
def serve(
    config: Config = DEMO,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65535)] = None,
) -> None:
    """Start the web chat and the API, and say where they are."""
    import os

    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    import uvicorn

    from assistant import web
    from assistant.api import create_app
    from assistant.assistant import Assistant
    from assistant.config import Settings

    prepare(config)
    note("Loading models …")
    server = Settings.load(config).server
    with Assistant.from_config(config) as assistant:
        site = web.mount(create_app(assistant), assistant)
        address = host or server.host, server.port if port is None else port
        typer.echo(f"{assistant.settings.shop.name} is open: http://{address[0]}:{address[1]}  (Ctrl-C closes it)")
        uvicorn.run(site, host=address[0], port=address[1], log_level="warning")
