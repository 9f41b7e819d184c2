"""The catalogue as departments, pages and searches, and the examples that a shop's own catalogue suggests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from statistics import median
from typing import TYPE_CHECKING

from assistant.web.view import Browsing
from assistant.web.words import money
from retrieval.catalogue import levels
from retrieval.product import Product

if TYPE_CHECKING:
    from retrieval.index import Index

PAGE = 24
PLAIN, RATED = "I'm looking for {kind}", "The best rated {kind}"
PATTERNS = ("{kind} under {price}", PLAIN, RATED)


@dataclass(frozen=True)
class Shelf:
    """One page of the catalogue. `children` are (name, number of products) one level below `Browsing.path`."""

    products: tuple[Product, ...]
    total: int
    pages: int
    children: tuple[tuple[str, int], ...]


class Browser:
    """Departments and pages over an index. Variants of one product (`item_group_id`) take one place."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.products = tuple(index.catalogue)
        self.fronts = tuple(_one_per_group(self.products))
        self.mixed = tuple(_mixed(self.fronts))
        self.departments = tuple(_children(self.fronts, ()))

    def shelf(self, browsing: Browsing) -> Shelf:
        """The page that `browsing` names, cut to `PAGE` products; a page past the end is the last one."""
        found = self._searched(browsing.query) if browsing.query else self.fronts if browsing.path else self.mixed
        inside = [p for p in found if tuple(levels(p.product_type)[: len(browsing.path)]) == browsing.path]
        pages = max(1, -(-len(inside) // PAGE))
        start = (min(browsing.page, pages) - 1) * PAGE
        children = _children(inside, browsing.path) if not browsing.query else []
        return Shelf(tuple(inside[start : start + PAGE]), len(inside), pages, tuple(children))

    def _searched(self, query: str) -> list[Product]:
        return list(_one_per_group(hit.product for hit in self.index.search(query, k=3 * PAGE)))


def starters(browser: Browser, currency: str, policies: bool) -> list[str]:
    """Three or four things to say, made from the shop's largest categories and its prices."""
    leaves: dict[tuple[str, ...], list[Product]] = {}
    for product in browser.fronts:
        if path := tuple(levels(product.product_type)):
            leaves.setdefault(path, []).append(product)
    largest = sorted(leaves, key=lambda path: -len(leaves[path]))
    chosen: dict[str, tuple[str, ...]] = {}
    for path in largest:
        chosen.setdefault(path[0], path)
    lines = [_line(*pair, leaves, currency) for pair in zip(PATTERNS, chosen.values(), strict=False)]
    return lines + (["What is your return policy?"] if policies else [])


def _line(pattern: str, path: tuple[str, ...], leaves: dict[tuple[str, ...], list[Product]], currency: str) -> str:
    amounts = [product.amount for product in leaves[path] if product.amount is not None]
    rated = any(product.rating is not None for product in leaves[path])
    if ("{price}" in pattern and not amounts) or (pattern == RATED and not rated):
        pattern = PLAIN
    price = money(_round(median(amounts)), currency).removesuffix(".00") if amounts else ""
    line = pattern.format(kind=path[-1].lower(), price=price)
    return line[0].upper() + line[1:]


def _round(amount: float) -> float:
    step = 5 if amount < 60 else 10 if amount < 300 else 50
    return max(step, round(amount / step) * step)


def _one_per_group(products: Iterable[Product]) -> Iterable[Product]:
    seen: set[str] = set()
    for product in products:
        group = product.item_group_id or product.id
        if group not in seen:
            seen.add(group)
            yield product


def _mixed(products: Iterable[Product]) -> Iterable[Product]:
    """The first product of each department, then the second of each, and so on."""
    departments: dict[str, list[Product]] = {}
    for product in products:
        departments.setdefault("".join(levels(product.product_type)[:1]), []).append(product)
    return (product for row in zip_longest(*departments.values()) for product in row if product is not None)


def _children(products: Iterable[Product], path: tuple[str, ...]) -> list[tuple[str, int]]:
    paths = (tuple(levels(product.product_type)) for product in products)
    counts = Counter(p[len(path)] for p in paths if len(p) > len(path) and p[: len(path)] == path)
    return sorted(counts.items())
