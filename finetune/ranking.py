"""How good an order is: NDCG of searches, with gains as given."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from finetune.encoder_pairs import Search
from retrieval.encoder import Encoder

K = 10


def ndcg(gains: NDArray[np.float64], scores: NDArray[np.float64], k: int = K) -> float:
    """Normalised discounted cumulative gain at `k` of the order by `scores`; 0 where no gain is positive."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    order = np.argsort(-scores, kind="stable")[:k]
    best = np.sort(gains)[::-1][:k]
    ideal = float((best * discounts[: len(best)]).sum())
    return float((gains[order] * discounts[: len(order)]).sum()) / ideal if ideal else 0.0


def search_ndcg(encoder: Encoder, search: Search) -> list[float]:
    """NDCG@10 of each query of a search by cosine alone, over all of its documents."""
    documents = encoder.encode(search.documents)
    queries = encoder.encode([query for query, _ in search.queries])
    found = []
    for vector, (_, right) in zip(queries, search.queries, strict=True):
        gains = np.zeros(len(documents))
        gains[list(right)] = list(right.values())
        found.append(ndcg(gains, documents @ vector))
    return found


def gain_interval(before: Mapping[str, list[float]], after: Mapping[str, list[float]], name: str) -> tuple[float, ...]:
    """Mean difference of the queries of a search, and the bounds within which 95 % of resamplings lie."""
    differences = np.array(after[name]) - np.array(before[name])
    rng = np.random.default_rng(0)
    means = rng.choice(differences, (2000, len(differences))).mean(1)
    return float(differences.mean()), float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
