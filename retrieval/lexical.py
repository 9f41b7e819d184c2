"""Search by words: BM25 over stems of a product's texts, with the title and category counted more than once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retrieval.product import Product
from retrieval.text import stems

if TYPE_CHECKING:
    import bm25s

_IGNORED = frozenset(stems(
    "a an the and or of for with in on to is are be it that this my your i need want looking some something"
))
_DESCRIPTION_WORDS = 120
_DETAILS = 30


class Lexical:
    """A BM25 index over a catalogue, in its order."""

    def __init__(self, model: bm25s.BM25, count: int) -> None:
        self._model = model
        self._count = count

    @classmethod
    def build(cls, products: Sequence[Product]) -> Lexical:
        """Index the products."""
        import bm25s

        model = bm25s.BM25()
        model.index([_document(product) for product in products], show_progress=False)
        return cls(model, len(products))

    def save(self, directory: Path) -> None:
        """Write to a directory as arrays and JSON (no pickle)."""
        self._model.save(str(directory), show_progress=False)

    @classmethod
    def load(cls, directory: Path, count: int) -> Lexical:
        """Read what `save` wrote for `count` products."""
        import bm25s

        return cls(bm25s.BM25.load(str(directory), show_progress=False, allow_pickle=False), count)

    def scores(self, query: str) -> NDArray[np.float32]:
        """How well each product fits the query's words: shape `(count,)`, 0 to 1, 1 for the best of all."""
        known = [w for w in _tokens(query) if w in self._model.vocab_dict]
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        scores: NDArray[np.float32] = np.asarray(self._model.get_scores(known), dtype=np.float32)
        best = float(scores.max())
        return scores / best if best > 0 else scores


def _tokens(text: str) -> list[str]:
    return [word for word in stems(text) if word not in _IGNORED]


def _document(product: Product) -> list[str]:
    heading = _tokens(f"{product.title} {product.product_type}")
    details = " ".join(f"{name} {value}" for name, value in product.product_detail[:_DETAILS])
    lists = (product.brand, product.color, product.material, product.gender, product.product_highlight)
    rest = _tokens(" ".join(" ".join(values) for values in lists) + " " + details)
    return heading * 2 + rest + _tokens(product.description)[:_DESCRIPTION_WORDS] or ["?"]
