"""Exact inner-product search over product vectors with FAISS: on the GPU where there is one, filter before the cut."""

from __future__ import annotations

import importlib
import threading
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.faiss_loading import load_faiss

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


class _Backend(Protocol):
    def search(self, queries: Floats, k: int, allowed: Places | None) -> tuple[Places, Floats]: ...


class Vectors:
    """Unit vectors of a catalogue, shape `(count, dim)`, in its order. `gpu` is whether to search on one; `None` does
    where FAISS and the machine have one."""

    def __init__(self, vectors: Floats, gpu: bool | None = None) -> None:
        self.matrix: Floats = np.ascontiguousarray(vectors, dtype=np.float32)
        self.on_gpu = gpu_at_hand() if gpu is None else gpu
        self._backend: _Backend = _OnGpu(self.matrix) if self.on_gpu else _OnCpu(self.matrix)

    def top(self, query: Floats, k: int, allowed: Places) -> tuple[Places, Floats]:
        """Places and cosines of the `k` nearest of the `allowed` places (sorted, distinct), nearest first."""
        places, scores = self.top_of_each(query.reshape(1, -1), k, allowed)
        return places[0], scores[0]

    def top_of_each(self, queries: Floats, k: int, allowed: Places) -> tuple[Places, Floats]:
        """As `top` for each of Q queries, shape `(Q, dim)`, over the same places: two arrays of `(Q, min(k, allowed))`.
        """
        k = min(k, len(allowed))
        if k == 0 or len(queries) == 0:
            return np.empty((len(queries), k), dtype=np.int64), np.empty((len(queries), k), dtype=np.float32)
        return self._backend.search(queries, k, None if len(allowed) == len(self.matrix) else allowed)


def gpu_at_hand() -> bool:
    """Whether this build of FAISS is for GPUs and sees one."""
    faiss = load_faiss()
    return hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0


MANY = 32
"""Queries from which it pays to gather the rows that a filter leaves: then they are searched by matrix products."""


class _OnCpu:
    """A flat index; a filter is a bitmap that the search asks."""

    def __init__(self, matrix: Floats) -> None:
        self._matrix = matrix
        self._index = load_faiss().IndexFlatIP(matrix.shape[1])
        self._index.add(matrix)

    def search(self, queries: Floats, k: int, allowed: Places | None) -> tuple[Places, Floats]:
        faiss = load_faiss()
        if allowed is not None and len(queries) >= MANY:
            scores, places = faiss.knn(queries, self._matrix[allowed], k, metric=faiss.METRIC_INNER_PRODUCT)
            return allowed[places], scores
        parameters = None
        if allowed is not None:
            bitmap = np.packbits(np.isin(np.arange(len(self._matrix)), allowed), bitorder="little")
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bitmap))
        scores, places = self._index.search(queries, k, params=parameters)
        return places, scores


class _OnGpu:
    """The vectors stay on the GPU. FAISS takes no filter there: the allowed rows are gathered on it and searched alone.
    One search at a time, since FAISS's resources are not to be shared."""

    def __init__(self, matrix: Floats) -> None:
        import torch

        faiss = load_faiss()
        importlib.import_module("faiss.contrib.torch_utils")  # lets FAISS take tensors where they are
        self._rows: Any = torch.from_numpy(matrix).to("cuda")
        self._resources = faiss.StandardGpuResources()
        self._lock = threading.Lock()

    def search(self, queries: Floats, k: int, allowed: Places | None) -> tuple[Places, Floats]:
        import torch

        faiss = load_faiss()
        with self._lock:
            asked = torch.from_numpy(queries).to(self._rows.device)
            rows = self._rows if allowed is None else self._rows[torch.from_numpy(allowed).to(self._rows.device)]
            scores, found = faiss.knn_gpu(self._resources, asked, rows, k, metric=faiss.METRIC_INNER_PRODUCT)
            places: Places = found.cpu().numpy()
            return places if allowed is None else allowed[places], scores.cpu().numpy()
