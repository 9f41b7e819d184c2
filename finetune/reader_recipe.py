"""The settings of a run of the compact reader."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from finetune.recipe import YamlRecipe

RUNNING = ("output", "judge")
"""Settings that change nothing about the weights: a run may be taken up with others."""


@dataclass(frozen=True)
class Recipe(YamlRecipe):
    """configs/train-reader.yaml; see the comments there."""

    data: list[str] = field(default_factory=list)
    redact: bool = True
    generated: int = 12000
    repeat: int = 4
    epochs: int = 2
    polish: int = 3
    rank: int = 64
    alpha: int = 128
    learning_rate: float = 4e-4
    heads_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.03
    swaps: bool = True
    mask: float = 0.05
    batch_tokens: int = 4096
    seed: int = 0
    threads: int = 2
    judge_every: int = 250
    patience: int = 0
    average: bool = False
    judge: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    start: str | None = None
    output: str = "runs/reader"

    def __post_init__(self) -> None:
        if self.judge_every < 1:
            raise ValueError(f"`judge_every` counts steps and is 1 or more; it is {self.judge_every}.")

    def identity(self) -> dict[str, Any]:
        """The settings that decide what weights come out."""
        return {name: value for name, value in asdict(self).items() if name not in RUNNING}
