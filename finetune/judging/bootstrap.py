"""How sure figures are: resampling conversations, for one reader and for two on the same conversations.

Every figure is a ratio of counts summed over conversations, so resampled figures are a matrix product. Shapes: N
conversations, F figures, R rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from finetune.scoring import Tally

Matrix = NDArray[np.float64]
Interval = tuple[float, float]

ROUNDS = 2000
MACRO = "acts macro"
ACT = "act:"


@dataclass(frozen=True)
class Difference:
    """Second reader minus first on one figure, with the 95 % paired bootstrap interval and the two-sided p-value of
    a permutation test that swaps the readers conversation by conversation."""

    figure: str
    difference: float
    interval: Interval
    p_value: float


@dataclass(frozen=True)
class Figures:
    """The figures of N conversations as counts: `right` and `total` are (N, F), a figure is their sums' ratio.

    An F1 called NAME is three figures: NAME, `NAME precision` and `NAME recall`; `acts macro` is the mean over the
    acts that the labels hold.
    """

    names: tuple[str, ...]
    right: Matrix
    total: Matrix

    @classmethod
    def of(cls, tallies: Sequence[Tally], names: Sequence[str] = ()) -> Figures:
        """The figures that these tallies count, or those called `names`."""
        rows = [_ratios(tally) for tally in tallies]
        known = tuple(names) or tuple(sorted({name for row in rows for name in row}))
        right, total = np.zeros((len(rows), len(known))), np.zeros((len(rows), len(known)))
        places = {name: i for i, name in enumerate(known)}
        for n, row in enumerate(rows):
            for name, (numerator, denominator) in row.items():
                if name in places:
                    right[n, places[name]], total[n, places[name]] = numerator, denominator
        return cls(known, right, total)

    def __len__(self) -> int:
        return len(self.right)

    def value(self, name: str) -> float | None:
        """One figure over all conversations; `None` where nothing was counted for it."""
        return _or_none(self.at(np.ones((1, len(self))), name)[0])

    def interval(self, name: str, rounds: int = ROUNDS, seed: int = 0) -> Interval:
        """The 95 % bootstrap interval of one figure; (nan, nan) where nothing was counted for it."""
        values = self.at(draws(len(self), rounds, seed), name)
        kept = values[~np.isnan(values)]
        return percentiles(kept)

    def some(self, rows: Sequence[int]) -> Figures:
        """Those of some conversations, by their places."""
        return Figures(self.names, self.right[list(rows)], self.total[list(rows)])

    def only(self, name: str) -> Figures:
        """Without the counts that the figure `name` does not need."""
        needed = [i for i, known in enumerate(self.names) if known == name or (name == MACRO and known.startswith(ACT))]
        return Figures(tuple(self.names[i] for i in needed), self.right[:, needed], self.total[:, needed])

    def at(self, weights: Matrix, name: str) -> Matrix:
        """One figure under weights (R, N) of the conversations: (R,), nan where nothing was counted."""
        needed = self.only(name)
        return ratio(weights @ needed.right, weights @ needed.total, needed.names, name)


def compare(first: Figures, second: Figures, name: str, rounds: int = ROUNDS, seed: int = 0) -> Difference | None:
    """How the second reader differs from the first on the same conversations; `None` where either has no figure.

    Raises `ValueError` unless both were made with the same names of as many conversations.
    """
    if first.names != second.names or len(first) != len(second):
        raise ValueError(f"expected figures of the same conversations, found {len(first)} and {len(second)}")
    one, other = first.value(name), second.value(name)
    if one is None or other is None:
        return None
    weights = draws(len(first), rounds, seed)
    resampled = second.at(weights, name) - first.at(weights, name)
    swaps = np.random.default_rng(seed + 1).integers(0, 2, (rounds, len(first))).astype(np.float64)
    shuffled = _shuffled(first.only(name), second.only(name), swaps, name)
    shuffled = shuffled[~np.isnan(shuffled)]
    at_least = int((np.abs(shuffled) >= abs(other - one) - 1e-12).sum())
    return Difference(
        figure=name,
        difference=other - one,
        interval=percentiles(resampled[~np.isnan(resampled)]),
        p_value=(1 + at_least) / (1 + len(shuffled)),
    )


@lru_cache(maxsize=2)
def draws(count: int, rounds: int = ROUNDS, seed: int = 0) -> Matrix:
    """How often each of `count` conversations is drawn in each round, with replacement: (R, N), not to be changed."""
    rng = np.random.default_rng(seed)
    drawn: Matrix = rng.multinomial(count, np.full(count, 1 / count), size=rounds).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


def percentiles(values: Matrix) -> Interval:
    """The 2.5th and 97.5th percentile; (nan, nan) of nothing."""
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def ratio(right: Matrix, of: Matrix, names: Sequence[str], name: str) -> Matrix:
    """One figure from summed counts (R, F): (R,), nan where there is nothing to divide by."""
    if name == MACRO:
        acts = [i for i, known in enumerate(names) if known.startswith(ACT) and known.partition(" ")[2] == ""]
        wanted = [names.index(f"{names[i]} recall") for i in acts]
        each = np.where(of[:, wanted] > 0, _divided(right[:, acts], of[:, acts]), np.nan)
        counted = ~np.isnan(each)
        return _divided(np.where(counted, each, 0.0).sum(1), counted.sum(1).astype(np.float64))
    if name not in names:
        return np.full(len(right), np.nan)
    place = list(names).index(name)
    return _divided(right[:, place], of[:, place])


def names_of(*sets: Sequence[Tally]) -> tuple[str, ...]:
    """The names of all figures that any of these tallies counts, so that readers can be compared."""
    return tuple(sorted({name for tallies in sets for tally in tallies for name in _ratios(tally)}))


def _ratios(tally: Tally) -> dict[str, tuple[int, int]]:
    rows = dict(tally.shares)
    for name, counts in tally.f1.items():
        rows[name] = 2 * counts.right, counts.found + counts.expected
        rows[f"{name} precision"] = counts.right, counts.found
        rows[f"{name} recall"] = counts.right, counts.expected
    return rows


def _shuffled(first: Figures, second: Figures, swaps: Matrix, name: str) -> Matrix:
    """The differences where in each round the readers change places on the conversations that `swaps` (R, N) marks."""
    kept = 1.0 - swaps

    def mixed(one: Figures, other: Figures) -> Matrix:
        right = kept @ one.right + swaps @ other.right
        return ratio(right, kept @ one.total + swaps @ other.total, one.names, name)

    return mixed(second, first) - mixed(first, second)


def _divided(right: Matrix, of: Matrix) -> Matrix:
    result: Matrix = np.full(np.broadcast_shapes(right.shape, of.shape), np.nan)
    np.divide(right, of, out=result, where=of > 0)
    return result


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
