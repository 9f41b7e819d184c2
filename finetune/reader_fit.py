"""The steps of training the compact reader: from the last checkpoint on, with judgements between them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from assistant.compact.encoding import Segment
from assistant.compact.network import Network
from finetune import lora_progress
from finetune.batches import Batch, Example, collate
from finetune.lora_progress import Judgement, Progress
from finetune.reader_loss import losses, total
from finetune.reader_recipe import Recipe

CHECKPOINT_SECONDS = 30.0
MASK = 103
"""The id of [MASK] in the base model's vocabulary."""
SHARES = (0.0, 0.2, 0.35, 0.5)
"""How much of the weights before a run their mean with those after it may hold."""
Weights = dict[str, Tensor]
Report = Callable[[str], None]
Judge = Callable[[Network], tuple[float, float]]
"""The loss and the score of a network on what is held out."""


class Learner:
    """A network with its optimiser. The encoder runs in half precision; the optimiser moves single-precision copies of
    the adapter's weights."""

    def __init__(self, network: Network, recipe: Recipe) -> None:
        self.network, self.recipe = network, recipe
        self._adapter = [p for p in network.encoder.parameters() if p.requires_grad]
        self._copies = [p.detach().float().clone() for p in self._adapter]
        self._heads = dict(network.heads.named_parameters())
        rates = recipe.learning_rate, recipe.heads_learning_rate
        groups = [{"params": self._copies, "peak": rates[0]}, {"params": [*self._heads.values()], "peak": rates[1]}]
        self.optimiser = torch.optim.AdamW(groups, lr=rates[0], weight_decay=recipe.weight_decay)
        self.training()

    def step(self, examples: Sequence[Example], number: int, steps: int) -> tuple[float, int]:
        """One optimiser step; its loss and the number of tokens. What is random in it depends on the seed and its
        number alone."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * rate(number, steps, self.recipe.warmup)
        batch = masked(collate(examples), self.recipe, number)
        loss = total(losses(self.network, batch))
        loss.backward()
        for copy, weight in zip(self._copies, self._adapter, strict=True):
            copy.grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        torch.nn.utils.clip_grad_norm_([*self._copies, *self._heads.values()], 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self._put(self._copies)
        return float(loss.detach()), batch.ids.numel()

    def weights(self) -> Weights:
        """What is trained, in single precision."""
        adapter = {f"adapter.{i}": copy for i, copy in enumerate(self._copies)}
        return adapter | {f"heads.{name}": weight.detach() for name, weight in self._heads.items()}

    def load(self, weights: Weights) -> None:
        """Takes back what `weights` gave."""
        with torch.no_grad():
            for i, copy in enumerate(self._copies):
                copy.copy_(weights[f"adapter.{i}"])
            for name, weight in self._heads.items():
                weight.copy_(weights[f"heads.{name}"])
        self._put(self._copies)

    def serving(self) -> Network:
        """The network in single precision, as it is served; `training` makes it ready for steps again."""
        nn.Module.to(self.network.encoder, dtype=torch.float32)
        self._put(self._copies)
        return self.network.eval()

    def training(self) -> None:
        """The encoder in half precision."""
        nn.Module.to(self.network.encoder, dtype=torch.bfloat16)
        self.network.train()

    def _put(self, values: Sequence[Tensor]) -> None:
        with torch.no_grad():
            for weight, value in zip(self._adapter, values, strict=True):
                weight.copy_(value)


def fit(
    network: Network, recipe: Recipe, plan: Sequence[list[Example]], judge: Judge | None, run: str, report: Report
) -> Progress:
    """Takes all steps of `plan` from the last checkpoint in `recipe.output` on, and leaves in the network the best
    weights that were judged, or the last ones without a `judge`.

    Where the recipe says `average` and the run went on from an earlier one, a mean of the weights before and after is
    kept if it is judged better. The checkpoint stays until the reader is saved: choosing thresholds and judging take a
    while too. Raises `ValueError` where the checkpoint belongs to another run.
    """
    learner, folder = Learner(network, recipe), Path(recipe.output)
    start = {name: weight.clone() for name, weight in learner.weights().items()}
    progress = lora_progress.resume(folder, learner.load, learner.optimiser, run, torch.device("cpu"))
    if progress.step:
        report(f"going on after step {progress.step} of {len(plan)}")
    elif judge:
        _judge(learner, judge, progress, report)
    saved = time.monotonic()
    while progress.step < len(plan) and not 0 < recipe.patience <= progress.stale():
        _step(learner, plan, progress, report)
        if judge and (progress.step % recipe.judge_every == 0 or progress.step == len(plan)):
            _judge(learner, judge, progress, report)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            lora_progress.save(folder, progress, learner.weights(), learner.optimiser, run)
            saved = time.monotonic()
    lora_progress.save(folder, progress, learner.weights(), learner.optimiser, run)
    if progress.best_weights:
        learner.load(progress.best_weights)
    if judge and recipe.average and recipe.start:
        learner.load(_best_mean(learner, judge, start, report))
    learner.serving()
    return progress


def _best_mean(learner: Learner, judge: Judge, start: Weights, report: Report) -> Weights:
    """Of the weights now and of means with those before the run, what is judged best."""
    end = {name: weight.clone() for name, weight in learner.weights().items()}
    best, highest = end, -1.0
    for share in SHARES:
        mean = {name: torch.lerp(weight, start[name], share) for name, weight in end.items()}
        learner.load(mean)
        _, score = judge(learner.serving())
        report(f"{share:.0%} of the weights before the run: constraint F1 {score:.3f}")
        if score > highest:
            best, highest = mean, score
    return best


def _step(learner: Learner, plan: Sequence[list[Example]], progress: Progress, report: Report) -> None:
    started = time.process_time()
    loss, tokens = learner.step(plan[progress.step], progress.step, len(plan))
    progress.seconds += time.process_time() - started
    progress.tokens += tokens
    progress.losses.append(loss)
    progress.step += 1
    if progress.step % 25 == 0:
        recent = sum(progress.losses[-25:]) / 25
        report(f"step {progress.step}/{len(plan)} loss {recent:.3f}, {progress.rate:.0f} tokens a processor second")


def _judge(learner: Learner, judge: Judge, progress: Progress, report: Report) -> None:
    judgement = Judgement(progress.step, *judge(learner.serving()))
    learner.training()
    progress.add(judgement, learner.weights())
    report(f"after step {judgement.step}: held-out loss {judgement.loss:.3f}, constraint F1 {judgement.score:.3f}")


def masked(batch: Batch, recipe: Recipe, step: int) -> Batch:
    """The batch with a share of its words hidden, so that a reader leans on the sentence and not on one word."""
    if not recipe.mask:
        return batch
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    hidden = torch.rand(batch.ids.shape, generator=generator) < recipe.mask
    hidden &= batch.segments >= Segment.STATE
    return replace(batch, ids=batch.ids.masked_fill(hidden, MASK))


def rate(step: int, steps: int, warmup: float) -> float:
    """The learning rate's share at a step: up in a line over the `warmup` share, then a cosine down to a fiftieth."""
    rise = max(1, int(steps * warmup))
    if step < rise:
        return (step + 1) / rise
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
