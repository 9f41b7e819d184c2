"""A fresh desk for every task, from one file that is filled once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.service import EmbeddedDesk, Policy
from assistant.service.records import DeskData
from assistant.service.tau2 import as_json


class FreshDesks:
    """Desks over `data` and `policy`; their files lie in `folder`, one at a time."""

    def __init__(self, data: DeskData, policy: Policy, folder: Path) -> None:
        self._policy, self._folder = policy, folder
        with self._opened("full.db") as desk:
            desk.load(data.customers, data.orders, data.products)

    @contextmanager
    def fresh(self) -> Iterator[EmbeddedDesk]:
        """A desk on which nothing was done yet."""
        used = self._folder / "used.db"
        shutil.copyfile(self._folder / "full.db", used)
        try:
            with self._opened(used.name) as desk:
                yield desk
        finally:
            for file in self._folder.glob("used.db*"):
                file.unlink()

    @contextmanager
    def _opened(self, name: str) -> Iterator[EmbeddedDesk]:
        desk = EmbeddedDesk(f"sqlite:///{self._folder / name}", self._policy)
        try:
            yield desk
        finally:
            desk.close()


def database(desk: EmbeddedDesk) -> dict[str, Any]:
    """All users and orders of a desk, as tau2 writes them."""
    data = desk.everything()
    return as_json(data.customers, data.orders)
