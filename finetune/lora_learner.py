"""Optimiser steps on an adapter, the same whatever the number of processes that share them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from finetune import privacy
from finetune.chat_pairs import Example
from finetune.lora_model import summed_loss
from finetune.lora_recipe import LoraRecipe
from finetune.packing import Batch, pack, pad, rows, stack, steps


class Learner:
    """A model with its optimiser and examples. Each process takes every `world`th example of a step, and the gradients
    of all are added up once: a step in which a process has nothing to do is no special case."""

    def __init__(
        self, model: Any, examples: Sequence[Example], recipe: LoraRecipe, accelerator: Any, filler: int, dtype: Any
    ) -> None:
        self.model, self.examples, self.recipe, self.accelerator = model, examples, recipe, accelerator
        self.rank, self.world = int(accelerator.process_index), int(accelerator.num_processes)
        self._filler, self._dtype = filler, dtype
        self.trained = [p for p in model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(self.trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.customers = privacy.by_customer(examples) if recipe.privacy_epsilon is not None else []
        self.budget = self._plan_privacy()

    @property
    def per_step(self) -> int:
        """Examples of a step, over all processes; customers, in expectation, where training is private."""
        return self.recipe.batch_size * self.recipe.accumulate * self.world

    def _plan_privacy(self) -> privacy.Budget | None:
        recipe = self.recipe
        if recipe.privacy_epsilon is None:
            return None
        return privacy.plan(
            recipe.privacy_epsilon, recipe.privacy_delta, recipe.privacy_clip,
            len(self.customers), self.per_step, recipe.epochs, recipe.max_steps,
        )  # fmt: skip

    def schedule(self) -> tuple[list[list[int]], int]:
        """The numbers of the examples of each step (drawn later, where training is private), and steps an epoch."""
        if self.budget is not None:
            return [[]] * self.budget.steps, max(1, round(1 / self.budget.rate))
        plan = list(steps(len(self.examples), self.per_step, self.recipe.epochs, self.recipe.seed))
        return plan[: self.recipe.max_steps], math.ceil(len(self.examples) / self.per_step)

    def step(self, indices: Sequence[int], number: int, total: int, secret: int) -> tuple[float, int]:
        """One optimiser step: mean loss of a trained token over all processes (NaN where training is private), and
        tokens that this one saw. What is random in it depends on the seed and the step's number alone."""
        self.model.train()
        torch.manual_seed(1_000_003 * self.recipe.seed + 1_009 * number + self.rank)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * schedule(number, total, self.recipe.warmup)
        learnt = self._learn(indices) if self.budget is None else self._learn_privately(self.budget, secret, number)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return learnt

    def mean_loss(self, examples: Sequence[Example]) -> float:
        """Mean loss of a trained token of some examples, in nats; NaN for none."""
        sums = torch.zeros(2)
        with torch.inference_mode():
            for batch in self._batches(examples[self.rank :: self.world]):
                sums += torch.tensor([float(self._loss(batch)), float(batch.trained)])
        total, trained = self._summed(sums).tolist()
        return round(total / trained, 5) if trained else math.nan

    def _learn(self, indices: Sequence[int]) -> tuple[float, int]:
        """Gradients of a step's examples. Every token weighs the same, however the examples fall into rows."""
        batches = self._batches([self.examples[i] for i in indices[self.rank :: self.world]])
        everywhere = float(self._summed(torch.tensor(float(sum(b.trained for b in batches)))))
        loss = torch.zeros((), device=self.accelerator.device)
        for batch in batches:
            part = self._loss(batch) / everywhere
            part.backward()
            loss += part.detach()
        self._share(self._gradients())
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        return float(self._summed(loss)), sum(b.seen for b in batches)

    def _learn_privately(self, budget: privacy.Budget, secret: int, number: int) -> tuple[float, int]:
        """Clipped and noised gradients of the customers drawn. Their loss would tell about them and is not kept."""
        drawn = privacy.drawn(budget, secret, number)[self.rank :: self.world]
        groups = [self._batches(self.customers[i]) for i in drawn]
        self._share(privacy.clipped_sum(map(self._gradient_of, groups), self.trained, budget.clip))
        noise = privacy.noise(budget, self.trained, secret, number)
        for weight, added in zip(self.trained, noise, strict=True):
            assert weight.grad is not None
            weight.grad = ((weight.grad.float() + added) / (budget.rate * budget.customers)).to(weight.dtype)
        return math.nan, sum(b.seen for batches in groups for b in batches)

    def _gradient_of(self, batches: Sequence[Batch]) -> list[Tensor]:
        """The gradient of one customer's mean loss of a token."""
        self.optimiser.zero_grad(set_to_none=True)
        trained = sum(b.trained for b in batches)
        for batch in batches:
            (self._loss(batch) / trained).backward()
        return self._gradients()

    def _gradients(self) -> list[Tensor]:
        return [torch.zeros_like(p) if p.grad is None else p.grad for p in self.trained]

    def _loss(self, batch: Batch) -> Tensor:
        """The summed loss of a batch; in half precision where the base is."""
        with torch.autocast(self.accelerator.device.type, self._dtype, enabled=self._dtype == torch.bfloat16):
            return summed_loss(self.model, batch)

    def _share(self, gradients: Sequence[Tensor]) -> None:
        """Gives every process the sum of all processes' gradients, in one exchange."""
        flat = self._summed(torch.cat([g.reshape(-1).float() for g in gradients]))
        place = 0
        for weight in self.trained:
            weight.grad = flat[place : place + weight.numel()].view_as(weight).to(weight.dtype)
            place += weight.numel()

    def _summed(self, tensor: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""
        summed: Tensor = self.accelerator.reduce(tensor.to(self.accelerator.device), "sum")
        return summed

    def _batches(self, examples: Sequence[Example]) -> list[Batch]:
        made: Iterator[Batch]
        if self.recipe.packing:
            packed = rows(examples, self.recipe.max_length)
            size = self.recipe.rows
            groups = (packed[i : i + size] for i in range(0, len(packed), size))
            made = (stack([pack(row) for row in group], self._filler) for group in groups)
        else:
            size = self.recipe.batch_size
            made = (pad(examples[i : i + size], self._filler) for i in range(0, len(examples), size))
        return [batch.to(self.accelerator.device) for batch in made]


def schedule(step: int, total: int, warmup: float) -> float:
    """The learning rate's share at a step: up in a line over the `warmup` share, then a cosine down to a tenth."""
    rising = max(1, round(total * warmup))
    if step < rising:
        return (step + 1) / rising
    fallen = (step - rising) / max(1, total - rising)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * fallen))
