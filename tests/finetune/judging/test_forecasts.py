"""Figures of probabilities agree with scikit-learn's and with what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from finetune.judging.forecasts import Forecasts

RNG = np.random.default_rng(4)
FORECAST = np.round(RNG.random(200), 2)
OUTCOME = (RNG.random(200) < FORECAST).astype(float)
MANY = Forecasts(FORECAST, OUTCOME, np.arange(200) // 2)


@pytest.mark.parametrize("weighted", [False, True])
def test_against_scikit_learn(weighted: bool) -> None:
    weights = RNG.integers(0, 4, 200).astype(float) if weighted else np.ones(200)
    row = weights[None]
    assert MANY.auc(row)[0] == pytest.approx(roc_auc_score(OUTCOME, FORECAST, sample_weight=weights))
    ap = average_precision_score(OUTCOME, FORECAST, sample_weight=weights)
    assert MANY.average_precision(row)[0] == pytest.approx(ap)
    assert MANY.brier(row)[0] == pytest.approx(brier_score_loss(OUTCOME, FORECAST, sample_weight=weights))


def test_figures_come_with_intervals_that_hold_them() -> None:
    figures = MANY.figures(rounds=300)
    assert set(figures) == {"auc", "ap", "brier", "ece"}
    for name in ("auc", "ap", "brier"):
        value, (low, high) = figures[name]
        assert low < value < high


def test_calibration_error_by_hand() -> None:
    sure = Forecasts.of([(0.95, 1, 0), (0.95, 0, 1), (0.05, 0, 2), (0.05, 0, 3)])
    assert sure.calibration_error(np.ones((1, 4)))[0] == pytest.approx((0.45 * 2 + 0.05 * 2) / 4)
    last = sure.reliability()[9]
    assert last is not None
    assert (last.count, last.forecast, last.outcome) == (2, pytest.approx(0.95), 0.5)
    assert sure.reliability()[4] is None


def test_a_fractional_outcome_counts_as_that_much_of_one() -> None:
    half = Forecasts.of([(0.8, 0.75, 0), (0.2, 0.25, 1)])
    whole = Forecasts.of([(0.8, 1, 0)] * 3 + [(0.8, 0, 0)] + [(0.2, 1, 1)] + [(0.2, 0, 1)] * 3)
    for measure in ("auc", "average_precision", "brier", "calibration_error"):
        left, right = getattr(half, measure)(np.ones((1, 2)))[0], getattr(whole, measure)(np.ones((1, 8)))[0]
        assert left == pytest.approx(right), measure


def test_without_both_outcomes_there_is_nothing_to_rank() -> None:
    assert set(Forecasts.of([(0.3, 0, 0), (0.6, 0, 1)]).figures(rounds=20)) == {"brier", "ece"}
    assert Forecasts.of([]).figures() == {}
