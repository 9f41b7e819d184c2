"""Real servers for the browser tests: the whole program on a free port, over a small shop or over the demo shop."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from assistant.api import create_app
from assistant.assistant import Assistant
from assistant.web import mount


@dataclass(frozen=True)
class Served:
    """A running web app and the assistant behind it."""

    url: str
    assistant: Assistant


@contextmanager
def serving(assistant: Assistant) -> Iterator[Served]:
    """The web app and API of `assistant` on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = mount(create_app(assistant), assistant)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the web server did not start; see the log above")
            time.sleep(0.05)
        try:
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", assistant)
        finally:
            server.should_exit = True
            thread.join(timeout=10)
