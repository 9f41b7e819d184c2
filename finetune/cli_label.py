"""`shopkeeper label`: the page on which a person corrects states."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.output import DEMO, Config, complain, note

app = typer.Typer()


@app.command()
def label(
    files: Annotated[list[Path], typer.Argument(help="Conversations, labelled or not: JSON Lines, also .gz.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where labels are kept; NAME-labels.jsonl beside the first file.")
    ] = None,
    config: Config = DEMO,
    host: Annotated[str, typer.Option(help="Address to listen on: whoever reaches it reads the chats.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 7861,
) -> None:
    """Correct what was read of each shopper's message on a small page, and keep it as training data.

    Goes on where it was left. Nothing is sent anywhere; every save is on disk before the next message is shown.
    """
    from assistant.build import Generators, build_reader
    from assistant.cli.service import check_free, in_url
    from assistant.config import Settings
    from finetune.labelling.workbook import open_workbook

    settings = Settings.load(config)
    check_free(host, port)
    where = out or files[0].with_name(f"{files[0].name.removesuffix('.gz').removesuffix('.jsonl')}-labels.jsonl")
    with open_workbook(files, where) as (workbook, problems):
        for problem in problems:
            complain(f"{problem}; it is left out")
        note("Loading the reader …")
        reader = build_reader(settings.reader, Generators(settings))
        import uvicorn
        from fastapi import FastAPI

        from finetune.labelling.page import mount_labelling
        from finetune.labelling.session import Labelling

        site = mount_labelling(FastAPI(openapi_url=None), Labelling(workbook, reader))
        typer.echo(f"{workbook.done} of {len(workbook.tasks)} messages are labelled in {where}.")
        typer.echo(f"Label the rest at http://{in_url(host)}:{port}  (Ctrl-C ends it)")
        uvicorn.run(site, host=host, port=port, log_level="warning")
