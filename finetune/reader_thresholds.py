"""Where the compact reader says yes: thresholds chosen one after the other on development conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.compact.decoding import Thresholds
from assistant.compact_reader import CompactReader
from assistant.reading import fold
from assistant.records import Conversation
from finetune.scoring import score

GRID = {
    "span": (0.2, 0.3, 0.4, 0.5, 0.6),
    "act": (0.3, 0.4, 0.5, 0.6),
    "change": (0.3, 0.4, 0.5, 0.6),
    "close": (0.3, 0.4, 0.5, 0.6),
}


def choose(reader: CompactReader, conversations: Sequence[Conversation]) -> Thresholds:
    """The thresholds with the best sum of constraint F1 (strict) and act F1 (micro) on `conversations`."""
    best, highest = Thresholds(), -1.0
    for name, values in GRID.items():
        for value in values:
            tried = replace(best, **{name: value})
            reader.thresholds = tried
            scores = score([(c, fold(reader, c)) for c in conversations])
            worth = scores.strict.f1 + (scores.acts.f1 if scores.acts else 0.0)
            if worth > highest:
                best, highest = tried, worth
    reader.thresholds = best
    return best
