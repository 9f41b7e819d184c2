"""Where a training run has got to, in one file from which it goes on after a kill."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

FILE = "checkpoint.pt"
Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Judgement:
    """How a run stood after `step` steps: mean loss of a held-out token (nats) and the score of its role, if any."""

    step: int
    loss: float
    score: float | None = None

    def better_than(self, other: Judgement | None) -> bool:
        """By score; by loss only where scores are equal or there are none."""
        return other is None or (self.score or 0.0, -self.loss) > (other.score or 0.0, -other.loss)


@dataclass
class Progress:
    """Steps done, the loss of each, judgements so far and, of the best of them, the trained weights. `secret` seeds
    the noise of private training, `seconds` and `tokens` are spent on steps."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    judged: list[Judgement] = field(default_factory=list)
    best: Judgement | None = None
    best_weights: Weights = field(default_factory=dict)
    secret: int = 0
    seconds: float = 0.0
    tokens: int = 0

    def add(self, judgement: Judgement, weights: Weights) -> None:
        """Notes a judgement, and the weights where they are the best so far. Before any step they are none."""
        self.judged.append(judgement)
        if judgement.step and judgement.better_than(self.best):
            self.best = judgement
            self.best_weights = {name: w.detach().to("cpu", copy=True) for name, w in weights.items()}

    @property
    def rate(self) -> float:
        """Tokens a second that one process saw."""
        return self.tokens / self.seconds if self.seconds else 0.0

    def stale(self) -> int:
        """How many judgements there were since the best one."""
        return 0 if self.best is None else sum(j.step > self.best.step for j in self.judged)


def identity(recipe: dict[str, Any], fingerprint: str, data_sha256: str, processes: int) -> str:
    """What must agree for a run to be the same one."""
    return json.dumps([recipe, fingerprint, data_sha256, processes], sort_keys=True)


def save(folder: Path, progress: Progress, weights: Weights, optimiser: Any, run: str) -> None:
    """Writes everything to one file, whole or not at all."""
    plain = asdict(progress) | {"run": run, "weights": weights, "optimiser": optimiser.state_dict()}
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{FILE}.part"
    torch.save(plain, part)
    part.replace(folder / FILE)


def resume(folder: Path, put: Callable[[Weights], Any], optimiser: Any, run: str, device: torch.device) -> Progress:
    """Gives the last checkpoint's weights to `put` and the rest to `optimiser`; a fresh `Progress` where there is none.
    Raises `ValueError` where the checkpoint is another run's."""
    path = folder / FILE
    if not path.exists():
        return Progress()
    state = torch.load(path, map_location=device, weights_only=True)
    if state.pop("run") != run:
        raise ValueError(
            f"{path} belongs to a run with another recipe, model or data. Delete it, or choose another `output`."
        )
    put(state.pop("weights"))
    optimiser.load_state_dict(state.pop("optimiser"))
    state["judged"] = [Judgement(**judgement) for judgement in state["judged"]]
    state["best"] = state["best"] and Judgement(**state["best"])
    return Progress(**state)
