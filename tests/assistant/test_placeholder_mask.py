"""Decoding that can only write the placeholders of a plan: random models of real architectures, thousands of tokens."""

from __future__ import annotations

import pytest

from assistant.facts import PLACEHOLDER, placeholders
from assistant.generation import Generator
from assistant.placeholder_mask import PlaceholderMask, fits
from tests.tiny import tiny_chat_model

KEYS = ("1.title", "1.price", "policy1", "policy1.source")
CHAT = [{"role": "user", "content": "move: recommend"}]


@pytest.mark.parametrize(
    ("piece", "tail", "allowed"),
    [
        (" and", None, True),
        (" 4", None, False),
        ("}", None, False),
        (" {1.", None, True),
        (" {2.", None, False),
        (" {1.title}.", None, True),
        (" {1.title} {1.title}", None, False),
        ("title", "1.", True),
        ("title} {", "1.", True),
        ("titel", "1.", False),
        ("}", "policy1", True),
        (".source}", "policy1", True),
        ("}", "1.ti", False),
        (" {{", None, False),
    ],
)
def test_what_may_follow(piece: str, tail: str | None, allowed: bool) -> None:
    assert fits(piece, tail, frozenset(KEYS)) is allowed


@pytest.fixture(scope="module", params=["qwen3", "llama"])
def generator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return Generator.load(tiny_chat_model(tmp_path_factory.mktemp("mask"), request.param), device="cpu")


def test_a_random_model_writes_no_other_placeholder_and_no_digit(generator: Generator) -> None:
    mask = PlaceholderMask(generator.tokenizer, generator.stops)
    found: list[str] = []
    for seed in range(12):
        process = mask.processor(KEYS, once=False)
        text = generator.complete(CHAT, temperature=1.5, seed=seed, max_new_tokens=120, logits_processor=process)
        literal = PLACEHOLDER.sub("", text)
        found += placeholders(text)
        opened = literal.rfind("{")
        assert not any(c.isdigit() or c in "{}" for c in literal[: opened if opened >= 0 else None]), text
    assert found and set(found) <= set(KEYS)


def test_each_once(generator: Generator) -> None:
    mask = PlaceholderMask(generator.tokenizer, generator.stops)
    for seed in range(6):
        process = mask.processor(KEYS[:2], once=True)
        text = generator.complete(CHAT, temperature=1.5, seed=seed, max_new_tokens=200, logits_processor=process)
        said = placeholders(text)
        assert len(said) == len(set(said)), text
