"""1,000 generated needs a catalogue, checked by brute force: no pick breaks a must, `relaxed` is non-empty exactly when
nothing meets all and is as small as can be, and the cheapest is the cheapest."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.behaviour import Behaviour, leaf
from assistant.ordering import ORDERINGS
from assistant.rank import rank
from assistant.records import Constraint, Need
from assistant.search import Found, find, hard
from retrieval.conditions import meets
from retrieval.demo.generate import write_demo
from retrieval.feeds import read_products
from retrieval.index import Index, build_index
from retrieval.product import Product

NEEDS = 1000
SOURCES = 12
RETAIL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "retail-demo-store" / "products.yaml"
CHEAPEST = ORDERINGS["cheapest"][0]


class HashEncoder:
    """Vectors from hashed words: stands in for the slow encoder, since filters must hold whatever it says."""

    dim = 32
    name = "hash"
    fingerprint = "hash-32"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.full((len(texts), self.dim), 1e-3, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().split():
                row[zlib.crc32(word.encode()) % self.dim] += 1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def pieces(self, text: str) -> int:
        return len(text.split())


ENCODER = HashEncoder()


@pytest.fixture(scope="module", params=["demo", "retail-demo-store"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    directory = tmp_path_factory.mktemp(request.param)
    if request.param == "demo":
        write_demo(directory / "shop")
        products, _ = read_products([directory / "shop" / "products.jsonl"])
    elif RETAIL.exists():
        mapping = {"title": "name", "product_type": "category"}
        products, _ = read_products([RETAIL], mapping=mapping)
    else:
        pytest.skip(f"needs {RETAIL}")
    build_index(list(products), directory / "index", ENCODER)  # type: ignore[arg-type]
    return Bench(Index.open(directory / "index", ENCODER))  # type: ignore[arg-type]


class Bench:
    """A catalogue, 1,000 needs made from a pool of constraints, and what meets each of them, found one by one."""

    def __init__(self, index: Index, seed: int = 1) -> None:
        self.index = index
        rng = random.Random(seed)
        self._sources = [(p, _constraints(rng, p)) for p in rng.sample(list(index.catalogue), SOURCES)]
        self.needs = [self._need(rng) for _ in range(NEEDS)]
        self._meeting: dict[Constraint, frozenset[str]] = {}
        self._kinds: dict[str | None, list[Product]] = {}

    def of_kind(self, need: Need) -> list[Product]:
        """Available products of the need's kind."""
        if need.product not in self._kinds:
            self._kinds[need.product] = [p for p in self.index.allowed(need.product) if p.available]
        return self._kinds[need.product]

    def fits(self, product: Product, musts: Sequence[Constraint]) -> bool:
        """Whether the product meets each must, alternatives by one of them."""
        return all(any(product.id in self._ids(c) for c in group) for group in _groups(musts))

    def meeting(self, need: Need) -> list[Product]:
        """Available products of the kind that meet every must."""
        return [product for product in self.of_kind(need) if self.fits(product, hard(need))]

    def _ids(self, constraint: Constraint) -> frozenset[str]:
        if constraint not in self._meeting:
            found = (product.id for product in self.index.catalogue if meets(product, constraint) is not None)
            self._meeting[constraint] = frozenset(found)
        return self._meeting[constraint]

    def _need(self, rng: random.Random) -> Need:
        (one, own), (_, foreign) = rng.sample(self._sources, 2)
        product = rng.choice([leaf(one.product_type).lower() or None, one.title.split()[-1].lower(), None])
        pool = [*own, *own, *foreign]
        constraints = dict.fromkeys(rng.sample(pool, min(len(pool), rng.randint(1, 5))))
        return Need(product=product, active=True, constraints=tuple(constraints))


def _groups(musts: Sequence[Constraint]) -> list[list[Constraint]]:
    either = {c.attribute for c in musts if c.op == "is" and c.attribute in ("brand", "color", "size", "material")}
    groups = [[c for c in musts if c.attribute == attribute and c.op == "is"] for attribute in either]
    return groups + [[c] for c in musts if c.op != "is" or c.attribute not in either]


