"""How two rows of figures go together, Pearson's and Spearman's correlation, for many resamplings at once.

Shapes: M pairs, R rounds; a round gives each pair a weight, how often it was drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def pearson(weights: Matrix, x: Matrix, y: Matrix) -> Matrix:
    """Pearson's correlation of x and y (M,), or of the ranks (R, M) of each round, under weights (R, M): (R,); nan
    where one of them does not vary."""
    total = weights.sum(1, keepdims=True)
    left = x - (weights * x).sum(1, keepdims=True) / total
    right = y - (weights * y).sum(1, keepdims=True) / total
    both = (weights * left * right).sum(1)
    spread = np.sqrt((weights * left**2).sum(1) * (weights * right**2).sum(1))
    result: Matrix = np.full(len(weights), np.nan)
    np.divide(both, spread, out=result, where=spread > 1e-12)
    return result


def spearman(weights: Matrix, x: Matrix, y: Matrix) -> Matrix:
    """Spearman's rank correlation of x and y (M,) under weights (R, M): (R,); those that are equal share a rank."""
    return pearson(weights, ranks(weights, x), ranks(weights, y))


def ranks(weights: Matrix, values: Matrix) -> Matrix:
    """The mean rank of each of the values (M,) in each round, where each is there as often as its weight: (R, M)."""
    different, places = np.unique(values, return_inverse=True)
    counts = np.zeros((len(weights), len(different)))
    for place in range(len(different)):
        counts[:, place] = weights[:, places == place].sum(1)
    middle: Matrix = counts.cumsum(1) - (counts - 1) / 2
    return middle[:, places]
