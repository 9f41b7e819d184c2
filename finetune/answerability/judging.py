"""How well probabilities tell what answers: over pairs, and over questions that a passage may be quoted to or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetune.answerability.questions import Asked

Vector = NDArray[np.float64]
ROUNDS = 1000


@dataclass(frozen=True)
class Judged:
    """A question with the scores of its passages, (n,) of its grades."""

    asked: Asked
    scores: Vector

    def without_answers(self) -> Judged | None:
        """The same question asked where nothing answers it; `None` where no passage is left."""
        kept = [i for i, grade in enumerate(self.asked.grades) if grade == 0.0]
        if not self.asked.answered or not kept:
            return None
        grades, passages = tuple(0.0 for _ in kept), tuple(self.asked.passages[i] for i in kept)
        asked = self.asked
        return Judged(Asked(asked.source, asked.group, asked.question, passages, grades), self.scores[kept])


@dataclass(frozen=True)
class Quoting:
    """With one threshold: of questions with an answer the share that get one quoted, of those without the share that
    get nothing. A question that has an answer counts among both, once with its answers and once without."""

    threshold: float
    quoted: float
    silent: float


def area(judged: Sequence[Judged]) -> float:
    """Area under the ROC curve over all pairs that answer or do not; in part is neither. 0.5 is chance."""
    return _area(*_pairs(judged))


def accuracy(judged: Sequence[Judged], threshold: float) -> float:
    """Share of pairs, that answer or do not, on the right side of a threshold."""
    scores, right = _pairs(judged)
    return float(((scores >= threshold) == right).mean())


def interval(judged: Sequence[Judged], figure: Callable[[Sequence[Judged]], float], seed: int) -> tuple[float, float]:
    """The 95 % bootstrap interval of a figure, whole products or shops drawn with replacement."""
    groups: dict[str, list[Judged]] = {}
    for each in judged:
        groups.setdefault(each.asked.group, []).append(each)
    members, rng = list(groups.values()), np.random.default_rng(seed)
    values = [
        figure([each for place in rng.integers(len(members), size=len(members)) for each in members[place]])
        for _ in range(ROUNDS)
    ]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def quoting(judged: Sequence[Judged], threshold: float) -> Quoting:
    """What the threshold does, where the best passage alone is quoted."""
    best, right, answered = _best(judged)
    shown = best >= threshold
    return Quoting(threshold, _mean((shown & right)[answered]), _mean(~shown[~answered]))


def balanced(judged: Sequence[Judged]) -> Quoting:
    """The threshold at which the smaller of the two shares is largest."""
    best, _, _ = _best(judged)
    found = (quoting(judged, float(threshold)) for threshold in np.unique(np.round(best, 2)))
    return max(found, key=lambda q: min(q.quoted, q.silent))


def calibrated(logits: Vector, right: NDArray[np.bool_]) -> float:
    """The temperature that makes probabilities of these logits likeliest."""
    grid = np.round(np.geomspace(0.3, 4.0, 60), 3)
    signs = np.where(right, 1.0, -1.0)
    return float(min(grid, key=lambda t: np.logaddexp(0.0, -signs * logits / t).mean()))


def calibration_error(judged: Sequence[Judged], bins: int = 10) -> float:
    """Mean distance between probability and share of answers over equally filled bins of pairs."""
    scores, right = _pairs(judged)
    parts = np.array_split(np.argsort(scores, kind="stable"), bins)
    return float(np.mean([abs(scores[p].mean() - right[p].mean()) for p in parts if len(p)]))


def _pairs(judged: Sequence[Judged]) -> tuple[Vector, NDArray[np.bool_]]:
    grades = np.concatenate([each.asked.grades for each in judged])
    scores = np.concatenate([each.scores for each in judged])
    clear = (grades == 0.0) | (grades == 1.0)
    return scores[clear], grades[clear] == 1.0


def _area(scores: Vector, right: NDArray[np.bool_]) -> float:
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positive, negative = int(right.sum()), int((~right).sum())
    if not positive or not negative:
        return float("nan")
    return float((ranks[right].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _best(judged: Sequence[Judged]) -> tuple[Vector, NDArray[np.bool_], NDArray[np.bool_]]:
    bare = [without for each in judged if (without := each.without_answers()) is not None]
    clear = [each for each in judged if each.asked.answered or max(each.asked.grades) == 0.0]
    whole = [*clear, *bare]
    best = np.array([each.scores.max() for each in whole])
    right = np.array([each.asked.grades[int(each.scores.argmax())] > 0.0 for each in whole])
    return best, right, np.array([each.asked.answered for each in whole])


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")
