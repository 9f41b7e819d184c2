"""The settings of a base model trained from scratch, and the sizes that have a name."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.lora_recipe import LoraRecipe
from finetune.recipe import YamlRecipe

RUNNING = (
    "output", "text", "shared", "data", "workers", "checkpoint_every", "evaluate_every", "device", "compile", "rows"
)  # fmt: skip
"""Settings that change nothing about what is learnt from the same tokens: a run may be taken up with others."""
DATA = ("vocabulary", "context", "instruction", "replies", "shard", "held_out", "seed")
"""Settings that the tokens depend on."""


@dataclass(frozen=True)
class Size:
    """Width, layers, attention heads (of `hidden / heads` each) and width of the feed-forward part."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int


SIZES = {
    "tiny": Size(32, 2, 4, 64),
    "20m": Size(384, 8, 6, 1024),
    "27m": Size(448, 8, 7, 1216),
    "40m": Size(512, 10, 8, 1408),
    "60m": Size(640, 10, 10, 1728),
}
"""Millions of parameters with a vocabulary of 16,384; `27m` is the largest that stays within 60 MB in bfloat16."""


@dataclass(frozen=True)
class BaseRecipe(YamlRecipe):
    """configs/train-base.yaml explains the settings one by one."""

    text: str = "../shared/data"
    shared: str | None = "../shared/data"
    data: str = "runs/base-data"
    vocabulary: int = 16384
    context: int = 2048
    instruction: int = 80
    chats: int = 1_300_000
    replies: float = 0.25
    shard: int = 20_000
    held_out: int = 1000
    workers: int | None = None
    size: str = "20m"
    text_epochs: int = 3
    epochs: int = 1
    mix: float = 0.1
    batch_tokens: int = 131_072
    rows: int = 16
    learning_rate: float = 1e-3
    warmup: float = 0.02
    weight_decay: float = 0.1
    evaluate_every: int = 500
    checkpoint_every: int = 100
    max_steps: int | None = None
    compile: bool = False
    device: str = "auto"
    dtype: str = "auto"
    seed: int = 0
    output: str = "runs/base"

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ValueError(f"`size` is one of {', '.join(SIZES)}; it is {self.size!r}.")
        if not 512 <= self.vocabulary <= 65536:
            raise ValueError(f"`vocabulary` is 512 to 65,536 tokens, which two bytes hold; it is {self.vocabulary}.")
        for name in ("context", "instruction", "shard", "batch_tokens", "rows", "evaluate_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be 1 or more; it is {getattr(self, name)}.")
        for name in ("mix", "replies"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"`{name}` is a share below 1; it is {getattr(self, name)}.")

    def identity(self) -> dict[str, Any]:
        """The settings that decide what weights come out."""
        return {name: value for name, value in asdict(self).items() if name not in RUNNING}

    def data_identity(self) -> dict[str, Any]:
        """The settings that decide what the tokens are."""
        return {name: getattr(self, name) for name in DATA}

    def learning(self) -> LoraRecipe:
        """What `finetune.lora_learner.Learner` wants to know; how many examples a step has is the plan's."""
        return LoraRecipe(
            model=str(Path(self.output)), output=self.output, packing=True, rows=self.rows, max_length=self.context,
            learning_rate=self.learning_rate, warmup=self.warmup, weight_decay=self.weight_decay, seed=self.seed,
            device=self.device, dtype=self.dtype,
        )  # fmt: skip
