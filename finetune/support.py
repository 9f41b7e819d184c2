"""How well the compact reader tells what a customer asks of a service desk: Bitext's 27 intents.

    python -m finetune.support bitext/test.csv.gz
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.compact.network import SUPPORT
from assistant.compact_reader import CompactReader
from assistant.records import Conversation, Message, State
from finetune.importers import import_bitext

WEIGHTS = Path(__file__).resolve().parents[1] / "assistant" / "models" / "reader"


@dataclass(frozen=True)
class Accuracy:
    """Shares of requests: `right` by the likeliest of the 27, `served` by what a reading says, which names an intent
    only where the acts are about service. `confused` counts (wanted, found) pairs."""

    count: int
    right: float
    served: float
    confused: tuple[tuple[tuple[str, str], int], ...]


@dataclass(frozen=True)
class Heard:
    """What the reader makes of one request: the two likeliest intents with their probabilities, the likeliest first;
    the intent that its reading names, `None` where the `acts` read are not about service."""

    likeliest: tuple[tuple[str, float], ...]
    served: str | None
    acts: tuple[str, ...]


def hear(reader: CompactReader, text: str) -> Heard:
    """What the reader makes of one request on its own."""
    return _heard(reader, Conversation(id="request", messages=(Message(role="user", content=text),)))


def _heard(reader: CompactReader, request: Conversation) -> Heard:
    scored = reader.score(State(), request)
    odds = scored[0].turn["support"]
    sure = np.exp(odds - odds.max())
    first = np.argsort(-odds)[:2]
    reading = reader.decide(scored, State(), request)
    likeliest = tuple((SUPPORT[int(i)], float(sure[i] / sure.sum())) for i in first)
    return Heard(likeliest, reading.support, reading.acts)


def accuracy(reader: CompactReader, requests: Iterable[Conversation]) -> Accuracy:
    """Judge the reader on single requests whose label names a `support` intent."""
    right = served = count = 0
    confused: Counter[tuple[str, str]] = Counter()
    for request in requests:
        wanted = str((request.label or {})["support"])
        heard = _heard(reader, request)
        found = heard.likeliest[0][0]
        count += 1
        right += found == wanted
        served += heard.served == wanted
        if found != wanted:
            confused[wanted, found] += 1
    return Accuracy(count, right / max(count, 1), served / max(count, 1), tuple(confused.most_common()))


def main(path: str) -> None:
    result = accuracy(CompactReader.load(WEIGHTS), import_bitext(Path(path)))
    print(f"{result.right:.4f} right of {result.count} requests, 27 intents; {result.served:.4f} as served")
    for (wanted, found), times in result.confused[:10]:
        print(f"{times:4} {wanted} read as {found}")


if __name__ == "__main__":
    main(sys.argv[1])
