"""Filter-then-search against the plain way to do the same: a full product of matrix and query, masked, sorted.

Run by hand: python -m tests.benchmarks.bench_search [products] [dim]. Prints times and their ratio.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from retrieval.conditions import Condition, holds
from retrieval.product import Product
from retrieval.vectors import Vectors
from retrieval.view import prepare, view

COLORS = ("Black", "White", "Green", "Red", "Navy")
FEATURES = ("Waterproof membrane", "Foldable and light", "Not waterproof", "Dishwasher safe", "USB-C charging")


def catalogue(count: int) -> list[Product]:
    """Products that differ in price, colour and highlights, with a paragraph of text each."""
    text = "An everyday companion with a sturdy frame. It packs small and is easy to clean. " * 4
    return [
        Product(
            id=str(i), title=f"Thing number {i}", description=text, price=float(i % 400), color=(COLORS[i % 5],),
            product_highlight=(FEATURES[i % 5], FEATURES[i // 5 % 5]), product_type="Outdoor > Things",
        )
        for i in range(count)
    ]


def best(action: Callable[[], object], times: int = 30) -> float:
    """The fastest of several runs, in milliseconds."""
    fastest = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        action()
        fastest = min(fastest, time.perf_counter() - start)
    return 1000 * fastest


def main(count: int = 20_000, dim: int = 384, k: int = 10) -> None:
    """Print the time of each condition's filter, and of the search among what each leaves."""
    import torch

    products = catalogue(count)
    views = [view(product) for product in products]
    print(f"preparing the views: {best(lambda: [prepare(each) for each in views], 1):.0f} ms")
    random = np.random.default_rng(0)
    matrix = random.normal(size=(count, dim)).astype(np.float32)
    query = matrix[7]
    vectors, tensor = Vectors(matrix), torch.from_numpy(matrix)
    print(f"{count} products of {dim} dimensions, {'GPU' if vectors.on_gpu else 'CPU'}")
    for attribute, op, value in (
        ("price", "at_most", 100.0), ("color", "is_not", "black"), ("feature", "is", "waterproof"),
        ("feature", "is", "dishwasher safe"), ("feature", "is", "solar"),
    ):
        condition = Condition.model_validate({"attribute": attribute, "op": op, "value": value})
        first = best(lambda c=condition: holds(views, c), 1)  # type: ignore[misc]
        again = best(lambda c=condition: holds(views, c), 3)  # type: ignore[misc]
        allowed = np.flatnonzero(np.array(holds(views, condition)))
        mask = torch.zeros(count, dtype=torch.bool)
        mask[torch.from_numpy(allowed)] = True

        def plain(mask: torch.Tensor = mask) -> object:
            scores = tensor @ torch.from_numpy(query)
            return torch.topk(scores.masked_fill(~mask, -torch.inf), k)

        ours = best(lambda rows=allowed: vectors.top(query, k, rows))  # type: ignore[misc]
        other = best(plain)
        print(
            f"{attribute} {op} {value}: {len(allowed)} left; filter {first:.1f} ms first, {again:.1f} ms again; "
            f"search {ours:.2f} ms, plain {other:.2f} ms, ratio {other / ours:.2f}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
