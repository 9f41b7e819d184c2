"""One product of a catalogue, in Google Merchant's field names."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Availability = Literal["in_stock", "out_of_stock", "preorder", "backorder"]


class Review(BaseModel):
    """One shopper's review. `rating` is 0 to 5, `date` ISO 8601."""

    model_config = ConfigDict(frozen=True, extra="allow")

    rating: float | None = Field(default=None, ge=0, le=5)
    text: str = ""
    date: str | None = None


class Product(BaseModel):
    """A product as it stands in the index: parsed, validated, amounts in the shop's currency.

    Raw feeds are turned into this record by `retrieval.feeds`, which is where `"129.99 USD"`, strings where
    lists are meant and names of other shops are understood. Multi-valued fields are always tuples here.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    description: str = ""
    price: float | None = Field(default=None, ge=0)
    sale_price: float | None = Field(default=None, ge=0)
    currency: str | None = None
    availability: Availability = "in_stock"
    brand: tuple[str, ...] = ()
    color: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    material: tuple[str, ...] = ()
    gender: tuple[str, ...] = ()
    age_group: tuple[str, ...] = ()
    product_type: str = ""
    item_group_id: str | None = None
    link: str | None = None
    image_link: str | None = None
    product_detail: tuple[tuple[str, str], ...] = ()
    product_highlight: tuple[str, ...] = ()
    rating: float | None = Field(default=None, ge=0, le=5)
    review_count: int | None = Field(default=None, ge=0)
    reviews: tuple[Review, ...] = ()

    @property
    def amount(self) -> float | None:
        """What the shopper pays: the sale price where there is one, else the price; `None` if neither is known."""
        return self.sale_price if self.sale_price is not None else self.price

    @property
    def available(self) -> bool:
        """Whether it can be bought now (`in_stock`, `preorder` or `backorder`)."""
        return self.availability != "out_of_stock"

    def record(self) -> dict[str, Any]:
        """The product as a JSON-ready object without empty fields, `product_detail` in Merchant's layout."""
        data = self.model_dump(mode="json", exclude_none=True)
        data["product_detail"] = [{"attribute_name": n, "attribute_value": v} for n, v in self.product_detail]
        return {k: v for k, v in data.items() if v not in ("", [], ())}