def _constraints(rng: random.Random, product: Product) -> list[Constraint]:
    found = []
    for attribute in ("brand", "color", "material", "size"):
        if values := getattr(product, attribute):
            found.append(_must(attribute, rng.choice(["is", "is", "is_not"]), rng.choice(values).lower()))
    if product.amount is not None:
        op = rng.choice(["at_most", "at_most", "at_least", "about"])
        found.append(_must("price", op, round(product.amount * rng.uniform(0.6, 1.6), 2)))
    if product.rating is not None:
        found.append(_must("rating", "at_least", round(product.rating * rng.uniform(0.8, 1.1), 1)))
    if product.product_highlight:
        found.append(_must("feature", rng.choice(["is", "is_not"]), rng.choice(product.product_highlight).lower()))
    if product.product_detail:
        found.append(_must("feature", "is", rng.choice(product.product_detail)[1].lower()))
    wish = Constraint(attribute="color", op="is", value="red", strength="prefer")
    return [*found, wish, _must("use", "is", "every day")]


def _must(attribute: str, op: str, value: str | float) -> Constraint:
    return Constraint.model_validate({"attribute": attribute, "op": op, "value": value})


def _picked(index: Index, found: Found, **more: object) -> list[Product]:
    picks = rank(found, 0, Behaviour(), ENCODER.encode, limit=3, currency="USD", **more)  # type: ignore[arg-type]
    return [index.catalogue[pick.id] for pick in picks]


def _obviously_breaks(product: Product, constraint: Constraint) -> bool:
    """Checks written without the code under test, for what can be checked in a line."""
    if constraint.attribute == "price" and product.amount is not None:
        limit = float(constraint.value)
        return {"at_most": product.amount > limit, "at_least": product.amount < limit}.get(constraint.op, False)
    if constraint.attribute in ("color", "brand") and constraint.op == "is_not":
        return str(constraint.value) in [value.lower() for value in getattr(product, constraint.attribute)]
    return constraint.attribute == "rating" and (product.rating or 0.0) < float(constraint.value)


def test_no_pick_breaks_a_must_and_relaxed_is_exact(bench: Bench) -> None:
    relaxed = met = 0
    for need in bench.needs:
        of_kind, meeting = bench.of_kind(need), bench.meeting(need)
        found = find(bench.index, need, k=40)
        picks = _picked(bench.index, found)
        assert bool(found.relaxed) == bool(of_kind and not meeting), need
        assert bool(picks) == bool(of_kind), need
        kept = [c for c in hard(need) if c not in found.relaxed]
        for product in picks:
            assert product.available and bench.fits(product, kept), (need, product)
            assert not any(_obviously_breaks(product, c) for c in kept if _alone(c, kept)), (need, product)
        relaxed, met = relaxed + bool(found.relaxed), met + bool(meeting)
    assert relaxed > NEEDS / 20 and met > NEEDS / 20


def _alone(constraint: Constraint, others: Sequence[Constraint]) -> bool:
    return constraint.op != "is" or sum(c.attribute == constraint.attribute for c in others) == 1


def test_relaxed_is_the_fewest(bench: Bench) -> None:
    checked = 0
    for need in bench.needs:
        of_kind = bench.of_kind(need)
        if not of_kind or bench.meeting(need):
            continue
        checked += 1
        musts = hard(need)
        given_up = find(bench.index, need, k=1).relaxed
        for size in range(len(given_up)):
            for dropped in combinations(range(len(musts)), size):
                kept = [c for i, c in enumerate(musts) if i not in dropped]
                assert not any(bench.fits(product, kept) for product in of_kind), (need, given_up, dropped)
    assert checked >= NEEDS / 20


def test_cheapest_is_the_cheapest(bench: Bench) -> None:
    checked = 0
    for need in bench.needs:
        prices = [product.amount for product in bench.meeting(need) if product.amount is not None]
        if prices:
            checked += 1
            found = find(bench.index, need, k=40, ordering=CHEAPEST)
            assert _picked(bench.index, found, ordering=CHEAPEST)[0].amount == min(prices), need
    assert checked > NEEDS / 20
