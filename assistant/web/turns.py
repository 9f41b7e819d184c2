"""A turn that goes on when the page that asked for it is closed or loaded anew: its answer is there afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def finished(work: Iterator[T]) -> Iterator[T]:
    """What `work` yields, as it comes; it runs in a thread of its own to its end, also where nobody asks for more.

    What `work` raises is raised here. It starts with the first item that is asked for.
    """
    queue: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            for item in work:
                queue.put((item,))
        except BaseException as error:  # goes to whoever listens
            queue.put(error)
        else:
            queue.put(None)

    threading.Thread(target=run, name="page-turn", daemon=True).start()
    while (come := queue.get()) is not None:
        if isinstance(come, BaseException):
            raise come
        yield come[0]
