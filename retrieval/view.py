"""A product as the conditions look at it: its texts in pieces, and one folded string to rule products out fast."""

from __future__ import annotations

import re
import weakref
from functools import cached_property, lru_cache
from string import punctuation
from typing import Any, NamedTuple

from retrieval.product import Product
from retrieval.text import fold, stems

_NOT_FOR_SHOPPERS = re.compile(
    r"(^|_)(id|gtin|ean|mpn|sku|upc|asin|url|link|image|img|date|license|alias|aliase)s?(_|$)"
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_SIGNS = {ord(sign): None for sign in " \t\r" + punctuation + "\u00ae\u2122\u00a9\u00b7\u2022\u00a0"}
_LONGEST_EXTRA = 300


class Piece(NamedTuple):
    """One statement of a record. `name` is the detail's name, or "" for running text; `text` is as written."""

    field: str
    name: str
    text: str

    @property
    def quote(self) -> str:
        """The piece in the product's own words."""
        return f"{self.name}: {self.text}" if self.name else self.text


class View:
    """Read-only, computed on first use, and shared by all who look at the same product.

    It does not keep its product alive: whoever asks for the view holds the product.
    """

    def __init__(self, product: Product) -> None:
        self._product = weakref.ref(product)
        self.amount = product.amount

    @property
    def product(self) -> Product:
        """The product looked at."""
        product = self._product()
        if product is None:
            raise ReferenceError("the product of this view is gone: hold the product while using its view")
        return product

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """What the record says, the shortest statements first: highlights, details, title, category, sentences."""
        return _pieces(self.product)

    @cached_property
    def squashed(self) -> str:
        """All pieces in order, folded, without spaces and signs, one to a line: what is not in it is not in the
        record."""
        lines = [f"{piece.name} {piece.text}".replace("\n", " ") for piece in _pieces(self.product)]
        return fold("\n".join(lines)).translate(_SIGNS)

    @cached_property
    def colors(self) -> tuple[tuple[str, ...], ...]:
        """Each value of the colour field as stems; values joined by a slash or comma count as several."""
        return _values(self.product.color)

    @cached_property
    def materials(self) -> tuple[tuple[str, ...], ...]:
        """Each value of the material field as stems."""
        return _values(self.product.material)

    @cached_property
    def brands(self) -> tuple[tuple[str, ...], ...]:
        """Each brand as stems."""
        return tuple(tuple(stems(value)) for value in self.product.brand)

    @cached_property
    def title(self) -> tuple[str, ...]:
        """The title as stems."""
        return tuple(stems(self.product.title))


_views: dict[int, tuple[weakref.ref[Product], View]] = {}


def view(product: Product) -> View:
    """The view of a product, made once as long as the product lives."""
    key = id(product)
    known = _views.get(key)
    if known is not None and known[0]() is product:
        return known[1]
    made = View(product)
    _views[key] = (weakref.ref(product, lambda _: _views.pop(key, None)), made)
    return made


def prepare(view: View) -> None:
    """Compute now what every filter by text needs, so that the first shopper does not wait for it."""
    _ = view.squashed


def _pieces(product: Product) -> tuple[Piece, ...]:
    running = [Piece("product_highlight", "", text) for text in product.product_highlight]
    running += [Piece("product_detail", name, text) for name, text in product.product_detail]
    running += [Piece(name, name.replace("_", " "), text) for name, text in _extras(product)]
    for field in ("color", "size", "material", "brand"):
        running += [Piece(field, field, text) for text in getattr(product, field)]
    running += [Piece("title", "", product.title), Piece("product_type", "", product.product_type)]
    running += [Piece("description", "", text) for text in _SENTENCE.split(product.description)]
    return tuple(piece for piece in running if piece.text.strip())


@lru_cache(maxsize=20_000)
def _values(values: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(stems(part)) for value in values for part in re.split(r"[/,;|&]", value) if part.strip())


def own_fields(product: Product) -> list[tuple[str, str]]:
    """Name and text of what a feed states in columns of its own that a shopper could ask about: `alcohol by volume`."""
    return [(name.replace("_", " "), text) for name, text in _extras(product)]


def _extras(product: Product) -> list[tuple[str, str]]:
    """Fields of the shop's own that a shopper could ask about, as name and text."""
    found: list[tuple[str, str]] = []
    for name, value in (product.model_extra or {}).items():
        if _NOT_FOR_SHOPPERS.search(name.lower()):
            continue
        values: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
        texts = [_text(v) for v in values if isinstance(v, str | bool | int | float)]
        found += [(name, text) for text in texts if text and len(text) <= _LONGEST_EXTRA and "://" not in text]
    return found


def _text(value: str | bool | int | float) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return value if isinstance(value, str) else f"{value:g}"
