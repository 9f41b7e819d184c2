"""Passes of several answers in one, with tiny random checkpoints of real architectures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import DynamicCache

from assistant import packing
from assistant.checkpoints import load_base
from assistant.generation import Generator
from assistant.packing import Pass, Passes, alone, packed, packs
from tests.assistant.test_generation import adapter
from tests.tiny import tiny_chat_model


@pytest.fixture(scope="module", params=["qwen3", "llama"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat_model(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    loaded, _ = load_base(str(folder), torch.float32)
    assert packs(loaded)
    return loaded.eval()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), min_size=2, max_size=6), st.integers(0, 1000))
def test_together_is_what_each_gives_alone(model: Any, lengths: list[tuple[int, int]], seed: int) -> None:
    random = torch.Generator().manual_seed(seed)

    def passes() -> list[Pass]:
        made = []
        for (old, new), tokens in zip(lengths, drawn, strict=True):
            cache = DynamicCache(config=model.config)
            if old:
                alone(model, Pass(tokens[:old], 1, cache, None))
            made.append(Pass(tokens[old:], min(new, 3), cache, None))
        return made

    drawn = [torch.randint(0, 300, (old + new,), generator=random).tolist() for old, new in lengths]
    with torch.inference_mode():
        one, other = passes(), passes()
        expected = [alone(model, each) for each in one]
        for want, got in zip(expected, packed(model, other), strict=True):
            torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4)
    for a, b in zip(one, other, strict=True):
        assert b.cache.get_seq_length() == a.cache.get_seq_length()
        for mine, its in zip(a.cache.layers, b.cache.layers, strict=True):
            torch.testing.assert_close(its.keys, mine.keys, rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(its.values, mine.values, rtol=1e-4, atol=1e-4)


def test_sixteen_shoppers_get_what_one_would(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adapters = {name: adapter(folder, tmp_path / name, seed) for seed, name in enumerate(("reader", "writer"), 1)}
    generator = Generator.load(folder, adapters, device="cpu")
    asked = [
        ([{"role": "system", "content": "Read."}, {"role": "user", "content": f"boots {i} " * (i + 1)}], name)
        for i in range(8)
        for name in ("reader", "writer")
    ]

    def answer(of: tuple[list[dict[str, str]], str]) -> str:
        return generator.complete(of[0], adapter=of[1], max_new_tokens=40)

    expected = [answer(each) for each in asked]
    sizes = []

    def counted(model: Any, together: list[Pass]) -> list[torch.Tensor]:
        sizes.append(len(together))
        assert len({each.adapter for each in together}) == 1
        return packed(model, together)

    monkeypatch.setattr(packing, "packed", counted)
    with ThreadPoolExecutor(len(asked)) as pool:
        assert list(pool.map(answer, asked)) == expected
    assert max(sizes) > 1, "no two of sixteen went together"


@contextmanager
def held(_: str | None) -> Iterator[None]:
    yield


def test_those_that_wait_go_with_the_oldest_and_fit(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "TOKENS", 64)
    ran: list[list[int]] = []
    first = threading.Event()
    go = threading.Event()

    @contextmanager
    def active(_: str | None) -> Iterator[None]:
        first.set()
        assert go.wait(30)
        yield

    def scores(length: int, adapter: str | None) -> None:
        passes.scores(Pass([1] * length, 1, DynamicCache(config=model.config), adapter))

    passes = Passes(model, active)
    whole = passes._run

    def noted(together: list[Pass]) -> None:
        ran.append([len(each.ids) for each in together])
        whole(together)

    passes._run = noted  # type: ignore[method-assign, assignment]
    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(scores, 1, "a")]
        assert first.wait(30)
        for number, (length, name) in enumerate([(2, "a"), (3, "b"), (64, "a"), (4, "a")], start=1):
            jobs.append(pool.submit(scores, length, name))
            while len(passes._waiting) < number:
                threading.Event().wait(0.001)
        go.set()
        for job in jobs:
            job.result()
    assert ran == [[1], [2, 4], [3], [64]]


def test_a_pass_that_fails_is_told_and_the_next_one_runs(model: Any) -> None:
    passes = Passes(model, held)
    with pytest.raises(IndexError):
        passes.scores(Pass([10**6], 1, DynamicCache(config=model.config), None))
    assert passes.scores(Pass([1, 2], 1, DynamicCache(config=model.config), None)).shape[0] == 1


def test_windows_and_other_attentions_go_one_at_a_time(folder: Path, tmp_path: Path) -> None:
    assert not packs(load_base(str(tiny_chat_model(tmp_path, "gemma3")), torch.float32)[0])
    loaded, _ = load_base(str(folder), torch.float32)
    loaded.set_attn_implementation("eager")
    assert not packs(loaded)
