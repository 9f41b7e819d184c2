"""Ranking: candidates that meet every must, put in order for this shopper, each with its receipts.

A score is a weighted mean of what can be said of a candidate, each part from 0 to 1 and each left out where nothing
is known or asked. The weights are set by hand; `finetune evaluate` measures what they bring.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from assistant.behaviour import Behaviour, leaf
from assistant.ordering import Ordering, ordered, shrunk_rating
from assistant.reasons import Context, Encode, purposes_shown, reasons
from assistant.records import Constraint, Need, Pick
from assistant.search import Found
from retrieval.conditions import CHECKABLE, meets
from retrieval.index import Hit
from retrieval.product import Product

WEIGHTS = {"relevance": 3.0, "wishes": 2.5, "rating": 1.0, "price": 0.7, "behaviour": 1.0}


def rank(
    found: Found,
    place: int,
    seen: Behaviour,
    encode: Encode,
    *,
    limit: int,
    currency: str,
    ordering: Ordering | None = None,
    exclude: Collection[str] = (),
) -> tuple[Pick, ...]:
    """The best `limit` candidates for need number `place` of the state, best first; one variant of each product."""
    hits = [hit for hit in found.hits if hit.product.id not in exclude and hit.product.id not in seen.bought]
    if not hits:
        return ()
    scores = {hit.product.id: score for hit, score in zip(hits, _scores(hits, found.need, seen), strict=True)}
    products = sorted((hit.product for hit in hits), key=lambda p: (-scores[p.id], p.id))
    if ordering is not None:
        products = ordered(products, ordering)
    chosen = _one_of_each(products)[:limit]
    context = Context(found, place, seen, purposes_shown(chosen, found.need, encode), currency, ordering)
    return tuple(
        Pick(id=product.id, rank=i, score=round(scores[product.id], 4), reasons=reasons(product, context))
        for i, product in enumerate(chosen, start=1)
    )


def _scores(hits: Sequence[Hit], need: Need, seen: Behaviour) -> list[float]:
    best = max((hit.score for hit in hits), default=0.0) or 1.0
    worst = min(hit.score for hit in hits)
    return [
        _mean(
            {
                "relevance": (hit.score - worst) / (best - worst) if best > worst else 1.0,
                "wishes": _wishes_met(hit.product, need),
                "rating": (shrunk_rating(hit.product) - 3.0) / 2.0,
                "price": _price_fit(hit.product, need, seen),
                "behaviour": _affinity(hit.product, seen),
            }
        )
        for hit in hits
    ]


def _mean(parts: Mapping[str, float | None]) -> float:
    known = {name: min(1.0, max(0.0, value)) for name, value in parts.items() if value is not None}
    return sum(WEIGHTS[name] * value for name, value in known.items()) / sum(WEIGHTS[name] for name in known)


def _wishes_met(product: Product, need: Need) -> float | None:
    wishes = [c for c in need.constraints if c.strength == "prefer" and c.attribute in CHECKABLE]
    return sum(meets(product, wish) is not None for wish in wishes) / len(wishes) if wishes else None


def _price_fit(product: Product, need: Need, seen: Behaviour) -> float | None:
    """1 near the price that was named as a target or browsed, falling to 0 at twice or none of it."""
    if product.amount is None:
        return None
    target = next((float(c.value) for c in need.constraints if _targets_price(c)), None)
    if target is None and (band := seen.prices(leaf(product.product_type))) is not None:
        target = min(max(product.amount, band[0]), band[1])
    return None if not target else 1.0 - min(1.0, abs(product.amount - target) / target)


def _targets_price(constraint: Constraint) -> bool:
    number = not isinstance(constraint.value, str)
    return number and constraint.attribute == "price" and constraint.op in ("about", "is")


def _affinity(product: Product, seen: Behaviour) -> float | None:
    """How much the clicks speak for a product: its kind, its brand, itself."""
    if not seen.views:
        return None
    kind = leaf(product.product_type)
    brands = {view.brand.lower() for view in seen.views if view.brand}
    parts = (bool(seen.of_kind(kind)), any(b.lower() in brands for b in product.brand), _viewed(product, seen))
    return 0.5 * parts[0] + 0.3 * parts[1] + 0.2 * parts[2]


def _viewed(product: Product, seen: Behaviour) -> bool:
    return any(view.id == product.id for view in seen.views)


def _one_of_each(products: Sequence[Product]) -> list[Product]:
    """The products without further variants of one that comes before them."""
    groups: set[str] = set()
    chosen = []
    for product in products:
        group = product.item_group_id or product.id
        if group not in groups:
            groups.add(group)
            chosen.append(product)
    return chosen
