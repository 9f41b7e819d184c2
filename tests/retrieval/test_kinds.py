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


def test_a_word_that_is_known_whole_is_no_typing_error(minilm: Encoder) -> None:
    rows = [("Oak Side Table", "Home > Tables"), ("Hearts Bouquet with Love", "Flowers"),
            ("Little Love", "Cards"), ("Big Love", "Cards")]
    kinds = Kinds(Catalogue([product(title, title, product_type=path) for title, path in rows]), minilm)
    assert kinds.match("tablet")[0].how == "none"
    assert kinds.match("glove")[0].how == "none"
    assert kinds.match("bouqet")[0].how == "similar"


def test_a_category_called_so_by_another_word_goes_before_one_called_so_and_more(minilm: Encoder) -> None:
    rows = [("Nimble Trekking Bicycle", "Sport > Bicycles"), ("Hustle Exercise Bike", "Sport > Exercise Bikes"),
            ("Rally Folding Bike", "Sport > Bicycles")]
    kinds = Kinds(Catalogue([product(title, title, product_type=path) for title, path in rows]), minilm)
    assert np.flatnonzero(kinds.match("bike")[1]).tolist() == [0, 2]
    assert np.flatnonzero(kinds.match("kids bike")[1]).tolist() == [0, 2]
    assert np.flatnonzero(kinds.match("exercise bike")[1]).tolist() == [1]


def test_people_before_or_after_the_noun_are_those_it_is_made_for(minilm: Encoder) -> None:
    rows = [("Rover Boots", ["female"], []), ("Ranger Boots", ["male"], ["adult"]), ("Trail Boots", ["unisex"], []),
            ("Puddle Boots", ["female"], ["kids"]), ("Plain Boots", [], [])]
    products = [product(title, title, product_type="Boots", gender=who, age_group=age) for title, who, age in rows]
    kinds = Kinds(Catalogue(products), minilm)
    for phrase, places in (("women's boots", [0, 2]), ("boots for men", [0, 1, 2, 3, 4]), ("boots men", [1, 2]),
                           ("girls boots", [3]), ("kids' boots", [3])):
        found, mask = kinds.match(phrase)
        assert (found.how, np.flatnonzero(mask).tolist()) == ("exact", places), phrase
    assert kinds.match("baby boots")[0].how == "broader"


def test_a_brand_names_its_products(minilm: Encoder) -> None:
    rows = [("Galaxy S10e", "Samsung", "Phones"), ("Galaxy Tab", "Samsung", "Tablets"), ("Moto One", "Motorola",
            "Phones")]
    products = [product(title, title, brand=[brand], product_type=path) for title, brand, path in rows]
    kinds = Kinds(Catalogue(products), minilm)
    assert np.flatnonzero(kinds.match("samsung")[1]).tolist() == [0, 1]
    assert np.flatnonzero(kinds.match("samsung phone")[1]).tolist() == [0]


def test_a_title_may_name_the_thing_first(minilm: Encoder) -> None:
    rows = [("Barolo Serralunga 2017", "Red"), ("Champagne Brut Réserve", "Sparkling"), ("Trampoline Cover", "Garden"),
            ("Kindle 11 Reader with Light", "Electronics"), ("City Camera Strap", "Electronics")]
    kinds = Kinds(Catalogue([product(title, title, product_type=path) for title, path in rows]), minilm)
    expected = {"barolo": ("exact", [0]), "kindle": ("exact", [3]), "champagne": ("broader", [1]),
                "trampoline": ("broader", [2]), "camera": ("none", [])}
    for phrase, (how, places) in expected.items():
        found, mask = kinds.match(phrase)
        assert (found.how, np.flatnonzero(mask).tolist()) == (how, places), phrase
    assert kinds.match("champagne")[0].labels == ("sparkling",)


def test_a_model_number_after_the_noun_is_not_the_noun(minilm: Encoder) -> None:
    titles = ["Apple iPhone X Smartphone", "Apple iPhone 11", "Apple iPhone", "Case Logic Sleeve X", "Sena Ripple X"]
    kinds = Kinds(Catalogue([product(title, title, brand=[title.split()[0]]) for title in titles]), minilm)
    assert np.flatnonzero(kinds.match("iphone x")[1]).tolist() == [0]
    assert np.flatnonzero(kinds.match("iphone 11")[1]).tolist() == [1]
    found, mask = kinds.match("iphone 8")
    assert (found.how, found.labels, np.flatnonzero(mask).tolist()) == ("broader", ("iphone",), [0, 1, 2])


def test_a_wider_kind_keeps_all_that_the_shop_has_a_name_for(minilm: Encoder) -> None:
    rows = [("Gavi", "Wine > White"), ("Barolo", "Wine > Red"), ("Soave", "Wine > White")]
    products = [product(title, title, product_type=path) for title, path in rows]
    found, mask = Kinds(Catalogue(products), minilm).match("dry white wine")
    assert (found.how, np.flatnonzero(mask).tolist()) == ("broader", [0, 2])


def test_what_is_filed_under_the_first_word_comes_with_the_wider_kind(minilm: Encoder) -> None:
    rows = [("Paper Garland", "Season > Christmas", "A decoration for the tree."), ("Spooky Decoration", "Season", ""),
            ("Advent Candle", "Season > Christmas", "Burns for a month.")]
    products = [product(t, t, product_type=path, description=text) for t, path, text in rows]
    found, mask = Kinds(Catalogue(products), minilm).match("christmas decorations")
    assert (found.how, np.flatnonzero(mask).tolist()) == ("broader", [0, 1])
