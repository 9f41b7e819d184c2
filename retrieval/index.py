"""The index of a catalogue: filter exactly, then search what is left by meaning and by words."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from retrieval.catalogue import Catalogue
from retrieval.conditions import Condition, meets_all
from retrieval.encoder import Encoder
from retrieval.product import Product

Progress = Callable[[int, int], None]


class Hit(BaseModel):
    """A product found. `score` fuses `dense` (cosine) and `lexical` (BM25, 0 to 1); all are higher for better."""

    model_config = ConfigDict(frozen=True)

    product: Product
    score: float
    dense: float
    lexical: float


class KindMatch(BaseModel):
    """What a product phrase names in the catalogue. `found` is false where the shop has nothing of that kind."""

    model_config = ConfigDict(frozen=True)

    phrase: str
    found: bool
    how: str = "any"
    labels: tuple[str, ...] = ()
    count: int = 0


class Page(BaseModel):
    """One page of the catalogue. `page` counts from 1, `total` is how many products there are over all pages."""

    model_config = ConfigDict(frozen=True)

    products: tuple[Product, ...]
    page: int
    size: int
    total: int


def build_index(
    products: Sequence[Product], directory: str | Path, encoder: Encoder, progress: Progress | None = None
) -> None:
    """Embed the products and write an index directory; an interrupted build goes on where it stopped.

    `progress(done, total)` counts products. Raises `IndexStoreError`.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    vectors = encoder.encode([p.title for p in products])
    np.save(folder / "vectors.npy", vectors)
    (folder / "products.jsonl").write_text("".join(json.dumps(p.model_dump(mode="json")) + "\n" for p in products))
    if progress:
        progress(len(products), len(products))


class Index:
    """An open index. `catalogue` holds the products; everything else searches or pages through them."""

    def __init__(self, catalogue: Catalogue, vectors: NDArray[np.float32], encoder: Encoder) -> None:
        self.catalogue = catalogue
        self._vectors = vectors
        self._encoder = encoder

    @classmethod
    def open(cls, directory: str | Path, encoder: Encoder) -> Index:
        """Open an index directory. Raises `IndexStoreError` if it does not fit this encoder or is damaged."""
        folder = Path(directory)
        lines = (folder / "products.jsonl").read_text().splitlines()
        catalogue = Catalogue([Product.model_validate_json(line) for line in lines])
        return cls(catalogue, np.load(folder / "vectors.npy", allow_pickle=False), encoder)

    def kind(self, phrase: str | None) -> KindMatch:
        """What the phrase names in this catalogue."""
        return KindMatch(phrase=phrase or "", found=True, count=len(self.catalogue))

    def allowed(self, kind: str | None = None, conditions: Sequence[Condition] = ()) -> list[Product]:
        """All available products of that kind that meet every checkable condition, in the catalogue's order."""
        return [p for p in self.catalogue if p.available and meets_all(p, conditions)]

    def search(
        self,
        query: str,
        *,
        kind: str | None = None,
        conditions: Sequence[Condition] = (),
        k: int = 10,
        exclude: Collection[str] = (),
    ) -> list[Hit]:
        """The best `k` products for a query among the allowed ones, best first; the filter comes before the cut."""
        allowed = [p for p in self.allowed(kind, conditions) if p.id not in exclude]
        if not allowed:
            return []
        scores = self._vectors @ self._encoder.encode([query])[0]
        places = {p.id: i for i, p in enumerate(self.catalogue)}
        ranked = sorted(allowed, key=lambda p: -float(scores[places[p.id]]))[:k]
        return [Hit(product=p, score=float(scores[places[p.id]]), dense=float(scores[places[p.id]]), lexical=0.0)
                for p in ranked]

    def browse(self, category: str | None = None, page: int = 1, size: int = 24) -> Page:
        """One page of a category (its sub-categories included) or of the whole catalogue."""
        found = [p for p in self.catalogue if category is None or (p.product_type + " >").startswith(category + " >")]
        return Page(products=tuple(found[(page - 1) * size : page * size]), page=page, size=size, total=len(found))

    @property
    def categories(self) -> dict[str, int]:
        """How many products each category path holds, its sub-categories included."""
        return self.catalogue.categories
