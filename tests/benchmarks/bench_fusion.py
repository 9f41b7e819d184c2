"""How well dense, lexical and fused scores order Icecat's judged products: NDCG@10 over the judged ones.

Run by hand: python -m tests.benchmarks.bench_fusion ../shared/data/icecat
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder
from retrieval.feeds import read_products
from retrieval.lexical import Lexical
from retrieval.storage import document


def ndcg(gains: NDArray[np.float64], scores: NDArray[np.float64], k: int = 10) -> float:
    """Normalised discounted cumulative gain of an order by `scores`, with gains 2^rating - 1."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    order = np.argsort(-scores, kind="stable")[:k]
    best = np.sort(gains)[::-1][:k]
    ideal = float((best * discounts[: len(best)]).sum())
    return float((gains[order] * discounts[: len(order)]).sum()) / ideal if ideal else 0.0


def main(folder: Path) -> None:
    """Print NDCG@10 for each weight of the dense score."""
    ratings: dict[str, dict[str, int]] = defaultdict(dict)
    with (folder / "judgments.csv").open() as file:
        for row in csv.DictReader(file):
            ratings[row["query"]][row["docid"]] = int(row["rating"])
    judged = {docid for docs in ratings.values() for docid in docs}
    products = [p for p in read_products([folder / "products.jsonl.gz"], price_scale=0.01)[0] if p.id in judged]
    places = {product.id: i for i, product in enumerate(products)}
    encoder, lexical = Encoder.load(), Lexical.build(products)
    vectors = encoder.encode([document(product) for product in products])
    weights = [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0]
    found: dict[float, list[float]] = defaultdict(list)
    for query, docs in ratings.items():
        known = [(places[d], 2.0**rating - 1) for d, rating in docs.items() if d in places]
        if not any(gain for _, gain in known):
            continue
        rows = np.array([place for place, _ in known])
        gains = np.array([gain for _, gain in known])
        dense, words = vectors[rows] @ encoder.encode([query])[0], lexical.scores(query)[rows]
        for weight in weights:
            found[weight].append(ndcg(gains, weight * dense + (1 - weight) * words))
    print(f"{len(products)} judged products, {len(found[1.0])} queries with a relevant one")
    for weight in weights:
        print(f"dense {weight:.1f}  NDCG@10 {np.mean(found[weight]):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
