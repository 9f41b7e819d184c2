"""The benchmarks that GPUs are judged by run at the smallest size, and notice what is wrong."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.generation import Generator
from finetune.lora_recipe import LoraRecipe
from tests.benchmarks import bench_hub_serving, bench_hub_training, bench_vectors
from tests.benchmarks.shapes import SHAPES, random_chat_model

OPTIONS = Namespace(k=5, batch=16, check=20, alone=3)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_chat_model(tmp_path_factory.mktemp("shape"), "tiny")


def test_the_shapes_are_those_of_qwen3() -> None:
    """Parameters in billions, as Qwen's cards give them, the embedding counted once."""
    sizes = {}
    for name, (hidden, layers, heads, groups, head, feed_forward, vocabulary) in SHAPES.items():
        attention = 2 * hidden * head * (heads + groups)
        sizes[name] = (vocabulary * hidden + layers * (attention + 3 * hidden * feed_forward)) / 1e9
    assert sizes["qwen3-0.6b"] == pytest.approx(0.6, abs=0.01)
    assert sizes["qwen3-1.7b"] == pytest.approx(1.72, abs=0.01)
    assert sizes["qwen3-4b"] == pytest.approx(4.02, abs=0.01)


def test_vectors_are_searched_whole_and_filtered() -> None:
    matrix, queries = bench_vectors.unit(400, 16, 1), bench_vectors.unit(30, 16, 2)
    rows = list(bench_vectors.rows(matrix, queries, OPTIONS))
    assert [row["allowed"] for row in rows if row["engine"] == "faiss cpu"] == [400, 200, 40, 5]
    assert all(row["queries_per_s"] > 0 and row.get("same_top_k", 1.0) == 1.0 for row in rows)


def test_a_wrong_place_is_noticed_and_a_tie_is_not() -> None:
    matrix = np.eye(4, dtype=np.float32)
    query = np.array([[1.0, 0.5, 0.5, 0.0]], dtype=np.float32)
    exact = np.array([[0, 1]]), np.array([[1.0, 0.5]], dtype=np.float32)
    assert bench_vectors.agreement(matrix, query, exact, (np.array([[0, 2]]), exact[1])) == 1.0
    assert bench_vectors.agreement(matrix, query, exact, (np.array([[0, 3]]), exact[1])) == 0.0


def test_both_trainers_take_the_same_first_step(model: Path, tmp_path: Path) -> None:
    recipe = LoraRecipe(model=str(model), output=str(tmp_path), rank=2, batch_size=2, accumulate=1, epochs=1,
                        max_length=4096, gradient_checkpointing=False)  # fmt: skip
    options = Namespace(steps=3, batch=2)
    sides = bench_hub_training.ours, bench_hub_training.stock
    ours, stock = (bench_hub_training.measure(side, recipe, options) for side in sides)
    assert ours["first_loss"] == pytest.approx(stock["first_loss"], rel=1e-2)
    assert ours["steps"] == stock["steps"] == 3
    assert ours["tokens_a_step"] == stock["tokens_a_step"]


def test_turns_of_several_shoppers_make_all_their_tokens(model: Path, tmp_path: Path) -> None:
    adapters = {role: bench_hub_serving.random_adapter(model, tmp_path / role, 2) for role in ("reader", "writer")}
    generator = Generator.load(model, adapters, device="cpu")
    row = bench_hub_serving.measure(generator, 2, 1)
    assert row["turns"] == 2 and 0 < row["reading_s"] < row["first_words_s"] <= row["turn_s"]
    assert row["turns_per_s_limit"] > row["turns_per_s"]
    made = generator.generate(bench_hub_serving.reply(0), adapter="writer", max_new_tokens=4)
    assert len(made.tokens) <= 4 and torch.isfinite(torch.tensor([t.logprob for t in made.tokens])).all()
