"""The web app: a Gradio page over `assistant.assistant.Assistant`, mounted in the FastAPI app of `assistant.api`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.assistant import Assistant


def mount(app: FastAPI, assistant: Assistant, path: str = "/") -> FastAPI:
    """Put the agents' desk into `app` under /desk and the shoppers' page under `path`, after all other routes, and
    return the app.

    The pages need nothing from outside the server: no fonts, scripts or analytics of other hosts.
    """
    from assistant.web import desk
    from assistant.web.blocks import mount_blocks

    desk.include(app, assistant)
    return mount_blocks(app, assistant, path)
