"""Vectors of texts, each computed once while it is in use: records and policies are compared with every question."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from retrieval.encoder import Encoder


class TextVectors:
    """An encoder that remembers the last `keep` texts (1.5 KiB each). What it gives depends on the text alone."""

    def __init__(self, encoder: Encoder, keep: int = 8192) -> None:
        self._encoder = encoder
        self._keep = keep
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape `(len(texts), d)`, unit length."""
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            found.update(zip(missing, self._encoder.encode(missing), strict=True))
        with self._lock:
            for text, vector in found.items():
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > self._keep:
                self._known.popitem(last=False)
        return np.stack([found[text] for text in texts]) if texts else self._encoder.encode([])
