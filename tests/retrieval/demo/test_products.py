from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import pytest

from retrieval.demo.products import slug
from retrieval.demo.tables import departments
from retrieval.product import Product

SHARED = ("brand", "material", "gender", "age_group", "product_type", "product_detail", "product_highlight",
          "description", "rating", "review_count", "reviews")


def test_counts(catalogue: list[Product]) -> None:
    assert 3000 <= len(catalogue) <= 4500
    assert len({p.product_type.split(" > ")[0] for p in catalogue}) >= 12


def test_every_record_is_a_product_and_keeps_all_it_had(
    catalogue: list[Product], records: list[dict[str, Any]]
) -> None:
    assert len(records) == len(catalogue)
    for record, product in zip(records, catalogue, strict=True):
        pairs = [[d["attribute_name"], d["attribute_value"]] for d in record.pop("product_detail")]
        assert Product.model_validate({**record, "product_detail": pairs}) == product


def test_ids_and_titles_are_unique(catalogue: list[Product]) -> None:
    assert len({p.id for p in catalogue}) == len(catalogue)
    assert [t for t, n in Counter(p.title for p in catalogue).items() if n > 1] == []


def test_variants_of_a_group_share_all_but_colour_size_price_and_stock(catalogue: list[Product]) -> None:
    groups: dict[str | None, list[Product]] = defaultdict(list)
    for product in catalogue:
        groups[product.item_group_id].append(product)
    assert None not in groups
    for group in groups.values():
        for field in SHARED:
            assert len({repr(getattr(p, field)) for p in group}) == 1, (group[0].id, field)
        if len(group) > 1:
            assert len({(p.color, p.size) for p in group} | {p.title for p in group}) >= len(group)


def test_prices_stay_in_the_range_of_their_kind(catalogue: list[Product]) -> None:
    kinds = {slug(noun): kind for table in departments() for noun, kind in table.kinds.items()}
    for product in catalogue:
        kind = kinds[re.sub(r"-\d+$", "", product.item_group_id or "")]
        factors = list(kind.sizes.values()) or [1.0]
        assert product.price is not None
        assert kind.price[0] * min(factors) * 0.8 - 1 <= product.price <= kind.price[1] * max(factors) * 1.2 + 1
        assert product.sale_price is None or 0 < product.sale_price < product.price


def test_stock_and_sales_vary(catalogue: list[Product]) -> None:
    stock = Counter(p.availability for p in catalogue)
    assert set(stock) == {"in_stock", "out_of_stock", "preorder", "backorder"}
    assert stock["in_stock"] > 0.8 * len(catalogue)
    assert 0.05 < sum(p.sale_price is not None for p in catalogue) / len(catalogue) < 0.3


def test_every_product_is_described(catalogue: list[Product]) -> None:
    for product in catalogue:
        assert len(product.product_detail) >= 5
        assert 3 <= len(product.product_highlight) <= 5
        assert len(product.description) > 60
        assert product.rating is not None and product.review_count is not None
        assert product.review_count >= len(product.reviews)
        assert "{" not in product.title + product.description + " ".join(product.product_highlight)


def test_no_yes_or_no_is_the_same_for_a_whole_kind(catalogue: list[Product]) -> None:
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    for product in catalogue:
        kind = re.sub(r"-\d+$", "", product.item_group_id or "")
        for name, value in product.product_detail:
            if value in ("yes", "no"):
                values[kind, name].add(value)
    assert [key for key, seen in values.items() if len(seen) < 2] == []


@pytest.mark.parametrize("kind", ["kettle", "hiking-boots", "headphones", "laptop", "tent", "sofa", "dog-bed"])
def test_two_models_of_a_kind_differ_by_more_than_colour(catalogue: list[Product], kind: str) -> None:
    details = {p.item_group_id: dict(p.product_detail) for p in catalogue if re.fullmatch(rf"{kind}-\d+.*", p.id)}
    models = list(details.values())
    for i, one in enumerate(models):
        for other in models[i + 1 :]:
            assert sum(one.get(name) != other.get(name) for name in one) >= 3


def test_the_words_agree_with_the_details(catalogue: list[Product]) -> None:
    for product in catalogue:
        details = dict(product.product_detail)
        if re.search(r"\bWaterproof\b", product.title):
            assert details["Waterproof"] == "yes"
        if details.get("Waterproof") == "no":
            assert not any("waterproof" in h.lower() for h in product.product_highlight
                           if "liner" not in h.lower()), product.id
        if details.get("Vegan") == "yes":
            assert not any(m.endswith("leather") and "synthetic" not in m for m in product.material)


def test_waterproof_boots_under_120_come_in_several_colours(catalogue: list[Product]) -> None:
    found = [p for p in catalogue if p.product_type.endswith("Hiking boots") and p.available
             and ("Waterproof", "yes") in p.product_detail and (p.amount or 0) < 120]
    assert len({p.color for p in found if p.color != ("black",)}) >= 4


def test_tents_sleep_from_one_to_six(catalogue: list[Product]) -> None:
    tents = {p.item_group_id: p.size for p in catalogue if p.product_type.endswith("Tents")}
    assert len(tents) >= 12
    assert {size[0].split()[0] for size in tents.values()} == set("123456")


def test_better_models_cost_more(catalogue: list[Product]) -> None:
    laptops = {p.item_group_id: p for p in catalogue if p.product_type.endswith("Laptops")}.values()

    def memory(p: Product) -> int:
        return int(dict(p.product_detail)["Memory"].split()[0])

    small = [p.price or 0 for p in laptops if memory(p) <= 8]
    large = [p.price or 0 for p in laptops if memory(p) >= 16]
    assert sum(small) / len(small) < sum(large) / len(large)
