"""What the copilot is judged by: parts of measures, each with the sentence that justifies it and the cases behind it.

A part is one thing that is judged (tasks, tickets, answers, intents). Every case of it says in a sentence what was
expected and found, and why; measures are counted from cases, and name those that show what they mean.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.records import Message
from finetune.judging.bootstrap import ROUNDS, Figures, Interval, draws, percentiles

MISSES, HITS = 6, 2
UNKNOWN: Interval = (float("nan"), float("nan"))
Progress = Callable[[int, int], None]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Resampling:
    """How often cases are drawn for the intervals, and from which seed."""

    rounds: int = ROUNDS
    seed: int = 0


@dataclass(frozen=True)
class Finding:
    """What one case says of one measure: what was expected and found, whether that is right (`None`: a matter of
    degree), and the sentence that justifies it."""

    measure: str
    expected: str
    found: str
    why: str
    right: bool | None = None


@dataclass(frozen=True)
class Case:
    """One judged case. `group` is what it is resampled with, such as its customer; `quotes` are words of the messages
    that findings rest on."""

    id: str
    group: str
    findings: tuple[Finding, ...]
    messages: tuple[Message, ...] = ()
    quotes: tuple[str, ...] = ()

    def of(self, measure: str) -> Finding | None:
        """What it says of a measure, if anything."""
        return next((finding for finding in self.findings if finding.measure == measure), None)

    @property
    def wrong(self) -> int:
        """How many of its findings are wrong."""
        return sum(finding.right is False for finding in self.findings)


@dataclass(frozen=True)
class Measure:
    """One figure with its 95 % interval, the sentence that justifies it, and the ids of cases that show it."""

    name: str
    title: str
    value: float | None
    why: str
    interval: Interval = UNKNOWN
    cases: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; `null` for a figure that has no value."""
        known = not any(map(math.isnan, self.interval))
        return {
            "title": self.title,
            "value": None if self.value is None else round(self.value, 4),
            "interval": [round(bound, 4) for bound in self.interval] if known else None,
            "why": self.why,
            "cases": list(self.cases),
        }


@dataclass(frozen=True)
class Confusion:
    """How often each kind (row) was taken for each (column): counts (K, K)."""

    title: str
    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, title: str, pairs: Sequence[tuple[str, str]]) -> Confusion:
        """From (expected, found) pairs, the commonest kind first."""
        common = Counter(kind for pair in pairs for kind in pair)
        names = tuple(sorted(common, key=lambda name: (-common[name], name)))
        counts = Counter(pairs)
        return cls(title, names, tuple(tuple(counts[row, column] for column in names) for row in names))


@dataclass(frozen=True)
class Part:
    """One thing judged: its measures, the first of which is the main one, and its cases in the order of the data."""

    name: str
    title: str
    lead: str
    measures: tuple[Measure, ...]
    cases: tuple[Case, ...]
    confusion: Confusion | None = None
    method: tuple[str, ...] = field(default=())

    def measure(self, name: str) -> Measure | None:
        """The measure of this name, if it is one of the part's."""
        return next((measure for measure in self.measures if measure.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, with every case and its sentences."""
        return {
            "name": self.name,
            "why": self.lead,
            "measures": {measure.name: measure.to_json() for measure in self.measures},
            "confusion": None if self.confusion is None else {
                "names": list(self.confusion.names), "counts": [list(row) for row in self.confusion.counts],
            },
            "cases": [
                {"id": case.id, "findings": [
                    {"measure": f.measure, "right": f.right, "expected": f.expected, "found": f.found, "why": f.why}
                    for f in case.findings
                ]}
                for case in self.cases
            ],
        }  # fmt: skip


def share(cases: Sequence[Case], name: str, title: str, why: str, resampling: Resampling) -> Measure:
    """The share of cases that are right in a measure; `why` is its sentence, with `{right}` and `{of}` to be filled."""
    counted = [case for case in cases if (f := case.of(name)) is not None and f.right is not None]
    right = [float(case.of(name).right is True) for case in counted]  # type: ignore[union-attr]
    told = why.format(right=int(sum(right)), of=len(counted))
    return ratio(counted, right, [1.0] * len(counted), name, title, told, resampling)


def ratio(
    cases: Sequence[Case],
    above: Sequence[float],
    below: Sequence[float],
    name: str,
    title: str,
    why: str,
    resampling: Resampling,
) -> Measure:
    """The ratio of two sums over cases, its interval by drawing their groups whole."""
    if not sum(below):
        return Measure(name, title, None, why)
    places = _groups(cases)
    rows = int(places.max()) + 1
    right, total = np.zeros((rows, 1)), np.zeros((rows, 1))
    np.add.at(right[:, 0], places, above)
    np.add.at(total[:, 0], places, below)
    figures = Figures((name,), right, total)
    interval = figures.interval(name, resampling.rounds, resampling.seed)
    return Measure(name, title, figures.value(name), why, interval, examples(cases, name))


def statistic(
    cases: Sequence[Case], measure: Callable[[Matrix], Matrix], name: str, title: str, why: str, resampling: Resampling
) -> Measure:
    """Any figure of M cases that `measure` works out under weights (R, M), giving (R,); drawn by group."""
    if not cases:
        return Measure(name, title, None, why)
    places = _groups(cases)
    value = float(measure(np.ones((1, len(cases))))[0])
    drawn = draws(int(places.max()) + 1, resampling.rounds, resampling.seed)[:, places]
    kept = measure(drawn[drawn.sum(1) > 0])
    interval = percentiles(kept[~np.isnan(kept)])
    return Measure(name, title, None if np.isnan(value) else value, why, interval, examples(cases, name))


def examples(cases: Sequence[Case], measure: str) -> tuple[str, ...]:
    """Ids of cases that show a measure: some that are wrong in it, then some that are right, in their order."""
    found = [(case.id, finding.right) for case in cases if (finding := case.of(measure)) is not None]
    wrong = [id for id, right in found if right is False]
    other = [id for id, right in found if right is not False]
    return (*wrong[:MISSES], *other[:HITS])


def _groups(cases: Sequence[Case]) -> NDArray[np.int64]:
    names = {group: place for place, group in enumerate(dict.fromkeys(case.group for case in cases))}
    return np.array([names[case.group] for case in cases], dtype=np.int64)
