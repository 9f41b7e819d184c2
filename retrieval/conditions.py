"""What a product must be: one condition, and whether a product meets it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Attribute = Literal[
    "brand", "price", "color", "size", "material", "feature", "style", "use", "occasion", "recipient",
    "rating", "quantity", "condition", "delivery", "product", "other",
]
Op = Literal["is", "is_not", "at_most", "at_least", "about"]


class Condition(BaseModel):
    """One condition on a product, in FORMATS.md's words. `unit` is a currency (ISO 4217) and only of a price."""

    model_config = ConfigDict(frozen=True)

    attribute: Attribute
    op: Op
    value: str | float = Field(union_mode="left_to_right")
    unit: str | None = None
