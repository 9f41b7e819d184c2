"""How quickly the desk answers while 50 conversations are open: `python -m tests.benchmarks.bench_desk`.

A real server over the browser tests' small shop with a customer's history; shoppers' pages and readers are not part of
it. Prints the median and the 95th percentile of each request in milliseconds, asked by one agent, then by ten at once.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.browser.servers import Served, serving
from tests.browser.shop import AGENTS, BOOTS, EXCHANGE, PERSON, small_assistant

OPEN, ASKED, AGENTS_AT_ONCE = 50, 30, 10
SAID = (BOOTS, EXCHANGE, PERSON)


def main() -> None:
    """Opens the conversations, then asks for each piece of the desk again and again."""
    with tempfile.TemporaryDirectory() as home, small_assistant(Path(home)) as assistant, serving(assistant) as served:
        sessions = [assistant.new_session("ada" if i % 2 else None) for i in range(OPEN)]
        for session_id in sessions:
            for message in SAID:
                assistant.respond(session_id, message)
            assistant.copilot.suggest(assistant.session(session_id))
        print(f"{OPEN} conversations of {2 * len(SAID)} messages; milliseconds: median, 95th percentile")
        for agents in (1, AGENTS_AT_ONCE):
            print(f"{agents} agent{'s at once' if agents > 1 else ''}")
            for name, path in _paths(sessions):
                times = sorted(_times(served, agents, path))
                print(f"  {name:<34}{statistics.median(times):8.1f}{times[int(0.95 * len(times))]:8.1f}")


def _paths(sessions: list[str]) -> list[tuple[str, Callable[[int], str]]]:
    def about(part: str) -> Callable[[int], str]:
        return lambda i: f"/desk/conversations/{sessions[i % len(sessions)]}{part}"

    return [
        ("queue", lambda i: "/desk/queue"),
        ("queue, searched", lambda i: f"/desk/queue?need=any&q=boots+{i % 10}"),
        ("conversation", about("")),
        ("suggestion that was made before", about("/copilot")),
    ]


def _times(served: Served, agents: int, path: Callable[[int], str]) -> list[float]:
    with ThreadPoolExecutor(agents) as pool:
        each = pool.map(lambda agent: _asked(served.url, path, agent * ASKED // agents), range(agents))
        return [taken for times in each for taken in times]


def _asked(url: str, path: Callable[[int], str], first: int) -> list[float]:
    times = []
    with httpx.Client(base_url=url) as client:
        client.post("/desk/login", data={"name": "ines", "password": AGENTS["ines"]})
        for i in range(first, first + ASKED):
            begun = time.perf_counter()
            client.get(path(i)).raise_for_status()
            times.append(1000 * (time.perf_counter() - begun))
    return times


if __name__ == "__main__":
    main()
