"""Differentially private training: what is clipped, how much noise is added, and what is promised for it."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest
import torch

from assistant.errors import ModelError
from finetune import privacy
from finetune.chat_pairs import Example
from finetune.lora import train_lora
from tests.finetune.lora_parts import TASK, recipe, silent
from tests.tiny import tiny_chat_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat_model(tmp_path_factory.mktemp("qwen3"))


def budget(**changes: float) -> privacy.Budget:
    settings = {"epsilon": 8.0, "delta": 1e-5, "clip": 1.0, "customers": 1000, "per_step": 50, "epochs": 3}
    return privacy.plan(**(settings | changes), most=None)  # type: ignore[arg-type]


def test_the_noise_keeps_within_the_promise_and_is_not_more_than_needed() -> None:
    planned = budget()
    assert (planned.rate, planned.steps) == (0.05, 60)
    assert 7.9 < planned.spent(planned.steps) <= 8.0
    assert planned.spent(0) == 0.0 < planned.spent(10) < planned.spent(60)
    assert budget(epsilon=1.0).noise > 2 * planned.noise


def test_the_promise_agrees_with_published_figures() -> None:
    """Abadi et al. 2016: sampling rate 0.01, noise 4, 10,000 steps give epsilon 1.26 at delta 1e-5."""
    published = privacy.Budget(0.0, 1e-5, 1.0, 10_000, 0.01, 10_000, 4.0)
    assert published.spent(10_000) == pytest.approx(1.26, abs=0.3)
    assert published.spent(10_000) <= 1.26


def test_so_few_customers_that_one_stands_out_are_refused() -> None:
    with pytest.raises(ValueError, match=r"less than one in the number of customers \(1000\)"):
        budget(delta=1e-3)


def test_without_opacus_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opacus", None)
    with pytest.raises(ModelError, match="pip install"):
        budget()


def test_no_customer_counts_for_more_than_the_clip() -> None:
    shapes = [torch.zeros(2, 3), torch.zeros(4)]
    small = [torch.full((2, 3), 0.1), torch.zeros(4)]
    large = [torch.full((2, 3), 1e6), torch.full((4,), -1e6)]
    (a, b) = privacy.clipped_sum([small, large], shapes, clip=1.0)
    only = torch.cat([(a - small[0]).flatten(), b])
    assert torch.linalg.vector_norm(only) == pytest.approx(1.0, rel=1e-4)
    (c, d) = privacy.clipped_sum([small], shapes, clip=1.0)
    assert c.equal(small[0])
    assert not d.any()


def test_noise_has_the_deviation_that_was_planned_and_is_new_in_each_step() -> None:
    planned = budget(clip=0.5)
    (first,) = privacy.noise(planned, [torch.zeros(40_000)], secret=1, step=0)
    (again,) = privacy.noise(planned, [torch.zeros(40_000)], secret=1, step=0)
    (second,) = privacy.noise(planned, [torch.zeros(40_000)], secret=1, step=1)
    assert float(first.std()) == pytest.approx(planned.noise * 0.5, rel=0.02)
    assert first.equal(again)
    assert abs(float(torch.corrcoef(torch.stack([first, second]))[0, 1])) < 0.03


def test_each_customer_is_drawn_independently_at_the_planned_rate() -> None:
    planned = budget()
    draws = [privacy.drawn(planned, 7, step) for step in range(200)]
    assert sum(map(len, draws)) / 200 == pytest.approx(50, abs=2)
    assert len({len(drawn) for drawn in draws}) > 5
    assert len({number for drawn in draws for number in drawn}) == 1000


def test_all_that_one_customer_wrote_is_one_group() -> None:
    examples = [Example((1, 2), 1, customer) for customer in ("a", "b", "a", "", "")]
    assert [len(group) for group in privacy.by_customer(examples)] == [2, 1, 1, 1]


def test_a_private_run_states_its_promise_and_keeps_its_losses(model: Path, tmp_path: Path) -> None:
    private = recipe(model, tmp_path, privacy_epsilon=8.0, privacy_delta=1e-2, epochs=4)
    metrics = train_lora(private, TASK, report=silent)
    assert metrics.epsilon is not None and metrics.epsilon <= 8.0
    assert metrics.losses == []
    assert metrics.steps == math.ceil(4 / (2 / 3))
    card = json.loads((tmp_path / "shopkeeper.json").read_text())
    assert card["metrics"]["epsilon"] == metrics.epsilon
    assert "withheld" in card["data_sha256"]
    assert f"epsilon {metrics.epsilon:.2f} at delta 0.01" in (tmp_path / "README.md").read_text()


def test_the_same_recipe_does_not_repeat_the_noise(model: Path, tmp_path: Path) -> None:
    for name in "ab":
        private = recipe(model, tmp_path / name, privacy_epsilon=8.0, privacy_delta=1e-2, epochs=1)
        train_lora(private, TASK, report=silent)
    a, b = ((tmp_path / name / "adapter_model.safetensors").read_bytes() for name in "ab")
    assert a != b


def test_with_a_huge_budget_it_learns(model: Path, tmp_path: Path) -> None:
    private = recipe(model, tmp_path, privacy_epsilon=1e5, privacy_delta=1e-2, epochs=8, privacy_clip=1.0)
    metrics = train_lora(private, TASK, report=silent)
    assert metrics.held_out_loss < metrics.held_out_loss_before
