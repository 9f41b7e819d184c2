"""What a product must be: one condition, and whether a product meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from retrieval import matchers
from retrieval.claims import Evidence
from retrieval.product import Product
from retrieval.view import View, view

__all__ = ["CHECKABLE", "Attribute", "Condition", "Evidence", "Op", "filters", "meets", "meets_all"]

Attribute = Literal[
    "brand", "price", "color", "size", "material", "feature", "style", "use", "occasion", "recipient",
    "rating", "quantity", "condition", "delivery", "product", "other",
]
Op = Literal["is", "is_not", "at_most", "at_least", "about"]

CHECKABLE: frozenset[str] = frozenset(
    {"brand", "price", "color", "size", "material", "feature", "style", "rating", "condition", "product"}
)
"""The attributes that a record can prove or disprove. All others guide the ranking and never filter."""

_ALTERNATIVES = frozenset({"brand", "color", "size", "material"})


class Condition(BaseModel):
    """One condition on a product, in FORMATS.md's words. `unit` is a currency (ISO 4217) and only of a price."""

    model_config = ConfigDict(frozen=True)

    attribute: Attribute
    op: Op
    value: str | float = Field(union_mode="left_to_right")
    unit: str | None = None


def meets(product: Product, condition: Condition, rates: Mapping[str, float] | None = None) -> Evidence | None:
    """What in the product's record shows that it meets the condition, or `None` where nothing does.

    Silence is no proof: a wanted feature that the record does not mention is not met, an unwanted one is.
    `rates` is what one unit of each currency is worth in a common one; without it prices are compared as they are.
    """
    return _matcher(condition, rates)(view(product))


def meets_all(product: Product, conditions: Iterable[Condition], rates: Mapping[str, float] | None = None) -> bool:
    """Whether a product meets every checkable condition; several `is` of one of brand, color, size and material
    are alternatives. Conditions that are not in `CHECKABLE` never count."""
    seen = view(product)
    return all(any(_matcher(c, rates)(seen) for c in group) for group in filters(conditions))


def filters(conditions: Iterable[Condition]) -> list[tuple[Condition, ...]]:
    """The checkable conditions as groups: a product has to meet one of each group."""
    groups: list[tuple[Condition, ...]] = []
    alternatives: dict[str, list[Condition]] = {}
    for condition in conditions:
        if condition.attribute not in CHECKABLE:
            continue
        if condition.op == "is" and condition.attribute in _ALTERNATIVES:
            alternatives.setdefault(condition.attribute, []).append(condition)
        else:
            groups.append((condition,))
    return groups + [tuple(group) for group in alternatives.values()]


def holds(views: Sequence[View], condition: Condition, rates: Mapping[str, float] | None = None) -> list[bool]:
    """`meets` for many products at once, as truth values; faster, since no proof is looked for of what is absent."""
    if condition.attribute == "price":
        check = matchers.price_holds(condition.op, condition.value, condition.unit, rates)
        return [check(each) for each in views]
    if condition.op == "is_not" and condition.attribute != "rating":
        positive = _text_matcher(condition.attribute, "is", condition.value)
        return [positive(each) is None for each in views]
    matcher = _matcher(condition, rates)
    return [matcher(each) is not None for each in views]


def _matcher(condition: Condition, rates: Mapping[str, float] | None) -> Callable[[View], Evidence | None]:
    if condition.attribute == "price":
        return matchers.price(condition.op, condition.value, condition.unit, rates)
    return _text_matcher(condition.attribute, condition.op, condition.value)


@lru_cache(maxsize=4096)
def _text_matcher(attribute: str, op: str, value: str | float) -> Callable[[View], Evidence | None]:
    return matchers.matcher(attribute, op, value)
