"""The encoder's adapter: which pairs are made of what, that it learns, and that what it leaves is served."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from finetune import lora_progress
from finetune.encoder_pairs import NeedPair, facts_of, held_out, kind_of, made_up, read_source
from finetune.ranking import gain_interval, ndcg
from finetune.train_encoder import Recipe, plan_batches, train_encoder
from retrieval.encoder import Encoder
from retrieval.errors import EncoderError, IndexStoreError
from retrieval.index import Index, build_index
from retrieval.product import Product
from tests.retrieval.conftest import make_model as make_model
from tests.retrieval.conftest import product

ROOT = Path(__file__).resolve().parents[2]
KETTLE = product("k", "Karo Kettle", brand=["Karo"], color=["Steel"], product_type="Kitchen > Kettles",
                 product_highlight=["Boils quietly"], product_detail=[("Power", "2200 W"), ("Lid", "yes")])  # fmt: skip


def silent(_: str) -> None:
    """Reports nothing."""


def goals(folder: Path, count: int = 120) -> str:
    things, colours = ("kettle", "tent", "boots", "lamp", "sofa"), ("red", "green", "blue", "white")
    read = {f"i am looking for a {c} {t} no {i}": [f"{c} {t} {i}"]
            for i in range(count // 20) for t in things for c in colours}  # fmt: skip
    path = folder / "goals.json.gz"
    path.write_bytes(gzip.compress(json.dumps(read).encode()))
    return f"webshop:{path}"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory, make_model: Callable[[int], Path]) -> Recipe:
    folder = tmp_path_factory.mktemp("encoder adapter")
    return Recipe(
        model=str(make_model(0)), sources=[goals(folder)], rank=4, batch=16, epochs=4, learning_rate=1e-2,
        checkpoint_every=3, longest=24, device="cpu", output=str(folder / "out"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(recipe: Recipe) -> dict[str, object]:
    return train_encoder(recipe, silent)


def test_needs_are_made_of_what_the_record_states() -> None:
    assert kind_of(KETTLE) == "kettles"
    assert facts_of(KETTLE) == {"karo", "steel", "boils quietly", "2200 w"}
    rng = random.Random(0)
    for _ in range(20):
        query, wanted = made_up(KETTLE, rng)
        assert 1 <= len(wanted) <= 3 and wanted <= facts_of(KETTLE)
        assert all(fact in query for fact in wanted)
    assert {made_up(KETTLE, rng)[0].split(" ")[0] for _ in range(30)} >= {"kettles", "tea"}


def catalogue(folder: Path) -> Path:
    rows = [
        {"id": f"p{i}", "title": f"Thing {i}", "product_type": f"Home > {('Lamps', 'Chairs')[i % 2]}",
         "color": [("red", "blue", "green")[i % 3]], "item_group_id": f"g{i // 2}"} for i in range(60)
    ]  # fmt: skip
    path = folder / "products.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_catalogue_is_split_by_product_with_its_variants(tmp_path: Path) -> None:
    source = read_source(f"catalogue:{catalogue(tmp_path)}", needs=3)
    products = [Product(id=f"p{i}", title=f"Thing {i}") for i in range(60)]
    judged = [p for i, p in enumerate(products) if held_out(f"g{i // 2}")]
    assert 0 < len(judged) < 30 and len(source.held_out.queries) == len(judged)
    assert len(source.train) == 3 * (60 - len(judged))
    assert not any(pair.document.startswith(f"{p.title}.") for pair in source.train for p in judged)
    assert len(source.held_out.documents) == 60


def test_every_product_that_has_it_all_is_right(tmp_path: Path) -> None:
    search = read_source(f"catalogue:{catalogue(tmp_path)}").held_out
    for query, right in search.queries:
        found = [search.documents[i].lower() for i in right]
        colours = [colour for colour in ("red", "blue", "green") if query.endswith(colour)]
        assert found and all(colour in text for colour in colours for text in found)
        assert len(right) == 10


def test_sources_of_people_are_split_by_dialogue_and_leave_out_what_was_disliked(tmp_path: Path) -> None:
    rows = [
        {"conv_id": i, "conversation": [
            {"role": "user", "content": "hi", "keywords": ["tent", f"{i} persons"]},
            {"role": "system", "content": "", "recommended_products": [
                {"product_title": f"Good {i}"}, {"product_title": f"Bad {i}"}]},
            {"role": "user", "content": "", "user_rating": [{"product_rate": f"Bad {i} (disliked)"}]}]}
        for i in range(40)
    ]  # fmt: skip
    path = tmp_path / "c.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    source = read_source(f"pscon:{path}")
    assert all(pair.document == pair.query.replace("tent ", "Good ").removesuffix(" persons") for pair in source.train)
    assert {pair.query for pair in source.train}.isdisjoint(query for query, _ in source.held_out.queries)
    assert len(source.train) + len(source.held_out.queries) == 40


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(ValueError, match=r"KIND:PATH with a kind of demo, catalogue.*found 'amazon:x'"):
        read_source("amazon:x")


def test_no_text_is_wrong_for_itself() -> None:
    pairs = [NeedPair(f"q{i % 7}", f"d{i % 5}") for i in range(70)]
    planned = list(plan_batches(pairs, 4, 2, seed=1))
    for batch in planned:
        assert 2 <= len(batch) <= 4
        assert len({pairs[i].query for i in batch}) == len({pairs[i].document for i in batch}) == len(batch)
    assert planned == list(plan_batches(pairs, 4, 2, seed=1)) != list(plan_batches(pairs, 4, 2, seed=2))
    assert len({i for batch in planned for i in batch}) > 60


def test_ndcg() -> None:
    gains = np.array([0.0, 1.0, 0.0])
    assert ndcg(gains, np.array([0.1, 0.9, 0.2])) == 1.0
    assert ndcg(gains, np.array([0.9, 0.5, 0.2])) == pytest.approx(1 / np.log2(3))
    mean, low, high = gain_interval({"a": [0.0] * 50}, {"a": [0.1] * 50}, "a")
    assert (round(mean, 6), round(low, 6), round(high, 6)) == (0.1, 0.1, 0.1)


def test_it_learns_and_is_served(recipe: Recipe, trained: dict[str, object]) -> None:
    (figures,) = trained["ndcg@10"].values()  # type: ignore[attr-defined]
    assert figures["after"] > figures["before"] + 0.05
    output = Path(recipe.output)
    served = Encoder.load(recipe.model, output)
    assert served.fingerprint != Encoder.load(recipe.model).fingerprint
    assert "| webshop goals.json.gz |" in (output / "README.md").read_text()
    assert json.loads((output / "metrics.json").read_text())["recipe"]["rank"] == 4
    assert not (output / lora_progress.FILE).exists()


def test_an_index_of_the_encoder_without_it_is_refused(
    recipe: Recipe, trained: dict[str, object], tmp_path: Path
) -> None:
    build_index([KETTLE], tmp_path, Encoder.load(recipe.model))
    with pytest.raises(IndexStoreError, match=r"was made with the encoder .* index the catalogue again"):
        Index.open(tmp_path, Encoder.load(recipe.model, recipe.output))


def test_on_another_base_of_the_same_shape_it_is_refused(
    recipe: Recipe, trained: dict[str, object], make_model: Callable[[int], Path]
) -> None:
    with pytest.raises(EncoderError, match=r"was trained on other weights .* Use the model it was trained on"):
        Encoder.load(str(make_model(1)), recipe.output)


def test_an_interrupted_run_ends_with_the_same_weights(
    recipe: Recipe, trained: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = lora_progress.save

    def stop(*arguments: object) -> None:
        saved(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    again = replace(recipe, output=str(tmp_path))
    monkeypatch.setattr(lora_progress, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        train_encoder(again, silent)
    monkeypatch.undo()
    assert train_encoder(again, silent)["loss"] == trained["loss"]
    first, second = (load_file(Path(folder) / "adapter_model.safetensors") for folder in (recipe.output, tmp_path))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_cached_gradients_are_the_same(recipe: Recipe, tmp_path: Path) -> None:
    losses = [
        train_encoder(replace(recipe, max_steps=3, output=str(tmp_path / str(size)), mini_batch=size), silent)["loss"]
        for size in (None, 5)
    ]
    assert losses[1] == pytest.approx(losses[0], abs=1e-3)


def test_what_makes_no_sense_is_told(recipe: Recipe) -> None:
    with pytest.raises(ValueError, match="`batch` must be 2 or more"):
        replace(recipe, batch=1)
    with pytest.raises(ValueError, match="Nothing to train on in no source"):
        train_encoder(replace(recipe, sources=[]), silent)
