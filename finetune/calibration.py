"""How sure the compact reader may be: its scores on development conversations, against whether it was right.

Platt scaling: a logistic regression of "this constraint is right" on the log odds of the network's score.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.compact.decoding import Thresholds
from assistant.compact_reader import CompactReader
from assistant.reading import Reader
from assistant.records import Conversation, State
from assistant.state import update
from finetune.agreement import match, pair_needs, same_strictly
from finetune.readings import readings

FEWEST = 50


def calibrate(reader: CompactReader, chains: Sequence[Sequence[Conversation]]) -> Thresholds:
    """Sets the reader's `slope` and `offset` from what it reads in `chains`; leaves 1 and 0 where they hold fewer
    than 50 constraints or all of them are right."""
    plain = replace(reader.thresholds, slope=1.0, offset=0.0)
    reader.thresholds = plain
    judged = list(judgments(reader, chains))
    if len(judged) >= FEWEST and len({right for _, right in judged}) == 2:
        slope, offset = _platt(judged)
        reader.thresholds = replace(plain, slope=round(slope, 4), offset=round(offset, 4))
    return reader.thresholds


def judgments(reader: Reader, chains: Sequence[Sequence[Conversation]]) -> Iterator[tuple[float, bool]]:
    """For each constraint that the reader takes from a message, read from the labelled state before it: its
    confidence, and whether it is strictly right."""
    for chain in chains:
        for before, conversation, _ in readings(chain):
            wanted = State.model_validate(conversation.label)
            found = update(before, reader.read(before, conversation))
            yield from _judged(wanted, found, len(conversation.messages) - 1)


def _judged(wanted: State, found: State, message: int) -> Iterator[tuple[float, bool]]:
    partner = {j: i for i, j in pair_needs(wanted.needs, found.needs)}
    for j, need in enumerate(found.needs):
        expected = wanted.needs[partner[j]].constraints if j in partner else ()
        right = {place for _, place in match(expected, need.constraints, same_strictly)}
        for place, constraint in enumerate(need.constraints):
            source = constraint.source
            if source and source.message == message and constraint.confidence is not None:
                yield constraint.confidence, place in right


def _platt(judged: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    odds = [[math.log(max(p, 1e-6)) - math.log(max(1 - p, 1e-6))] for p, _ in judged]
    model = LogisticRegression().fit(odds, [right for _, right in judged])
    return float(model.coef_[0, 0]), float(model.intercept_[0])
