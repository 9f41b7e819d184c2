"""What phrases name in catalogues: our small shop, and real ones."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.catalogue import Catalogue
from retrieval.encoder import Encoder
from retrieval.feeds import read_products
from retrieval.kinds import Kinds, asked
from retrieval.product import Product
from tests.retrieval.conftest import product, shared


@pytest.fixture(scope="module")
def kinds(shop: list[Product], minilm: Encoder) -> Kinds:
    return Kinds(Catalogue(shop), minilm)


@pytest.mark.parametrize(("phrase", "words"), [
    ("hiking boots", ("hiking", "boot")), ("a pair of boots for my nan", ("boot",)), ("gps thingies", ("gps",)),
    ("something warm", ()), ("birthday present for dad", ()), ("", ()), ("jumper", ("jumper",)),
])
def test_the_words_that_name_a_kind(phrase: str, words: tuple[str, ...]) -> None:
    assert asked(phrase).words == words


@pytest.mark.parametrize(("phrase", "how", "ids"), [
    ("hiking boots", "exact", {"b1", "b2", "b3", "b4"}), ("boots", "exact", {"b1", "b2", "b3", "b4"}),
    ("shoes", "exact", {"b1", "b2", "b3", "b4", "s1", "s2"}), ("trainers", "exact", {"s1", "s2"}),
    ("running trainers", "exact", {"s1"}), ("kettle", "exact", {"k1", "k2", "k3"}),
    ("coffee table", "exact", {"t1"}),
    ("lamp", "exact", {"l1"}), ("table lamp", "exact", {"l1"}), ("rucksack", "exact", {"p1", "p2"}),
    ("gps thingies", "exact", {"g1"}), ("jumper for my nan", "exact", {"w1"}), ("hoover", "exact", {"v1"}),
    ("ketle", "similar", {"k1", "k2", "k3"}), ("pool table", "broader", {"t1", "t2"}), ("kayak", "none", set()),
    ("laptop", "none", set()), ("sleeping bag", "none", set()), ("backpacks", "exact", {"p1", "p2"}),
])
def test_small_shop(kinds: Kinds, shop: list[Product], phrase: str, how: str, ids: set[str]) -> None:
    found, mask = kinds.match(phrase)
    assert {shop[i].id for i in np.flatnonzero(mask)} == ids
    assert (found.how, found.found, found.count) == (how, how != "none", len(ids))


def test_no_kind_means_everything(kinds: Kinds) -> None:
    for phrase in (None, "", "something warm", "a gift"):
        assert kinds.match(phrase)[0].how == "any"
        assert kinds.match(phrase)[1].all()


def test_what_prose_mentions_does_not_make_the_kind(minilm: Encoder) -> None:
    bed = product("d", "Rex Dog Bed").model_copy(update={"description": "Soft enough to keep him off the sofa."})
    sofa = product("s", "Fjord Convertible Sofa")
    kinds = Kinds(Catalogue([bed, sofa]), minilm)
    assert np.flatnonzero(kinds.match("sofa bed")[1]).tolist() == [1]
    stated = bed.model_copy(update={"id": "o", "product_detail": (("Kind", "orthopaedic"),)})
    assert np.flatnonzero(Kinds(Catalogue([bed, stated]), minilm).match("orthopaedic bed")[1]).tolist() == [1]


def test_titles_alone_name_kinds(minilm: Encoder) -> None:
    titles = ["HP Pavilion Notebook Silver 43.2 cm", "Targus notebook case Black", "Case Logic notebook case 15",
              "Trust notebook case", "Sony WH-1000 headphones", "Acme head set black"]
    kinds = Kinds(Catalogue([product(str(i), title) for i, title in enumerate(titles)]), minilm)
    assert np.flatnonzero(kinds.match("laptop")[1]).tolist() == [0]
    assert np.flatnonzero(kinds.match("headset")[1]).tolist() == [4, 5]


def test_a_shared_category_names_what_its_titles_do_not(minilm: Encoder) -> None:
    shared_name = "Electronics > Computers & Phones"
    rows = [("Neo Smartphone", shared_name), ("Delta Printer", shared_name), ("Row Cot", "Baby & Nursery")]
    kinds = Kinds(Catalogue([product(title, title, product_type=path) for title, path in rows]), minilm)
    assert np.flatnonzero(kinds.match("phone")[1]).tolist() == [0]
    assert np.flatnonzero(kinds.match("nursery")[1]).tolist() == [2]


def test_accessories_of_a_wide_category_are_not_of_its_kind(minilm: Encoder) -> None:
    rows = [("Neo Phone Case", "Phones > Cases"), ("Acme One", "Phones"), ("Neo 5G", "Phones > Smartphones")]
    kinds = Kinds(Catalogue([product(title, title, product_type=path) for title, path in rows]), minilm)
    assert np.flatnonzero(kinds.match("phone")[1]).tolist() == [1, 2]
    assert np.flatnonzero(kinds.match("phone case")[1]).tolist() == [0]


def test_retail_demo_store(minilm: Encoder) -> None:
    products, _ = read_products([shared("retail-demo-store/products.yaml")])
    kinds = Kinds(Catalogue(products), minilm)
    expected = {"backpack": 40, "sofa": 45, "couch": 45, "guitar": 30, "necklace": 30, "socks": 30, "trainers": 45}
    for phrase, least in expected.items():
        found, _ = kinds.match(phrase)
        assert found.how == "exact"
        assert found.count >= least, phrase
    for phrase in ("washing machine", "shampoo", "lawn mower", "sleeping bag"):
        assert not kinds.match(phrase)[0].found, phrase
