"""How long an agent waits for a suggestion on two cores: its summary, its first reply, the whole; then several agents
at once who work through 50 open conversations, of which each has just moved on. `processor`: what a suggestion takes.

    python -m tests.benchmarks.bench_suggest [--config configs/demo.yaml] [--open 50] [--agents 4] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.assistant import Assistant
from assistant.build import build
from assistant.config import Settings
from assistant.errors import ShopkeeperError
from assistant.session import Session
from tests.benchmarks.bench_turn import MESSAGES, on_two_cores


@dataclass(frozen=True)
class Timing:
    """Seconds until the summary stood there, until the first reply did, and until all did."""

    summary: float
    reply: float
    whole: float


def timed(assistant: Assistant, session: Session) -> Timing:
    """One suggestion that was not made before."""
    begun = time.perf_counter()
    summary = reply = None
    for growing in assistant.copilot.stream(session):
        now = time.perf_counter() - begun
        summary = summary or now
        reply = reply or (now if growing.replies else None)
    whole = time.perf_counter() - begun
    return Timing(summary or whole, reply or whole, whole)


def conversation(assistant: Assistant, first: str, second: str) -> Session:
    """A conversation of two turns that an agent took over, and in which the shopper has written once more."""
    session_id = assistant.new_session()
    assistant.respond(session_id, first)
    assistant.take_over(session_id, "bench")
    assistant.respond(session_id, second)
    return assistant.session(session_id)


def conversations(assistant: Assistant, count: int, step: int = 7) -> list[Session]:
    """As many conversations, other ones for each step."""
    pairs = [(MESSAGES[(i + step) % len(MESSAGES)], MESSAGES[(step * i + 3) % len(MESSAGES)]) for i in range(count)]
    return [conversation(assistant, first, second) for first, second in pairs]


def percentiles(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return round(cuts[9], 3), round(cuts[18], 3)


def table(timings: list[Timing], processor: float) -> Mapping[str, tuple[float, ...]]:
    """Median and 95th percentile of each part, in seconds; and the mean of the processor time."""
    columns = [asdict(timing) for timing in timings]
    waits = {name: percentiles([column[name] for column in columns]) for name in ("summary", "reply", "whole")}
    return {**waits, "processor": (round(processor / len(timings), 3),)}


def measure(assistant: Assistant, count: int, agents: int) -> dict[str, Mapping[str, tuple[float, ...]]]:
    """One agent, one conversation after another; then `agents` at once over `count` conversations."""
    timed(assistant, conversations(assistant, 1)[0])  # warm-up
    opened = conversations(assistant, len(MESSAGES))
    begun = time.process_time()
    alone = table([timed(assistant, session) for session in opened], time.process_time() - begun)
    opened = conversations(assistant, count, step=9)
    begun = time.process_time()
    with ThreadPoolExecutor(agents) as pool:
        timings = list(pool.map(lambda session: timed(assistant, session), opened))
    return {"one agent": alone, f"{agents} agents, {count} open": table(timings, time.process_time() - begun)}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", default="configs/demo.yaml")
    parser.add_argument("--open", type=int, default=50)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--json", action="store_true", help="figures for a program")
    options = parser.parse_args()
    on_two_cores()
    with tempfile.TemporaryDirectory() as home:
        own = {"SHOPKEEPER_STORE_URL": f"sqlite:///{Path(home) / 'shop.db'}",
               "SHOPKEEPER_DESK_URL": f"sqlite:///{Path(home) / 'desk.db'}"}  # fmt: skip
        try:
            parts = build(Settings.load(options.config, own))
        except ShopkeeperError as error:
            print(error, file=sys.stderr)
            return 1
        with Assistant(parts) as assistant:
            results = measure(assistant, options.open, options.agents)
    if options.json:
        print(json.dumps(results))
        return 0
    for name, rows in results.items():
        said = ", ".join(f"{row} {' / '.join(f'{value:.2f} s' for value in values)}" for row, values in rows.items())
        print(f"{name}, median / 95th percentile: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
