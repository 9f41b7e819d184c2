"""From a model to the products on the shelf: its variants by colour and size, with stock and sale prices."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

from retrieval.demo import words
from retrieval.demo.models import Model, draw_models, shop_price
from retrieval.demo.tables import TABLES, Department, Kind, departments, read_table
from retrieval.product import Availability, Product

CURRENCY = "USD"
STOCK: tuple[tuple[Availability, int], ...] = (
    ("in_stock", 88), ("out_of_stock", 7), ("preorder", 2), ("backorder", 3),
)
GENDERS = {"men": "male", "women": "female", "unisex": "unisex"}


def products(seed: int) -> Iterator[Product]:
    """The whole catalogue. Each kind has its own source of chance, so a new kind leaves the others as they were."""
    scales = read_table(TABLES / "scales.yaml")
    for department in departments():
        for noun, kind in department.kinds.items():
            rng = random.Random(f"{seed}/{department.department}/{noun}")
            for model in draw_models(noun, kind, department, rng):
                yield from _variants(model, kind, department, scales, rng)


def slug(text: str) -> str:
    """Lower-case words joined by hyphens, for ids."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def _variants(
    model: Model, kind: Kind, department: Department, scales: dict[str, Any], rng: random.Random
) -> Iterator[Product]:
    cut = kind.genders[(model.number - 1) % len(kind.genders)] if kind.genders else ""
    common = _common(model, kind, department, cut, rng)
    group = f"{slug(model.noun)}-{model.number:02d}"
    discount = rng.choice((0.1, 0.15, 0.2, 0.25, 0.3)) if rng.random() < 0.16 else 0.0
    shelf = _shelf(kind, department, rng)
    for i, (color, size, factor) in enumerate(shelf):
        price = shop_price(model.price * factor) if factor != 1 else model.price
        worn = _worn(scales[kind.wear][cut or "unisex"], rng) if kind.wear else ()
        label = ", ".join(x for x in (color, size) if x) if len(shelf) > 1 else ""
        yield Product.model_validate({
            **common,
            "id": group + (f"-{slug(label)}" if label else ""),
            "title": common["title"] + (f" - {label}" if label else ""),
            "item_group_id": group,
            "price": price,
            "sale_price": _sale(price, discount if i == 0 or rng.random() < 0.7 else 0.0),
            "color": (color,) if color else (),
            "size": worn or ((size,) if size else common["size"]),
            "availability": rng.choices([s for s, _ in STOCK], [w for _, w in STOCK])[0],
        })


def _common(model: Model, kind: Kind, department: Department, cut: str, rng: random.Random) -> dict[str, Any]:
    """The fields that all variants of a model share. `cut` is whom it is made for, empty where that says nothing."""
    mean, count = words.rating(model, rng)
    return {
        "title": words.title(model, cut),
        "description": words.description(model, kind, rng),
        "currency": CURRENCY,
        "brand": (model.brand,),
        "material": tuple(t.value for t in model.traits if t.spec.field == "material"),
        "size": tuple(t.value for t in model.traits if t.spec.field == "size"),
        "gender": (GENDERS[cut],) if cut else (),
        "age_group": (kind.age_group or "adult",) if kind.wear or kind.age_group else (),
        "product_type": f"{department.department} > {kind.path}",
        "product_detail": tuple((t.name, t.value) for t in model.traits),
        "product_highlight": words.highlights(model, rng),
        "rating": mean,
        "review_count": count,
        "reviews": words.reviews(model, department.openers, mean, rng),
    }


def _shelf(kind: Kind, department: Department, rng: random.Random) -> list[tuple[str, str, float]]:
    """Colour, size and price factor of each variant; a colour or size is empty where the kind has none."""
    palette = department.colors if kind.colors is None else kind.colors
    colors = rng.sample(palette, min(len(palette), rng.randint(1, kind.variants))) if palette else [""]
    if not kind.sizes:
        return [(color, "", 1.0) for color in colors]
    sizes = list(kind.sizes.items())
    start = rng.randint(0, max(len(sizes) - 3, 0))
    return [(color, size, factor) for color in colors[:2] for size, factor in sizes[start : start + 3]]


def _worn(scale: list[str], rng: random.Random) -> tuple[str, ...]:
    """The sizes on the shelf: the scale, perhaps without its ends or one in between."""
    sizes = scale[rng.randint(0, 1) : len(scale) - rng.randint(0, 1)]
    gone = rng.choice(sizes) if rng.random() < 0.4 else None
    return tuple(size for size in sizes if size != gone)


def _sale(price: float, discount: float) -> float | None:
    """The reduced price, if there is a discount and it is less."""
    sale = shop_price(price * (1 - discount))
    return sale if discount and sale < price else None
