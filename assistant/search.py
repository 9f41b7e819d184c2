"""Finding products for a need: every must filters before the cut, and what gives when nothing meets them all.

When nothing of that kind meets every must, the fewest are given up that bring a result. Among sets of the same size
go first, in this order: those about looks and features, then brand, then the limits that a purchase hangs on (price,
size) and what the shopper refused; then the set that leaves more products. Alternatives ("silver or champagne") are
given up together, since either of them would have done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assistant.ordering import Ordering, is_ordering, ordered
from assistant.records import Constraint, Need
from retrieval.conditions import CHECKABLE
from retrieval.index import Hit, Index
from retrieval.product import Product

ALTERNATIVES = frozenset({"brand", "color", "size", "material"})
HOLD_ON_TO = {"price": 3, "size": 3, "product": 3, "condition": 2, "brand": 2, "rating": 1}


@dataclass(frozen=True)
class Found:
    """What a search for a need brought. `hits` meet all `kept` constraints; `total` counts all products that do.

    `relaxed` is non-empty exactly when no available product of the kind meets every must, or when the shop has only a
    wider kind ("camping table" where there are tables): then what was asked for stands in it, and the `need` is for the
    wider kind. `known` is false where the shop has nothing of the kind at all; then there are no hits."""

    need: Need
    hits: tuple[Hit, ...] = ()
    kept: tuple[Constraint, ...] = ()
    relaxed: tuple[Constraint, ...] = ()
    total: int = 0
    known: bool = True
    products: tuple[Product, ...] = ()
    """All products that meet `kept`, in the catalogue's order."""


def find(
    index: Index, need: Need, *, k: int, ordering: Ordering | None = None, exclude: Collection[str] = ()
) -> Found:
    """Up to `k` products for the need; those asked for as an extreme are picked from all that meet the musts."""
    kind = index.kind(need.product)
    if need.product is not None and not kind.found:
        return Found(need=need, known=False)
    wider = Constraint(attribute="product", op="is", value=need.product) if kind.how == "broader" else None
    musts = hard(need)
    products = index.allowed(need.product, musts)
    relaxed: tuple[Constraint, ...] = ()
    if not products:
        of_kind = frozenset(product.id for product in index.allowed(need.product))
        if not of_kind:
            return Found(need=need, known=False)
        meeting = [frozenset(product.id for product in index.allowed(need.product, [must])) for must in musts]
        relaxed = fewest_to_give_up(of_kind, musts, meeting)
        musts = tuple(c for c in musts if c not in relaxed)
        products = index.allowed(need.product, musts)
    hits = index.search(query(need), kind=need.product, conditions=musts, k=k, exclude=exclude)
    if ordering is not None:
        hits = _extremes([p for p in products if p.id not in exclude], hits, ordering, k)
    if wider is not None:
        relaxed = (wider, *relaxed)
        need = need.model_copy(update={"product": kind.labels[0]})
    return Found(
        need=need, hits=tuple(hits), kept=musts, relaxed=relaxed, total=len(products), products=tuple(products)
    )


def is_extreme(product: Product, found: Found, ordering: Ordering) -> bool:
    """Whether no product that meets what is kept goes beyond this one, so that it may be called the extreme."""
    own = ordering.key(product)
    others = (key for other in found.products if (key := ordering.key(other)) is not None)
    return own is not None and own <= min(others, default=own)


def hard(need: Need) -> tuple[Constraint, ...]:
    """The constraints that filter: every must that a product's record can be checked for."""
    musts = (c for c in need.constraints if c.strength == "must" and c.attribute in CHECKABLE)
    return tuple(c for c in musts if not is_ordering(c.value))


def query(need: Need) -> str:
    """The words to search by: the kind of thing and everything wanted of it."""
    wanted = [str(c.value) for c in need.constraints if c.op == "is" and isinstance(c.value, str)]
    return " ".join([need.product or "", *wanted]).strip() or "product"


def fewest_to_give_up(
    of_kind: Collection[str], musts: Sequence[Constraint], meeting: Sequence[Collection[str]]
) -> tuple[Constraint, ...]:
    """The smallest set of musts without which a product of the kind meets the rest; ties as told above.

    `meeting` holds, for each must, the ids of the products that meet it. Exact: what a product fails is what must go
    for it to be shown, so the smallest such set over all products wins.
    """
    fails = Counter(_failed(product_id, musts, meeting) for product_id in of_kind)
    leaves = {failed: sum(n for other, n in fails.items() if other <= failed) for failed in fails}
    best = min(fails, key=lambda failed: (len(failed), _cost(failed, musts), -leaves[failed], sorted(failed)))
    return tuple(musts[i] for i in sorted(best))


def _failed(product_id: str, musts: Sequence[Constraint], meeting: Sequence[Collection[str]]) -> frozenset[int]:
    met = {i for i, ids in enumerate(meeting) if product_id in ids}
    done = {musts[i].attribute for i in met if _alternative(musts[i])}
    return frozenset(
        i for i, must in enumerate(musts) if i not in met and not (_alternative(must) and must.attribute in done)
    )


def _alternative(constraint: Constraint) -> bool:
    return constraint.op == "is" and constraint.attribute in ALTERNATIVES


def _cost(failed: Collection[int], musts: Sequence[Constraint]) -> tuple[int, float]:
    weight: Mapping[str, int] = HOLD_ON_TO
    held = sum(max(weight.get(musts[i].attribute, 0), 2 * (musts[i].op == "is_not")) for i in failed)
    return held, sum(_confidence(musts[i]) for i in failed)


def _confidence(constraint: Constraint) -> float:
    return 1.0 if constraint.confidence is None else constraint.confidence


def _extremes(products: Sequence[Product], hits: Sequence[Hit], ordering: Ordering, k: int) -> list[Hit]:
    """The first `k` products by the ordering, as hits; those that the search did not bring score 0."""
    by_id = {hit.product.id: hit for hit in hits}
    first = ordered(products, ordering)[:k]
    return [by_id.get(p.id) or Hit(product=p, score=0.0, dense=0.0, lexical=0.0) for p in first]
