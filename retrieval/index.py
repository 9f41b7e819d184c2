"""The index of a catalogue: filter exactly, then search what is left by meaning and by words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from retrieval.catalogue import Catalogue, paths
from retrieval.conditions import Condition, filters, holds
from retrieval.encoder import Encoder
from retrieval.kinds import KindMatch, Kinds
from retrieval.lexical import Lexical
from retrieval.product import Product
from retrieval.storage import Progress, build_index, read_index
from retrieval.vectors import Vectors
from retrieval.view import prepare, view

__all__ = ["Hit", "Index", "KindMatch", "Page", "Progress", "build_index"]

Mask = NDArray[np.bool_]

DENSE_WEIGHT = 0.8
"""How much of a score is the cosine; the rest is BM25. On Icecat's judged products NDCG@10 is 0.813 for BM25 alone,
0.885 at 0.6, 0.915 at 0.8 and 0.924 for the cosine alone (tests/benchmarks/bench_fusion.py); 0.8 keeps model numbers
and names that the encoder does not know."""
_MASKS_KEPT = 256
_POOL = 100


class Hit(BaseModel):
    """A product found. `score` fuses `dense` (cosine) and `lexical` (BM25, 0 to 1); all are higher for better."""

    model_config = ConfigDict(frozen=True)

    product: Product
    score: float
    dense: float
    lexical: float


class Page(BaseModel):
    """One page of the catalogue. `page` counts from 1, `total` is how many products there are over all pages."""

    model_config = ConfigDict(frozen=True)

    products: tuple[Product, ...]
    page: int
    size: int
    total: int


class Index:
    """An open index: read-only, shared by all shoppers. `catalogue` holds the products."""

    def __init__(
        self, catalogue: Catalogue, vectors: NDArray[np.float32], lexical: Lexical, kinds: Kinds, encoder: Encoder,
        rates: Mapping[str, float] | None = None,
    ) -> None:
        self.catalogue = catalogue
        self._vectors = Vectors(vectors)
        self._lexical = lexical
        self._encoder = encoder
        self._rates = rates
        self._views = [view(product) for product in catalogue]
        self._available: Mask = np.array([product.available for product in catalogue], dtype=np.bool_)
        self._kinds = kinds
        self._decided = lru_cache(maxsize=_MASKS_KEPT)(self._undecided)
        self._embedded = lru_cache(maxsize=_MASKS_KEPT)(lambda text: encoder.encode([text])[0])

    @classmethod
    def open(cls, directory: str | Path, encoder: Encoder, rates: Mapping[str, float] | None = None) -> Index:
        """Open an index directory. Raises `IndexStoreError` if it does not fit this encoder or is damaged.

        `rates` is what one unit of each currency is worth in a common one, for prices named in another currency.
        """
        stored = read_index(directory, encoder)
        for product in stored.catalogue:
            prepare(view(product))
        return cls(stored.catalogue, stored.vectors, stored.lexical, stored.kinds, encoder, rates)

    def kind(self, phrase: str | None) -> KindMatch:
        """What the phrase names in this catalogue, and whether there is any."""
        return self._kinds.match(phrase)[0]

    def allowed(self, kind: str | None = None, conditions: Sequence[Condition] = ()) -> list[Product]:
        """All available products of that kind that meet every checkable condition, in the catalogue's order."""
        return [self.catalogue.products[i] for i in np.flatnonzero(self._allowed(kind, conditions))]

    def search(
        self,
        query: str,
        *,
        kind: str | None = None,
        conditions: Sequence[Condition] = (),
        k: int = 10,
        exclude: Collection[str] = (),
    ) -> list[Hit]:
        """The best `k` products for a query among the allowed ones, best first; the filter comes before the cut.

        `exclude` holds ids to leave out. An empty query ranks by rating. Where nothing is allowed, nothing is found.
        """
        mask = self._allowed(kind, conditions)
        for product_id in exclude:
            if (place := self.catalogue.place(product_id)) is not None:
                mask[place] = False
        allowed = np.flatnonzero(mask)
        if k < 1 or len(allowed) == 0:
            return []
        if not query.strip():
            return self._by_rating(allowed, k)
        embedded = self._embedded(query.strip())
        words = self._lexical.scores(query)
        pool = max(_POOL, 2 * k)
        near, _ = self._vectors.top(embedded, pool, allowed)
        worded = allowed[np.argsort(-words[allowed], kind="stable")[:pool]]
        places = np.union1d(near, worded[words[worded] > 0]).astype(np.int64)
        dense = self._vectors.matrix[places] @ embedded
        scores = DENSE_WEIGHT * dense + (1 - DENSE_WEIGHT) * words[places]
        best = np.argsort(-scores, kind="stable")[:k]
        return [self._hit(places[i], scores[i], dense[i], words[places[i]]) for i in best]

    def browse(self, category: str | None = None, page: int = 1, size: int = 24) -> Page:
        """One page of a category (its sub-categories included) or of the whole catalogue, in the catalogue's order.

        Raises `ValueError` if `page` or `size` is less than 1.
        """
        if page < 1 or size < 1:
            raise ValueError(f"page and size count from 1, got page {page} and size {size}")
        found = [p for p in self.catalogue if category is None or category in paths(p.product_type)]
        return Page(products=tuple(found[(page - 1) * size : page * size]), page=page, size=size, total=len(found))

    @property
    def categories(self) -> dict[str, int]:
        """How many products each category path holds, its sub-categories included, sorted by path."""
        return self.catalogue.categories

    def similarity(self, query: str) -> NDArray[np.float32]:
        """The cosine of the query with every product, in the catalogue's order: shape `(count,)`."""
        cosines: NDArray[np.float32] = self._vectors.matrix @ self._embedded(query.strip())
        return cosines

    def _allowed(self, kind: str | None, conditions: Sequence[Condition]) -> Mask:
        mask = self._available & self._kinds.match(kind)[1]
        for group in filters(conditions):
            mask &= np.logical_or.reduce([self._meeting(condition, mask) for condition in group])
        return mask

    def _meeting(self, condition: Condition, among: Mask) -> Mask:
        """Which products meet a condition, decided for those `among` only, and each but once while it is remembered."""
        decided, meets = self._decided(condition)
        places = np.flatnonzero(among & ~decided)
        meets[places] = holds([self._views[place] for place in places], condition, self._rates)
        decided[places] = True  # after `meets`: another thread must not take what is not there yet for a no
        return meets & among

    def _undecided(self, condition: Condition) -> tuple[Mask, Mask]:
        """For a condition that is new: which products are decided (none), and which of those meet it."""
        return np.zeros(len(self._views), dtype=np.bool_), np.zeros(len(self._views), dtype=np.bool_)

    def _by_rating(self, allowed: NDArray[np.int64], k: int) -> list[Hit]:
        def standing(place: np.int64) -> tuple[float, int, int]:
            product = self.catalogue.products[place]
            return -(product.rating or 0.0), -(product.review_count or 0), int(place)

        return [self._hit(place, 0.0, 0.0, 0.0) for place in sorted(allowed, key=standing)[:k]]

    def _hit(self, place: np.int64, score: float, dense: float, lexical: float) -> Hit:
        product = self.catalogue.products[place]
        return Hit(product=product, score=float(score), dense=float(dense), lexical=float(lexical))
