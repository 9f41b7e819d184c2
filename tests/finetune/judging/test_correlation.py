"""Correlations of many resamplings at once are those of each resampling alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr, rankdata, spearmanr

from finetune.judging.bootstrap import draws
from finetune.judging.correlation import pearson, ranks, spearman


def test_each_round_is_the_correlation_of_what_was_drawn() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 5, 40).astype(np.float64)
    y = x + rng.normal(size=40)
    weights = draws(40, 20, seed=1)
    some, ordered = pearson(weights, x, y), spearman(weights, x, y)
    for row, p, s in zip(weights, some, ordered, strict=True):
        drawn = np.repeat(np.arange(40), row.astype(int))
        assert p == pytest.approx(pearsonr(x[drawn], y[drawn])[0])
        assert s == pytest.approx(spearmanr(x[drawn], y[drawn])[0])


def test_ranks_share_where_values_are_equal() -> None:
    values = np.array([3.0, 1.0, 3.0, 7.0])
    assert ranks(np.ones((1, 4)), values)[0] == pytest.approx(rankdata(values))


def test_what_does_not_vary_has_no_correlation() -> None:
    ones = np.ones((1, 3))
    assert np.isnan(pearson(ones, np.ones(3), np.arange(3.0)))[0]
    assert np.isnan(spearman(np.array([[3.0, 0.0, 0.0]]), np.arange(3.0), np.arange(3.0)))[0]
