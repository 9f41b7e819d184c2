"""The settings of a LoRA run on a chat model, and what is wrong with them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from finetune.recipe import YamlRecipe

POSITIVE = ("rank", "alpha", "epochs", "batch_size", "accumulate", "checkpoint_every", "max_length", "dev_limit",
            "rows")  # fmt: skip
RUNNING = ("output", "checkpoint_every", "device")
"""Settings that change nothing about the weights: a run may be taken up with others."""


@dataclass(frozen=True)
class LoraRecipe(YamlRecipe):
    """configs/train-hub-reader.yaml and configs/train-hub-writer.yaml explain the settings one by one."""

    model: str = "Qwen/Qwen3-4B-Instruct-2507"
    data: list[str] = field(default_factory=list)
    dev: list[str] = field(default_factory=list)
    output: str = "runs/hub-reader"
    redact: bool = True
    known_names: str | None = None
    rank: int = 32
    alpha: int = 64
    dropout: float = 0.0
    targets: str | list[str] = "all-linear"
    rslora: bool = False
    dora: bool = False
    quantize: Literal["4bit"] | None = None
    epochs: int = 3
    batch_size: int = 4
    accumulate: int = 4
    packing: bool = True
    rows: int = 1
    learning_rate: float = 2e-4
    warmup: float = 0.05
    weight_decay: float = 0.0
    max_length: int = 4096
    gradient_checkpointing: bool = True
    held_out: float = 0.1
    dev_limit: int = 60
    evaluate_every: int | None = None
    patience: int = 2
    privacy_epsilon: float | None = None
    privacy_delta: float = 1e-5
    privacy_clip: float = 1.0
    checkpoint_every: int = 100
    max_steps: int | None = None
    device: str = "auto"
    dtype: str = "auto"
    deterministic: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in POSITIVE:
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be 1 or more; it is {getattr(self, name)}.")
        for name in ("max_steps", "evaluate_every"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise ValueError(f"`{name}` must be 1 or more, or null; it is {value}.")
        if not 0 < self.held_out < 1:
            raise ValueError(f"`held_out` is a share between 0 and 1; it is {self.held_out}.")
        if self.patience < 0:
            raise ValueError(f"`patience` counts evaluations and is 0 or more; it is {self.patience}.")
        if self.privacy_epsilon is not None:
            self._check_privacy()

    def _check_privacy(self) -> None:
        if self.privacy_epsilon is None or self.privacy_epsilon <= 0 or not 0 < self.privacy_delta < 1:
            raise ValueError(
                "`privacy_epsilon` must be more than 0 and `privacy_delta` between 0 and 1; they are "
                f"{self.privacy_epsilon} and {self.privacy_delta}."
            )
        if self.privacy_clip <= 0:
            raise ValueError(f"`privacy_clip` must be more than 0; it is {self.privacy_clip}.")

    def known_customers(self) -> list[str]:
        """The names in the file `known_names`, one a line. Raises `OSError` where it cannot be read."""
        return Path(self.known_names).read_text("utf-8").splitlines() if self.known_names else []

    def identity(self) -> dict[str, Any]:
        """The settings that decide what weights come out."""
        return {name: value for name, value in asdict(self).items() if name not in RUNNING}
