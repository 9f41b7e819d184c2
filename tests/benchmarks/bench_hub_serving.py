"""Whole turns of a hub model with 1, 8 and 32 shoppers at once: first words, tokens and turns a second, and the limit.

    python -m tests.benchmarks.bench_hub_serving --shape qwen3-0.6b [--shoppers 1 8 32] [--turns 4] [--apart]

Random weights of the shape under two LoRA adapters, as `configs/llm.yaml` serves them: each shopper's turn is a reading
(40 tokens) under `reader` and a reply (60 tokens, streamed) under `writer`, from prompts as they are in service. Tokens
that would end an answer are forbidden, so that every turn is the same work; no schema holds the output. The limit of a
turn is that of this device: 2 operations a weight for each token of its prompts at the speed of a matrix product, and
the weights once from memory, at the speed of a copy, for each token made, shared by all shoppers who wait at once.
`--apart` does the same work a second time with a pass for each answer alone, and prints how many times as fast packing
them (`assistant.packing`) is.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from assistant.checkpoints import load_base
from assistant.generation import Generator
from assistant.prompts import reader_messages
from assistant.records import State
from assistant.writer_prompt import writer_messages
from finetune.generator import generate
from finetune.replies.examples import NOBODY, examples
from tests.benchmarks.shapes import SHAPES, copy_speed, device_name, product_speed, random_chat_model, timed

READING, REPLY = 40, 60


@dataclass(frozen=True)
class Turn:
    """Seconds of one turn: until the reading's end, until the reply's first words, in all."""

    read: float
    first: float
    whole: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="tiny")
    parser.add_argument("--shoppers", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--turns", type=int, default=4, help="of each shopper")
    parser.add_argument("--apart", action="store_true", help="compare with a pass for each answer alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = random_chat_model(Path(folder) / "model", options.shape)
        adapters = {role: random_adapter(model, Path(folder) / role) for role in ("reader", "writer")}
        generator = Generator.load(model, adapters)
    turn(generator, 0)
    for shoppers in options.shoppers:
        figures = {"shape": options.shape, **measure(generator, shoppers, options.turns)}
        if options.apart:
            generator._passes.packs = False
            apart = measure(generator, shoppers, options.turns)
            generator._passes.packs = True
            figures["turns_per_s_apart"] = apart["turns_per_s"]
            figures["times_as_fast"] = round(figures["turns_per_s"] / apart["turns_per_s"], 2)
        print(json.dumps(figures), flush=True)


def random_adapter(model: Path, folder: Path, rank: int = 16) -> Path:
    """A LoRA adapter on every linear layer, as training would leave it."""
    from peft import LoraConfig, get_peft_model

    base, _ = load_base(str(model), torch.bfloat16)
    adapted = get_peft_model(base, LoraConfig(r=rank, target_modules="all-linear", task_type="CAUSAL_LM"))
    adapted.save_pretrained(folder)
    return folder


def measure(generator: Generator, shoppers: int, turns: int) -> dict[str, Any]:
    """The figures of so many shoppers who each ask again as soon as they are answered."""

    def shopper(number: int) -> list[Turn]:
        return [turn(generator, number * turns + i) for i in range(turns)]

    with ThreadPoolExecutor(shoppers) as pool:
        done, seconds = timed(lambda: [each for part in pool.map(shopper, range(shoppers)) for each in part])
    limit = shoppers / limit_seconds(generator, shoppers)
    return {
        "device": device_name(generator.device.type), "shoppers": shoppers, "turns": len(done),
        "first_words_s": middle([t.first for t in done]), "reading_s": middle([t.read for t in done]),
        "turn_s": middle([t.whole for t in done]), "tokens_per_s": round(len(done) * (READING + REPLY) / seconds, 1),
        "turns_per_s": round(len(done) / seconds, 3), "turns_per_s_limit": round(limit, 3),
        "share_of_limit": round(len(done) / seconds / limit, 3),
        "peak_gpu_gb": round(torch.cuda.max_memory_allocated() / 1e9, 2) if torch.cuda.is_available() else None,
    }  # fmt: skip


def middle(values: list[float]) -> float:
    return round(statistics.median(values), 3)


def turn(generator: Generator, number: int) -> Turn:
    """One shopper's message read and answered; the same for the same number."""
    stops = torch.tensor(generator.stops)

    def going_on(_: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores.index_fill(-1, stops, -torch.inf)

    started = time.perf_counter()
    generator.generate(reading(number), adapter="reader", max_new_tokens=READING, logits_processor=going_on)
    read = time.perf_counter() - started
    first = None
    for _ in generator.stream(reply(number), adapter="writer", max_new_tokens=REPLY, logits_processor=going_on):
        first = first or time.perf_counter() - started
    whole = time.perf_counter() - started
    return Turn(read, first or whole, whole)


def reading(number: int) -> list[dict[str, str]]:
    """The prompt of a made-up message."""
    (chain,) = generate(1, number, shared=None)
    return reader_messages(State(), chain[0])


def reply(number: int) -> list[dict[str, str]]:
    """The prompt of a made-up plan."""
    return writer_messages(examples(1, number)[0].plan, NOBODY, values=True)


def limit_seconds(generator: Generator, shoppers: int) -> float:
    """Seconds in which the device could at best serve one turn of each shopper."""
    device, weights = generator.device.type, list(generator._model.parameters())
    count, size = sum(p.numel() for p in weights), sum(p.numel() * p.element_size() for p in weights)
    prompts = sum(generator.prompt_tokens(messages) for messages in (reading(0), reply(0)))
    prefill = 2 * count * prompts / product_speed(device, weights[0].dtype)
    return shoppers * prefill + (READING + REPLY) * size / copy_speed(device)


if __name__ == "__main__":
    main()
