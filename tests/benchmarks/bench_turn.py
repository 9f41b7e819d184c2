"""How long a shopper waits: first words and whole reply of complete turns, on two cores, beside a simpler peer.

    python -m tests.benchmarks.bench_turn [--config configs/demo.yaml] [--repeat 3] [--json]

The peer does the same work without understanding: BM25 over the whole message for the top three products, and the same
writer. What the full turn costs more than that is reading, intent, filtering, dense search, ranking, policy and saving.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from assistant.assistant import Assistant
from assistant.build import Parts, build
from assistant.config import Settings
from assistant.errors import ShopkeeperError
from assistant.plans import pick_facts, shown_of
from assistant.records import Conversation, Message, Pick, Plan, Reply
from assistant.threads import sleep_while_waiting
from retrieval.lexical import Lexical

CORES = 2
MESSAGES = (
    "waterproof hiking boots under 120, not black",
    "I need a quiet kettle for a small kitchen, ideally under $60",
    "what is your return policy for shoes?",
    "hi there!",
    "a birthday present for my dad, he likes gardening, max 80 dollars",
    "looking for a two person tent that packs small, at least 4 stars",
    "do you have a laptop with 16 gb ram and a 14 inch screen?",
    "cheapest noise cancelling headphones you have",
    "navy or grey crew neck sweater in size m, wool if possible",
    "how long does delivery take?",
    "i want a desk lamp, warm light, no plastic",
    "something for sore feet after running",
    "Suche eine Kaffeemaschine bis 150 Euro",
    "my order hasn't arrived yet, can you check?",
    "dog food for a senior labrador, grain free, large bag",
    "compare two good blenders for smoothies please",
    "yoga mat, thick, any colour except pink, and also a water bottle",
    "a sofa bed for a guest room, not more than 190 cm wide, around 600",
    "can I talk to a human please",
    "what would you recommend?",
)

Timed = Iterator[str | Reply]


@dataclass(frozen=True)
class Timing:
    """Seconds from the shopper's message to the first words and to the whole, saved reply."""

    first: float
    whole: float


@dataclass(frozen=True)
class Summary:
    """Median and 95th percentile in seconds."""

    first_p50: float
    first_p95: float
    whole_p50: float
    whole_p95: float


def time_turn(begin: Callable[[], Timed]) -> Timing:
    """Runs one turn to its end."""
    begun = time.perf_counter()
    first = None
    for _ in begin():
        first = first or time.perf_counter() - begun
    whole = time.perf_counter() - begun
    return Timing(first or whole, whole)


def full_turn(assistant: Assistant, message: str) -> Callable[[], Timed]:
    """A complete turn in a new session."""
    session_id = assistant.new_session()
    return lambda: assistant.stream(session_id, message)


def peer_turn(parts: Parts, lexical: Lexical, message: str) -> Callable[[], Timed]:
    """BM25 on the whole message, and the same writer on the best three products."""
    products = list(parts.index.catalogue)

    def turn() -> Timed:
        scores = lexical.scores(message)
        best = scores.argsort()[::-1][: parts.settings.conversation.picks]
        picks = tuple(Pick(id=products[i].id, rank=r, score=float(scores[i])) for r, i in enumerate(best, 1))
        facts = tuple(pick_facts(shown_of(picks, parts.index), parts.settings.shop.currency))
        plan = Plan(move="recommend", why="best by BM25", picks=picks, facts=facts)
        yield from parts.writer.write(plan, Conversation(id="", messages=(Message(role="user", content=message),)))

    return turn


def summary(timings: list[Timing]) -> Summary:
    """Percentiles over all turns."""
    columns = ([t.first for t in timings], [t.whole for t in timings])
    cuts = [statistics.quantiles(column, n=20, method="inclusive") for column in columns]
    return Summary(*(cut[i] for cut in cuts for i in (9, 18)))


def measure(parts: Parts, repeat: int) -> dict[str, Summary]:
    """Full turns and the peer's over MESSAGES, taking turns so that both meet the same load."""
    assistant, lexical = Assistant(parts), Lexical.build(list(parts.index.catalogue))
    time_turn(full_turn(assistant, MESSAGES[0]))  # warm-up, as is the peer's
    time_turn(peer_turn(parts, lexical, MESSAGES[0]))
    full: list[Timing] = []
    peer: list[Timing] = []
    for _ in range(repeat):
        for message in MESSAGES:
            full.append(time_turn(full_turn(assistant, message)))
            peer.append(time_turn(peer_turn(parts, lexical, message)))
    return {"full turn": summary(full), "BM25 and the same writer": summary(peer)}


def on_two_cores() -> None:
    """Keeps this process to two cores where the machine has more, with threads that wait as those of the program."""
    sleep_while_waiting()
    import torch

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    torch.set_num_threads(CORES)


def report(results: dict[str, Summary], turns: int) -> str:
    """A table, and the ratio of the two whole replies."""
    columns = ("first p50", "first p95", "whole p50", "whole p95")
    head = f"{f'seconds, {turns} turns':28}" + "".join(f"{column:>10}" for column in columns)
    rows = [f"{name:28}" + "".join(f"{v:10.3f}" for v in asdict(s).values()) for name, s in results.items()]
    full, peer = results.values()
    ratio = f"whole reply, full / peer: {full.whole_p50 / peer.whole_p50:.2f} (p50), "
    return "\n".join([head, *rows, ratio + f"{full.whole_p95 / peer.whole_p95:.2f} (p95)"])


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", default="configs/demo.yaml")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="figures for a program")
    options = parser.parse_args()
    on_two_cores()
    try:
        parts = build(Settings.load(options.config))
    except ShopkeeperError as error:
        print(error, file=sys.stderr)
        return 1
    results = measure(parts, options.repeat)
    as_json = json.dumps({name: asdict(s) for name, s in results.items()})
    print(as_json if options.json else report(results, options.repeat * len(MESSAGES)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
