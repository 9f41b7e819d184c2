"""What differentially private training costs, on a tiny model: held-out loss and processor time beside plain training.

    python -m tests.benchmarks.bench_privacy --epsilon 8 --epsilon 2 --epsilon 1

The model is a two-layer Qwen3, 32 wide, taught for a moment on composed replies; LoRA then learns to write them from
plans. Each of 1,200 replies counts as a customer of its own. Takes about two minutes of processor time a run.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch

from assistant.writer_prompt import PROMPT_VERSION
from finetune.chat_pairs import Pair
from finetune.lora import train_lora
from finetune.lora_recipe import LoraRecipe
from finetune.lora_tasks import Task
from finetune.replies.examples import examples
from tests.tiny import teach, tiny_chat_model

SHOWN = ("steps", "held_out_loss_before", "held_out_loss", "epsilon", "delta", "noise")
CUSTOMERS, HELD_OUT = 1200, 200


def main() -> None:
    """Prints a JSON line for plain training and one for each epsilon."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epsilon", type=float, action="append", default=[])
    wanted: list[float | None] = [None, *parser.parse_args().epsilon]
    torch.set_num_threads(1)
    pairs = [Pair(e.messages, e.reply) for e in examples(CUSTOMERS + HELD_OUT, seed=5)]
    task = Task("writer", PROMPT_VERSION, pairs[:CUSTOMERS], pairs[CUSTOMERS:])
    with tempfile.TemporaryDirectory() as folder:
        model = tiny_chat_model(Path(folder) / "model")
        teach(model, [e.reply for e in examples(150, seed=99)], steps=300)
        for epsilon in wanted:
            started = time.process_time()
            metrics = train_lora(recipe(model, Path(folder), epsilon), task, report=lambda _: None).summary()
            seconds = round(time.process_time() - started, 1)
            print(json.dumps({name: metrics[name] for name in SHOWN} | {"processor_seconds": seconds}), flush=True)


def recipe(model: Path, folder: Path, epsilon: float | None) -> LoraRecipe:
    """Four passes in steps of 120 replies, the same for every epsilon."""
    return LoraRecipe(
        model=str(model),
        output=str(folder / str(epsilon)),
        rank=8,
        alpha=16,
        epochs=4,
        batch_size=120,
        accumulate=1,
        learning_rate=1e-2,
        max_length=2048,
        gradient_checkpointing=False,
        evaluate_every=1_000_000,
        privacy_epsilon=epsilon,
        privacy_delta=5e-4,
        device="cpu",
    )


if __name__ == "__main__":
    main()
