"""Training that says little about any one customer: DP-SGD with the customer as its unit.

In each step every customer takes part with the same probability, the gradient of all that the customer wrote is clipped
to a length, and Gaussian noise of a multiple of that length is added to the sum (Abadi et al. 2016). What the noise
promises, epsilon for a delta, is worked out by Opacus' accountant for Rényi differential privacy. The promise covers
the adapter's weights: that an attacker who sees them could hardly tell whether a customer was among those trained on.
It does not cover customers who are held out: weights are chosen by how well they are read.

Opacus clips the gradient of each row of a batch by hooks on its layers. Here a customer is several packed rows, so the
gradients are taken customer by customer instead, which works with any model, DoRA and 4 bits included.
"""

from __future__ import annotations

import importlib.util
import math
import secrets
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from assistant.errors import ModelError
from finetune.chat_pairs import Example


@dataclass(frozen=True)
class Budget:
    """How a private run is made: each of `customers` takes part in a step with probability `rate`, there are at most
    `steps`, and noise has `noise` times the length `clip` as its standard deviation."""

    epsilon: float
    delta: float
    clip: float
    customers: int
    rate: float
    steps: int
    noise: float

    def spent(self, steps: int) -> float:
        """The epsilon that so many steps have used, for `delta`."""
        if not steps:
            return 0.0
        accountant = _accountants().RDPAccountant()
        accountant.history = [(self.noise, self.rate, steps)]
        with _quiet():
            return float(accountant.get_epsilon(self.delta))


def plan(
    epsilon: float, delta: float, clip: float, customers: int, per_step: int, epochs: int, most: int | None
) -> Budget:
    """The least noise that keeps within `epsilon`, for about `per_step` customers a step. Raises `ModelError` without
    Opacus and `ValueError` where so few customers cannot be told apart from one at this `delta`."""
    if delta * customers >= 1:
        raise ValueError(
            f"`privacy_delta` must be less than one in the number of customers ({customers}); it is {delta:g}."
        )
    rate = min(1.0, per_step / customers)
    steps = min(math.ceil(epochs / rate), most or math.inf)
    with _quiet():
        noise = _accountants().utils.get_noise_multiplier(
            target_epsilon=epsilon, target_delta=delta, sample_rate=rate, steps=int(steps), accountant="rdp"
        )
    return Budget(epsilon, delta, clip, customers, rate, int(steps), float(noise))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the accountant's advice to look for a tighter bound: the one it has holds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _accountants() -> Any:
    if importlib.util.find_spec("opacus") is None:
        raise ModelError("`privacy_epsilon` needs the package opacus: pip install 'opacus==1.6.0', or leave it out.")
    import opacus.accountants.utils

    return opacus.accountants


def new_secret() -> int:
    """A seed for the noise that nobody knows: with a known one, the noise could be taken away again."""
    return secrets.randbits(62)


def by_customer(examples: Sequence[Example]) -> list[list[Example]]:
    """Examples grouped by whose words they are; one that names nobody is somebody of its own."""
    groups: dict[str, list[Example]] = {}
    for number, example in enumerate(examples):
        groups.setdefault(example.customer or f"\0{number}", []).append(example)
    return list(groups.values())


def drawn(budget: Budget, secret: int, step: int) -> list[int]:
    """The numbers of the customers that take part in a step: each by an independent draw."""
    chances = torch.rand(budget.customers, generator=_generator(secret, step, 0))
    return [number for number, chance in enumerate(chances.tolist()) if chance < budget.rate]


def clipped_sum(gradients: Iterable[Sequence[Tensor]], shapes: Sequence[Tensor], clip: float) -> list[Tensor]:
    """The sum of gradients, one for each customer, each scaled down to a length of at most `clip` before."""
    total = [torch.zeros_like(shape, dtype=torch.float32) for shape in shapes]
    for gradient in gradients:
        length = float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g.float()) for g in gradient])))
        scale = min(1.0, clip / length) if length > 0 else 1.0
        for summed, part in zip(total, gradient, strict=True):
            summed.add_(part, alpha=scale)
    return total


def noise(budget: Budget, shapes: Sequence[Tensor], secret: int, step: int) -> Iterator[Tensor]:
    """The noise of a step, one tensor for each of `shapes`, the same on every process."""
    generator = _generator(secret, step, 1)
    for shape in shapes:
        drawn = torch.randn(shape.shape, generator=generator, dtype=torch.float32)
        yield drawn.to(shape.device) * (budget.noise * budget.clip)


def _generator(secret: int, step: int, purpose: int) -> torch.Generator:
    return torch.Generator().manual_seed((secret + 2_654_435_761 * (2 * step + purpose)) % 2**63)
