"""LoRA training at a real shape beside plain PEFT under the stock transformers Trainer: same model, adapter, batches.

    python -m tests.benchmarks.bench_hub_training --shape qwen3-0.6b [--steps 12] [--batch 16] [--rank 32]

Random weights of the shape, readings of made-up conversations. Prints a JSON object for each side: tokens a second
(padding not counted) and peak memory over all steps but the first two, the loss of the first step, which must agree,
and the share of what matrix products alone could do: 4 operations a weight and token, 6 with gradient checkpointing.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch.utils.data import SequentialSampler

from assistant.checkpoints import pick_device, pick_dtype
from finetune.chat_pairs import Example, encode_pairs
from finetune.generator import generate
from finetune.lora_learner import Learner
from finetune.lora_model import adapt, load
from finetune.lora_recipe import LoraRecipe
from finetune.lora_tasks import reader_pairs
from finetune.packing import IGNORE
from tests.benchmarks.shapes import SHAPES, device_name, product_speed, random_chat_model, settle

WARM_UP = 2
TOLERANCE = 0.02


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="tiny")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--batch", type=int, default=16, help="examples of a step")
    parser.add_argument("--at-once", type=int, default=4, help="of them side by side, for the stock trainer")
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--row", type=int, default=4096, help="tokens of a packed row")
    parser.add_argument("--rows", type=int, default=1, help="packed rows in one pass")
    parser.add_argument("--no-checkpointing", action="store_true", help="keep activations instead of computing twice")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recipe = LoraRecipe(
            model=str(random_chat_model(Path(folder) / "model", options.shape)), output=folder, rank=options.rank,
            alpha=2 * options.rank, batch_size=options.at_once, accumulate=options.batch // options.at_once, epochs=1,
            max_length=options.row, rows=options.rows, gradient_checkpointing=not options.no_checkpointing,
        )  # fmt: skip
        results = [measure(side, recipe, options) for side in (ours, stock)]
    for result in results:
        print(json.dumps({"shape": options.shape, **result}))
    return 0 if math.isclose(results[0]["first_loss"], results[1]["first_loss"], rel_tol=TOLERANCE) else 1


def measure(side: Any, recipe: LoraRecipe, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of one side, on a fresh model."""
    device = pick_device("auto")
    dtype = pick_dtype("auto", device)
    limit = product_speed(device, dtype)
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    base, tokenizer = load(recipe, torch.device(device), dtype)
    weights = base.num_parameters()
    model = adapt(base, recipe)
    chains = generate(options.steps * options.batch, 3, shared=None)
    pairs = [pair for chain in chains for pair in reader_pairs(chain)][: options.steps * options.batch]
    examples, _ = encode_pairs(tokenizer, pairs, recipe.max_length)
    losses, seconds = side(model, tokenizer, examples, recipe, dtype)
    seen = sum(len(e.ids) for e in examples[WARM_UP * options.batch :])
    rate = seen / sum(seconds[WARM_UP:])
    work = (6 if recipe.gradient_checkpointing else 4) * weights * rate
    return {
        "side": side.__name__, "device": device_name(device), "parameters": weights, "steps": len(losses),
        "tokens_a_step": round(sum(len(e.ids) for e in examples) / len(losses)), "tokens_per_s": round(rate, 1),
        "share_of_product_speed": round(work / limit, 3),
        "peak_gpu_gb": round(torch.cuda.max_memory_allocated() / 1e9, 2) if device == "cuda" else None,
        "first_loss": round(losses[0], 4),
    }  # fmt: skip


def ours(
    model: Any, tokenizer: Any, examples: Sequence[Example], recipe: LoraRecipe, dtype: torch.dtype
) -> tuple[list[float], list[float]]:
    """Losses and seconds of each step by this project's learner."""
    cpu = not torch.cuda.is_available()
    learner = Learner(model, examples, recipe, Accelerator(cpu=cpu), tokenizer.pad_token_id, dtype)
    everything, size = range(len(examples)), learner.per_step
    planned = [everything[i : i + size] for i in range(0, len(examples), size)]
    losses, seconds = [], []
    for number, step in enumerate(planned):
        started = time.perf_counter()
        losses.append(learner.step(step, number, len(planned), 0)[0])
        settle()
        seconds.append(time.perf_counter() - started)
    return losses, seconds


def stock(
    model: Any, tokenizer: Any, examples: Sequence[Example], recipe: LoraRecipe, dtype: torch.dtype
) -> tuple[list[float], list[float]]:
    """The same by transformers' Trainer with its usual collation: examples side by side, padded to the longest."""
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainerCallback, TrainingArguments

    rows = [{"input_ids": list(e.ids), "labels": [IGNORE] * e.prompt + list(e.ids[e.prompt :])} for e in examples]
    marks: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            settle()
            marks.append(time.perf_counter())

        def on_train_end(self, *_: Any, **__: Any) -> None:
            settle()
            marks.append(time.perf_counter())

    class InOrder(Trainer):
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return SequentialSampler(rows)

    arguments = TrainingArguments(
        output_dir=recipe.output, per_device_train_batch_size=recipe.batch_size, num_train_epochs=1,
        gradient_accumulation_steps=recipe.accumulate, learning_rate=recipe.learning_rate, report_to=[],
        bf16=dtype == torch.bfloat16, use_cpu=not torch.cuda.is_available(), save_strategy="no", logging_steps=1,
        disable_tqdm=True, remove_unused_columns=False, gradient_checkpointing=recipe.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False}, logging_strategy="steps",
    )  # fmt: skip
    collate = DataCollatorForSeq2Seq(tokenizer, padding=True, label_pad_token_id=IGNORE)
    trainer = InOrder(model=model, args=arguments, train_dataset=rows, data_collator=collate, callbacks=[Clock()])
    trainer.train()
    losses = [float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]
    return losses, [after - before for before, after in itertools.pairwise(marks)]


if __name__ == "__main__":
    raise SystemExit(main())
