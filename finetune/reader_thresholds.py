"""Where the compact reader says yes: thresholds chosen one after the other on development conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.compact.decoding import Thresholds
from assistant.compact_reader import CompactReader
from assistant.records import Conversation
from assistant.state import update
from finetune.readings import readings
from finetune.scoring import score

GRID = {
    "span": (0.2, 0.3, 0.4, 0.5, 0.6),
    "act": (0.3, 0.4, 0.5, 0.6),
    "change": (0.3, 0.4, 0.5, 0.6),
    "close": (0.3, 0.4, 0.5, 0.6),
}


def choose(reader: CompactReader, chains: Sequence[Sequence[Conversation]]) -> Thresholds:
    """The thresholds with the best sum of constraint F1 (strict) and act F1 (micro) over all messages of `chains`, each
    read from the labelled state before it. The network reads each once; only its decisions are made anew."""
    turns = [(before, c, reader.score(before, c)) for chain in chains for before, c, _ in readings(chain)]
    best, highest = Thresholds(), -1.0
    for name, values in GRID.items():
        for value in values:
            reader.thresholds = replace(best, **{name: value})
            scores = score([(c, update(before, reader.decide(scored, before, c))) for before, c, scored in turns])
            worth = scores.strict.f1 + (scores.acts.f1 if scores.acts else 0.0)
            if worth > highest:
                best, highest = reader.thresholds, worth
    reader.thresholds = best
    return best
