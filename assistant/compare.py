"""A few products side by side: what they share and where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.receipts import money
from assistant.records import Record
from retrieval.product import Product

LIST_FIELDS = ("brand", "color", "size", "material", "gender", "age_group")


class Row(Record):
    """One property of all compared products, in their order; an empty string where a record does not say."""

    label: str
    values: tuple[str, ...]
    differs: bool


class Comparison(Record):
    """Products side by side. Rows that are empty for all of them are left out."""

    products: tuple[Product, ...]
    rows: tuple[Row, ...]


def compare(products: Sequence[Product]) -> Comparison:
    """The products side by side: price and rating first, then the fields, then the details of any of them."""
    columns = [dict(_properties(product)) for product in products]
    labels = list(dict.fromkeys(label for column in columns for label in column))
    order = sorted(labels, key=lambda label: -sum(label in column for column in columns))
    rows = [_row(label, [column.get(label, "") for column in columns]) for label in order]
    return Comparison(products=tuple(products), rows=tuple(rows))


def price_text(product: Product) -> str:
    """The price as a shopper reads it elsewhere, such as `$129.99`; empty where it is unknown."""
    if product.amount is None:
        return ""
    return money(product.amount, product.currency) if product.currency else f"{product.amount:,.2f}"


def _row(label: str, values: list[str]) -> Row:
    return Row(label=label, values=tuple(values), differs=len({value.casefold() for value in values}) > 1)


def _properties(product: Product) -> Iterator[tuple[str, str]]:
    if product.amount is not None:
        yield "Price", price_text(product)
    if product.rating is not None:
        yield "Rating", f"{product.rating:g}" + (f" ({product.review_count})" if product.review_count else "")
    if product.availability != "in_stock":
        yield "Availability", product.availability.replace("_", " ")
    for field in LIST_FIELDS:
        if values := getattr(product, field):
            yield field.replace("_", " ").capitalize(), ", ".join(values)
    for name, value in product.product_detail:
        yield name.strip().capitalize(), value
    if product.product_highlight:
        yield "Highlights", "; ".join(product.product_highlight)
