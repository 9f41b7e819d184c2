"""Exact inner-product search over product vectors with FAISS: on the GPU where there is one, filter before the cut."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


class Vectors:
    """Unit vectors of a catalogue, shape `(count, dim)`, in its order."""

    def __init__(self, vectors: Floats) -> None:
        import faiss

        self.matrix: Floats = np.ascontiguousarray(vectors, dtype=np.float32)
        self._gpu = _gpu()
        self._index: Any = None
        if self._gpu is None:
            self._index = faiss.IndexFlatIP(self.matrix.shape[1])
            self._index.add(self.matrix)

    @property
    def on_gpu(self) -> bool:
        """Whether searches run on a GPU."""
        return self._gpu is not None

    def top(self, query: Floats, k: int, allowed: Places) -> tuple[Places, Floats]:
        """Places and cosines of the `k` nearest of the `allowed` places (sorted, distinct), nearest first."""
        import faiss

        k = min(k, len(allowed))
        if k == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        row = query.reshape(1, -1)
        if self._gpu is not None:
            # FAISS on the GPU takes no selector: search exactly among the allowed rows alone.
            rows = self.matrix if len(allowed) == len(self.matrix) else self.matrix[allowed]
            scores, places = faiss.knn_gpu(self._gpu, row, rows, k, metric=faiss.METRIC_INNER_PRODUCT)
            return allowed[places[0]], scores[0]
        if len(allowed) == len(self.matrix):
            scores, places = self._index.search(row, k)
        else:
            bitmap = np.packbits(np.isin(np.arange(len(self.matrix)), allowed), bitorder="little")
            selector = faiss.IDSelectorBitmap(bitmap)  # type: ignore[call-arg, arg-type]
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            scores, places = self._index.search(row, k, params=parameters)
        return places[0], scores[0]


def _gpu() -> Any:
    """GPU resources of FAISS, or `None` where this build or machine has none."""
    import faiss

    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() == 0:
        return None
    return faiss.StandardGpuResources()
