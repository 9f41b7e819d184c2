"""Products and their pictures over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from assistant.api.access import TheAssistant
from assistant.api.errors import ErrorBody
from assistant.api.views import product_json
from retrieval.product import Product

UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody, "description": "Unknown product"}}
PICTURE_HEADERS = {
    "Cache-Control": "public, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter(tags=["products"])


class ProductView(Product):
    """A product, and `picture`, the URL of its image or of one drawn here."""

    picture: str


@router.get(
    "/api/products/{product_id:path}",
    response_model=ProductView,
    responses=UNKNOWN,
    summary="A product of the catalogue",
)
def product(product_id: str, assistant: TheAssistant) -> Response:
    """The product's record, without empty fields."""
    return JSONResponse(product_json(assistant.product(product_id)))


@router.get(
    "/pictures/{product_id:path}.svg", responses=UNKNOWN, response_class=Response, summary="A drawn picture (SVG)"
)
def drawing(product_id: str, assistant: TheAssistant) -> Response:
    """A drawing of the product by its kind and colour, for products without an image of their own."""
    from retrieval.demo.pictures import picture

    return Response(picture(assistant.product(product_id)), media_type="image/svg+xml", headers=PICTURE_HEADERS)
