"""What a LoRA run leaves: the adapter, and beside it how it came about and what it is worth."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.adapters import CARD, AdapterCard
from finetune import lora_progress
from finetune.learning_curve import learning_curve
from finetune.lora_progress import Progress
from finetune.lora_recipe import LoraRecipe
from finetune.lora_tasks import Task

README = """# Adapter `{role}` for {base}

A LoRA adapter of rank {rank} for `{base}`, made by `shopkeeper train {role}`. `shopkeeper.json` says on which weights,
prompt version, data and recipe it rests; Shopkeeper refuses it for others. `metrics.json` has all figures, `curve.svg`
the learning curve.

- Trained on {examples} examples, {steps} of {planned} steps, kept as after step {kept}.
- Held-out loss {before:.4f} before, {after:.4f} after (nats a token).
{score}{privacy}
"""


@dataclass(frozen=True)
class Metrics:
    """What a run measured. Losses are means over trained tokens, in nats, `losses` those of each step; `metric` names
    the `score` by which the weights of `kept_step` were chosen. `tokens_per_second` counts all tokens that one process
    saw. `epsilon` for `delta` is what private training promises each customer, `noise` its multiplier."""

    examples: int
    held_out: int
    too_long: int
    steps: int
    planned_steps: int
    kept_step: int
    trained_parameters: int
    losses: list[float]
    held_out_loss_before: float
    held_out_loss: float
    metric: str | None
    score_before: float | None
    score: float | None
    seconds: float
    tokens_per_second: float
    peak_gpu_bytes: int
    processes: int
    epsilon: float | None
    delta: float | None
    noise: float | None

    def summary(self) -> dict[str, Any]:
        """All but the losses of single steps."""
        return {name: value for name, value in asdict(self).items() if name != "losses"}


def write_output(
    model: Any, recipe: LoraRecipe, task: Task, fingerprint: str, data_sha256: str, metrics: Metrics, progress: Progress
) -> None:
    """Saves the adapter, `shopkeeper.json`, `metrics.json`, `curve.svg` and `README.md`; the checkpoint goes."""
    folder = Path(recipe.output)
    model.peft_config["default"].base_model_name_or_path = recipe.model
    model.save_pretrained(str(folder))
    card = AdapterCard(
        role=task.role,
        base=recipe.model,
        base_fingerprint=fingerprint,
        prompt_version=task.prompt_version,
        data_sha256=data_sha256 if metrics.epsilon is None else "withheld: training was private",
        recipe=asdict(recipe),
        metrics=metrics.summary(),
    )
    _write(folder / CARD, card.model_dump_json(indent=2))
    _write(folder / "metrics.json", json.dumps(asdict(metrics), indent=2))
    _write(folder / "curve.svg", learning_curve(metrics.losses, progress.judged, metrics.metric))
    _write(folder / "README.md", _readme(recipe, task, metrics))
    (folder / lora_progress.FILE).unlink(missing_ok=True)


def _readme(recipe: LoraRecipe, task: Task, m: Metrics) -> str:
    score = "" if m.score is None else f"- {m.metric}, held out: {m.score_before:.3f} before, {m.score:.3f} after.\n"
    private = f"- Private: epsilon {m.epsilon:.2f} at delta {m.delta:g}, for each customer.\n" if m.epsilon else ""
    return README.format(
        role=task.role, base=recipe.model, rank=recipe.rank, examples=m.examples, steps=m.steps,
        planned=m.planned_steps, kept=m.kept_step, before=m.held_out_loss_before, after=m.held_out_loss,
        score=score, privacy=private,
    )  # fmt: skip


def _write(path: Path, text: str) -> None:
    path.write_text(text.strip() + "\n", encoding="utf-8")
