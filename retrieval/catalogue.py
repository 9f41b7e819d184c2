"""The products of a shop, by id, in their order, and by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from retrieval.product import Product


class Catalogue:
    """A frozen sequence of products with distinct ids."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.products = tuple(products)
        self._places = {product.id: i for i, product in enumerate(self.products)}

    def get(self, product_id: str) -> Product | None:
        """The product with that id, or `None`."""
        place = self._places.get(product_id)
        return None if place is None else self.products[place]

    def place(self, product_id: str) -> int | None:
        """Where the product stands in the catalogue, from 0, or `None`."""
        return self._places.get(product_id)

    def __getitem__(self, product_id: str) -> Product:
        """The product with that id; raises `KeyError`."""
        return self.products[self._places[product_id]]

    def __contains__(self, product_id: object) -> bool:
        return product_id in self._places

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products)

    def __len__(self) -> int:
        return len(self.products)

    @property
    def categories(self) -> dict[str, int]:
        """How many products each category path holds, its sub-categories included, sorted by path."""
        counts = Counter(path for product in self.products for path in paths(product.product_type))
        return dict(sorted(counts.items()))

    def group(self, product: Product) -> list[Product]:
        """All variants of a product, itself included; just itself where it has no `item_group_id`."""
        if product.item_group_id is None:
            return [product]
        return [p for p in self.products if p.item_group_id == product.item_group_id]


def levels(product_type: str) -> list[str]:
    """The names along a category path: `"Home > Kitchen"` → `["Home", "Kitchen"]`."""
    return [level.strip() for level in product_type.split(">") if level.strip()]


def paths(product_type: str) -> list[str]:
    """The path and all above it: `"Home > Kitchen"` → `["Home", "Home > Kitchen"]`."""
    names = levels(product_type)
    return [" > ".join(names[: i + 1]) for i in range(len(names))]
