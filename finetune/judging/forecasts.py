"""How good probabilities are: discrimination (AUC, AP), error (Brier) and calibration (ECE), resampled by conversation.

An outcome may be between 0 and 1: a label that says "this shopper buys with 0.3" counts as 0.3 of a purchase. Shapes:
M forecasts, N conversations, R rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetune.judging.bootstrap import ROUNDS, Interval, draws, percentiles

Matrix = NDArray[np.float64]
BINS = 10


@dataclass(frozen=True)
class Bin:
    """Forecasts of one tenth of the scale: how many, their mean, and how often it came true."""

    count: int
    forecast: float
    outcome: float


@dataclass(frozen=True)
class Forecasts:
    """M forecasts with what came of them (0 to 1) and the place (from 0) of the conversation that each belongs to."""

    forecast: Matrix
    outcome: Matrix
    group: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[tuple[float, float, int]]) -> Forecasts:
        """From (forecast, outcome, conversation) rows."""
        columns = np.array(rows, dtype=np.float64).reshape(-1, 3)
        return cls(columns[:, 0], columns[:, 1], columns[:, 2].astype(np.int64))

    def __len__(self) -> int:
        return len(self.forecast)

    @property
    def both(self) -> bool:
        """Whether there are both good and bad outcomes, as AUC and AP need."""
        return bool(len(self)) and 0.0 < float(self.outcome.sum()) < len(self)

    def figures(self, rounds: int = ROUNDS, seed: int = 0) -> dict[str, tuple[float, Interval]]:
        """`auc`, `ap`, `brier` and `ece` with their 95 % intervals; AUC and AP are left out without both outcomes."""
        if not len(self):
            return {}
        ones = np.ones((1, len(self)))
        drawn = draws(int(self.group.max()) + 1, rounds, seed)[:, self.group]
        measures = {"auc": self.auc, "ap": self.average_precision, "brier": self.brier, "ece": self.calibration_error}
        if not self.both:
            measures = {name: measures[name] for name in ("brier", "ece")}
        resampled = {name: measure(drawn) for name, measure in measures.items()}
        return {
            name: (float(measure(ones)[0]), percentiles(resampled[name][~np.isnan(resampled[name])]))
            for name, measure in measures.items()
        }

    def auc(self, weights: Matrix) -> Matrix:
        """The area under the ROC curve under weights (R, M): (R,); ties count half."""
        good, bad = self._by_forecast(weights)
        below = bad.cumsum(1) - bad
        pairs = good.sum(1) * bad.sum(1)
        return _divided((good * (below + bad / 2)).sum(1), pairs)

    def average_precision(self, weights: Matrix) -> Matrix:
        """The average precision under weights (R, M): (R,), as in scikit-learn, without interpolation."""
        good, bad = (part[:, ::-1] for part in self._by_forecast(weights))
        precision = np.nan_to_num(_divided(good.cumsum(1), good.cumsum(1) + bad.cumsum(1)))
        return _divided((good * precision).sum(1), good.sum(1))

    def brier(self, weights: Matrix) -> Matrix:
        """The mean squared error under weights (R, M): (R,); of a fractional outcome, its expectation."""
        error = self.outcome * (1 - self.forecast) ** 2 + (1 - self.outcome) * self.forecast**2
        return _divided(weights @ error, weights.sum(1))

    def calibration_error(self, weights: Matrix) -> Matrix:
        """Expected calibration error over ten bins of equal width under weights (R, M): (R,)."""
        held = self._bins()
        gaps = np.stack([weights[:, held == b] @ (self.forecast - self.outcome)[held == b] for b in range(BINS)])
        return _divided(np.abs(gaps).sum(0), weights.sum(1))

    def reliability(self) -> list[Bin | None]:
        """The ten bins; `None` for one without a forecast."""
        held = self._bins()
        bins: list[Bin | None] = []
        for b in range(BINS):
            inside = held == b
            mean = (self.forecast[inside].mean(), self.outcome[inside].mean()) if inside.any() else None
            bins.append(Bin(int(inside.sum()), float(mean[0]), float(mean[1])) if mean else None)
        return bins

    def _bins(self) -> NDArray[np.int64]:
        return np.minimum((self.forecast * BINS).astype(np.int64), BINS - 1)

    def _by_forecast(self, weights: Matrix) -> tuple[Matrix, Matrix]:
        """The weights of good and of bad outcomes (R, G) at each of the G different forecasts, lowest first."""
        order = np.argsort(self.forecast, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(self.forecast[order]) > 0])
        good = np.add.reduceat((weights * self.outcome)[:, order], starts, axis=1)
        bad = np.add.reduceat((weights * (1 - self.outcome))[:, order], starts, axis=1)
        return good, bad


def _divided(above: Matrix, below: Matrix) -> Matrix:
    result: Matrix = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result
