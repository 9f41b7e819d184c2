"""Filter, search and paging on a small index, and search on a real catalogue against brute force."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.catalogue import Catalogue
from retrieval.conditions import Condition, meets_all
from retrieval.encoder import Encoder
from retrieval.index import Index, build_index
from retrieval.kinds import Kinds
from retrieval.lexical import Lexical
from retrieval.product import Product
from retrieval.vectors import Vectors
from tests.retrieval.conftest import product


@pytest.fixture(scope="module")
def index(shop: list[Product], minilm: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("index")
    build_index(shop, folder, minilm)
    return Index.open(folder, minilm)


MUSTS = [
    Condition(attribute="price", op="at_most", value=120.0),
    Condition(attribute="feature", op="is", value="waterproof"),
    Condition(attribute="color", op="is_not", value="black"),
]


def test_hard_conditions_filter_before_the_cut(index: Index) -> None:
    assert [p.id for p in index.allowed("hiking boots", MUSTS)] == ["b1"]
    hits = index.search("waterproof hiking boots", kind="hiking boots", conditions=MUSTS, k=1)
    assert [hit.product.id for hit in hits] == ["b1"]
    assert index.search("boots", kind="hiking boots", conditions=MUSTS, exclude=["b1"]) == []


def test_only_what_can_be_bought_is_found(index: Index) -> None:
    assert {p.id for p in index.allowed("kettle")} == {"k1", "k2"}
    assert "k3" in {p.id for p in index.catalogue}
    assert all(hit.product.available for hit in index.search("glass kettle", k=100))


def test_search_ranks_by_meaning_and_words(index: Index) -> None:
    assert index.search("something to boil water in")[0].product.product_type == "Kitchen > Kettles"
    best = index.search("Karo Family Kettle")[0]
    assert (best.product.id, best.lexical) == ("k2", 1.0)
    assert 0 < best.score <= 1


def test_edges(index: Index) -> None:
    assert index.search("boots", k=0) == []
    assert index.search("boots", kind="kayak") == []
    assert len(index.search("boots", k=1000)) == 17
    assert index.search("", k=1)[0].product.id == "s1"
    assert index.search("!!! \u6f22", exclude=["nothing"], k=3)
    assert not index.kind("kayak").found


def test_browse_and_categories(index: Index, shop: list[Product]) -> None:
    page = index.browse("Shoes", page=2, size=4)
    assert (len(page.products), page.total) == (2, 6)
    assert index.browse().total == len(shop)
    assert index.browse("Nothing").products == ()
    assert index.categories["Shoes"] == 6
    assert index.categories["Shoes > Sneakers"] == 2
    with pytest.raises(ValueError, match="count from 1"):
        index.browse(page=0)


def test_allowed_is_brute_force(index: Index, shop: list[Product]) -> None:
    for attribute, value in [("price", 90.0), ("color", "black"), ("feature", "waterproof"), ("material", "leather")]:
        for op in ("is", "is_not", "at_most"):
            conditions = [Condition.model_validate({"attribute": attribute, "op": op, "value": value})]
            expected = [p.id for p in shop if p.available and meets_all(p, conditions)]
            assert [p.id for p in index.allowed(None, conditions)] == expected


def test_filtered_vectors_are_exact() -> None:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(500, 24)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    vectors = Vectors(matrix)
    for size in (1, 7, 250, 500):
        allowed = np.sort(random.choice(500, size, replace=False)).astype(np.int64)
        places, scores = vectors.top(matrix[3], 10, allowed)
        exact = allowed[np.argsort(-(matrix[allowed] @ matrix[3]), kind="stable")[:10]]
        assert places.tolist() == exact.tolist()
        assert np.allclose(scores, matrix[places] @ matrix[3], atol=1e-5)
    assert vectors.top(matrix[0], 5, np.empty(0, dtype=np.int64))[0].tolist() == []


def test_lexical_round_trip(tmp_path: Path, shop: list[Product]) -> None:
    built = Lexical.build(shop)
    built.save(tmp_path)
    read = Lexical.load(tmp_path, len(shop))
    assert np.array_equal(built.scores("kettle with capacity"), read.scores("kettle with capacity"))
    assert read.scores("unheardof").max() == 0
    assert Lexical.build([product("1", "the"), product("2", "...")]).scores("the").tolist() == [0, 0]


def test_prices_in_another_currency(shop: list[Product], tiny: Encoder) -> None:
    catalogue = Catalogue(shop)
    vectors = tiny.encode([p.title for p in shop])
    index = Index(catalogue, vectors, Lexical.build(shop), Kinds(catalogue, tiny), tiny, {"EUR": 2.0, "USD": 1.0})
    limit = Condition(attribute="price", op="at_most", value=20.0, unit="EUR")
    assert {p.id for p in index.allowed(None, [limit])} == {"k2", "f1"}


@pytest.mark.parametrize("count", [3, 40])
def test_many_queries_find_what_each_alone_finds(count: int) -> None:
    random = np.random.default_rng(1)
    matrix = random.normal(size=(300, 16)).astype(np.float32)
    queries = random.normal(size=(count, 16)).astype(np.float32)
    vectors = Vectors(matrix)
    for size in (5, 120, 300):
        allowed = np.sort(random.choice(300, size, replace=False)).astype(np.int64)
        places, scores = vectors.top_of_each(queries, 7, allowed)
        assert places.shape == scores.shape == (count, min(7, size))
        for query, row in zip(queries, places, strict=True):
            assert row.tolist() == vectors.top(query, 7, allowed)[0].tolist()
