"""What the LoRA tests share: a few pairs, and the recipe of a run that takes a second on a tiny model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.prompts import PROMPT_VERSION
from finetune.chat_pairs import Pair
from finetune.lora_recipe import LoraRecipe
from finetune.lora_tasks import Task

PAIRS = [
    Pair(({"role": "system", "content": "Read."}, {"role": "user", "content": f"boots, not {color}"}), answer, color)
    for color in ("black", "red", "blue")
    for answer in ('{"acts":["greet"]}', f'{{"color":"{color}"}}')
]
TASK = Task("reader", PROMPT_VERSION, PAIRS, PAIRS)
FIVE = replace(TASK, train=PAIRS[:5])


def recipe(model: Path, output: Path, **changes: Any) -> LoraRecipe:
    basic = LoraRecipe(
        model=str(model),
        output=str(output),
        rank=4,
        alpha=8,
        epochs=2,
        batch_size=2,
        accumulate=1,
        device="cpu",
        learning_rate=1e-2,
        checkpoint_every=2,
        gradient_checkpointing=False,
    )
    return replace(basic, **changes)


def silent(_: str) -> None:
    """Reports nothing."""
