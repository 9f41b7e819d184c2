"""Vector search at the size of large shops: the same top k on GPU and CPU, how fast, and how near the memory's limit.

    python -m tests.benchmarks.bench_vectors [--count 1000000] [--queries 100000] [--check 2000] [--json]

Seeded random unit vectors of 384 dimensions, searched whole and under filters that leave 50, 10 and 1 % of them, with
`retrieval.vectors.Vectors`. One JSON object a line: time to build; milliseconds of one query alone and its share of the
limit, which is the time in which memory, at the speed of a plain copy on this device, gives the allowed vectors once;
queries a second in batches; the same by a plain torch product; and for the GPU the share of `--check` queries whose top
k is the CPU's, up to ties within 1e-5. Exits with 1 where that is less than all.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.vectors import Vectors, gpu_at_hand
from tests.benchmarks.shapes import copy_speed, device_name, timed

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Found = tuple[Places, Floats]
FILTERS = (1.0, 0.5, 0.1, 0.01)
TIE = 1e-5
CHUNK = 1 << 18


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--check", type=int, default=2_000, help="queries compared with the CPU")
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--alone", type=int, default=100, help="queries timed one by one")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    matrix, queries = unit(arguments.count, arguments.dim, 1), unit(arguments.queries, arguments.dim, 2)
    missing = "" if gpu_at_hand() else "no GPU: this faiss is for the CPU, or sees none; install faiss-gpu-cu12"
    agreed = True
    for row in rows(matrix, queries, arguments):
        agreed &= row.get("same_top_k", 1.0) == 1.0
        print(json.dumps(row) if arguments.json else "  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    if missing:
        print(json.dumps({"missing": missing}) if arguments.json else missing)
    return 0 if agreed else 1


def rows(matrix: Floats, queries: Floats, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One row for each filter and backend."""
    engines = [timed(lambda: Vectors(matrix, gpu=False))]
    if gpu_at_hand():
        engines.append(timed(lambda: Vectors(matrix, gpu=True)))
    whole = {device(vectors): torch.from_numpy(matrix).to(device(vectors)) for vectors, _ in engines}
    speeds = {name: copy_speed(name) for name in whole}
    rng = np.random.default_rng(3)
    for share in FILTERS:
        kept = max(options.k, round(share * len(matrix)))
        allowed = np.sort(rng.choice(len(matrix), kept, replace=False)) if share < 1 else np.arange(len(matrix))
        exact: Found | None = None
        for vectors, built in engines:
            name = device(vectors)
            many = queries if vectors.on_gpu else queries[: options.check]
            found, seconds = timed(lambda v=vectors, q=many, a=allowed: in_batches(v, q, options, a))
            alone = latencies(lambda q, v=vectors, a=allowed: v.top(q, options.k, a), queries[: options.alone])
            limit = 1000 * kept * matrix.shape[1] * 4 / speeds[name]
            peer = plain(whole[name], queries[: options.alone], options.k, allowed)
            row = {
                "engine": f"faiss {name}", "device": device_name(name), "vectors": len(matrix), "allowed": kept,
                "build_s": round(built, 2), "ms_median": median(alone),
                "ms_p95": round(float(np.quantile(alone, 0.95)), 3), "ms_limit": round(limit, 3),
                "share_of_limit": round(limit / statistics.median(alone), 3), "torch_ms_median": median(peer),
                "queries": len(many), "queries_per_s": round(len(many) / seconds, 1),
            }  # fmt: skip
            exact = exact or found
            yield row | ({"same_top_k": agreement(matrix, queries, exact, found)} if vectors.on_gpu else {})


def unit(count: int, dim: int, seed: int) -> Floats:
    """Seeded random unit vectors, shape `(count, dim)`; made on the GPU where there is one, which is quicker."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    made = np.empty((count, dim), dtype=np.float32)
    random = torch.Generator(device).manual_seed(seed)
    for start in range(0, count, CHUNK):
        part = torch.randn(min(CHUNK, count - start), dim, generator=random, device=device)
        made[start : start + CHUNK] = torch.nn.functional.normalize(part).cpu().numpy()
    return made


def latencies(search: Callable[[Floats], Any], queries: Floats) -> list[float]:
    """Milliseconds of each query on its own, as a shopper's search is; the first warms up and is left out."""
    return [1000 * timed(lambda q=query: search(q))[1] for query in queries][1:]


def median(milliseconds: list[float]) -> float:
    return round(statistics.median(milliseconds), 3)


def in_batches(vectors: Vectors, queries: Floats, options: argparse.Namespace, allowed: Places) -> Found:
    """The top k of each query, `options.batch` of them at a time."""
    size = options.batch
    parts = [vectors.top_of_each(queries[i : i + size], options.k, allowed) for i in range(0, len(queries), size)]
    return np.concatenate([places for places, _ in parts]), np.concatenate([scores for _, scores in parts])


def plain(whole: torch.Tensor, queries: Floats, k: int, allowed: Places) -> list[float]:
    """The same search by one product with everything, masked and sorted by torch: milliseconds of one query."""
    mask = torch.zeros(len(whole), dtype=torch.bool, device=whole.device)
    mask[torch.from_numpy(allowed).to(whole.device)] = True

    def search(query: Floats) -> Any:
        scores = whole @ torch.from_numpy(query).to(whole.device)
        return torch.topk(scores.masked_fill(~mask, -torch.inf), k).indices.cpu()

    return latencies(search, queries)


def agreement(matrix: Floats, queries: Floats, exact: Found, other: Found) -> float:
    """The share of the queries searched exactly whose top k is the same: places that differ are ties of the last."""
    same = 0
    for query, places, scores, theirs in zip(queries, *exact, other[0], strict=False):
        differing = np.setdiff1d(theirs, places)
        same += bool((matrix[differing] @ query >= scores[-1] - TIE).all())
    return same / len(exact[0])


def device(vectors: Vectors) -> str:
    return "cuda" if vectors.on_gpu else "cpu"


if __name__ == "__main__":
    raise SystemExit(main())
