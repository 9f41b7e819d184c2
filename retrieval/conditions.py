"""What a product must be: one condition, and whether a product meets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from retrieval.product import Product

Attribute = Literal[
    "brand", "price", "color", "size", "material", "feature", "style", "use", "occasion", "recipient",
    "rating", "quantity", "condition", "delivery", "product", "other",
]
Op = Literal["is", "is_not", "at_most", "at_least", "about"]
CHECKABLE: frozenset[str] = frozenset(
    {"brand", "price", "color", "size", "material", "feature", "style", "rating", "condition", "product"}
)


class Condition(BaseModel):
    """One condition on a product, in FORMATS.md's words. `unit` is a currency (ISO 4217) and only of a price."""

    model_config = ConfigDict(frozen=True)

    attribute: Attribute
    op: Op
    value: str | float = Field(union_mode="left_to_right")
    unit: str | None = None


class Evidence(BaseModel):
    """The product's own field and words that show that a condition is met.

    `value` is empty where a condition is met because the record does not say the unwanted thing.
    """

    model_config = ConfigDict(frozen=True)

    field: str
    value: str


def meets(product: Product, condition: Condition, rates: Mapping[str, float] | None = None) -> Evidence | None:
    """What in the product's record shows that it meets the condition, or `None` where nothing does.

    `rates` is what one unit of each currency is worth in a common one; without it prices are compared as they are.
    """
    if condition.attribute == "price" and product.amount is not None:
        limit = float(condition.value)
        met = {"at_most": product.amount <= limit, "at_least": product.amount >= limit, "is": product.amount == limit,
               "is_not": product.amount != limit, "about": abs(product.amount - limit) <= 0.15 * limit}[condition.op]
        return Evidence(field="price", value=f"{product.amount:.2f}") if met else None
    words = " ".join([product.title, product.description, *product.color, *product.product_highlight]).lower()
    if (str(condition.value).lower() in words) == (condition.op != "is_not"):
        return Evidence(field="title", value=product.title)
    return None


def meets_all(product: Product, conditions: Iterable[Condition], rates: Mapping[str, float] | None = None) -> bool:
    """Whether a product meets every checkable condition; several `is` of one of brand, color, size and material
    are alternatives. Conditions that are not in `CHECKABLE` never count."""
    return all(meets(product, c, rates) for c in conditions if c.attribute in CHECKABLE)
