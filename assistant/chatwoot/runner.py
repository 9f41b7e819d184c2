"""Threads that work off what is due, one conversation each, and keep the leases of those that they work on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from assistant.chatwoot.ledger import LEASE, Ledger
from assistant.errors import ShopkeeperError

log = logging.getLogger(__name__)

AT_ONCE = 8
AFTER_FAILURE = 30.0


class Runner:
    """Calls `work(place)` for every place that is due, looking every `tick` seconds or when woken. A place is worked on
    by one thread at a time, of all processes; one whose work failed rests for a while."""

    def __init__(self, ledger: Ledger, work: Callable[[int], None], tick: float) -> None:
        self._ledger = ledger
        self._work = work
        self._tick = tick
        self._wake = threading.Event()
        self._active: set[int] = set()
        self._resting: dict[int, float] = {}
        self._guard = threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chatwoot")
        self._thread = threading.Thread(target=self._watch, name="chatwoot", daemon=True)
        self.stopping = threading.Event()

    def start(self) -> None:
        """Begins to work."""
        self._thread.start()

    def wake(self) -> None:
        """Has it look at once."""
        self._wake.set()

    def close(self) -> None:
        """Stops after the steps that are under way; the rest stays due."""
        self.stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True)

    def _watch(self) -> None:
        renewed, failing = time.monotonic(), False
        while not self.stopping.is_set():
            self._wake.clear()
            try:
                self._begin()
                if time.monotonic() - renewed > LEASE / 4:
                    self._ledger.renew(self._working())
                    renewed = time.monotonic()
                failing = False
            except ShopkeeperError as error:
                if not failing:
                    log.error("The bridge to Chatwoot waits for its database: %s", error)
                failing = True
            self._wake.wait(self._tick)

    def _begin(self) -> None:
        now, working = time.monotonic(), self._working()
        for place in self._ledger.due():
            free = place not in working and self._resting.get(place, 0.0) <= now
            if free and len(self._active) < AT_ONCE and self._ledger.lease(place):
                with self._guard:
                    self._active.add(place)
                self._pool.submit(self._run, place)

    def _working(self) -> set[int]:
        with self._guard:
            return set(self._active)

    def _run(self, place: int) -> None:
        try:
            self._work(place)
            self._resting.pop(place, None)
        except Exception:
            log.exception("A conversation of Chatwoot could not be worked on; it is tried again in %g s", AFTER_FAILURE)
            self._resting[place] = time.monotonic() + AFTER_FAILURE
        finally:
            try:
                self._ledger.release(place)
            except ShopkeeperError as error:
                log.error("A lease runs out by itself: %s", error)
            with self._guard:
                self._active.discard(place)
            self._wake.set()
