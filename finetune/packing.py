"""Examples as tensors for one forward pass: packed end to end without seeing each other, or padded side by side."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from finetune.chat_pairs import Example

IGNORE = -100


@dataclass(frozen=True)
class Batch:
    """B rows of T tokens and the K positions of which scores are needed.

    `ids` is (B, T). `keep`, (K,), are the positions whose next token is trained in some row; `labels`, (B, K), are
    those tokens, `IGNORE` where a row's is not trained. Packed rows have `positions`, (B, T), which start again with
    each example: where they do and there is no mask, transformers lets no token see another example's. Padded rows
    have `mask`, (B, T), 0 at padding. `filled` tokens at the ends of packed rows are no example's.
    """

    ids: Tensor
    keep: Tensor
    labels: Tensor
    mask: Tensor | None = None
    positions: Tensor | None = None
    filled: int = 0

    @property
    def trained(self) -> int:
        """How many tokens are trained on."""
        return int((self.labels != IGNORE).sum())

    @property
    def seen(self) -> int:
        """How many tokens that are no padding."""
        return self.ids.numel() - self.filled if self.mask is None else int(self.mask.sum())

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        mask, positions = (None if t is None else t.to(device) for t in (self.mask, self.positions))
        return Batch(self.ids.to(device), self.keep.to(device), self.labels.to(device), mask, positions, self.filled)


def pack(examples: Sequence[Example]) -> Batch:
    """All examples in one row, end to end."""
    ids = torch.tensor([i for e in examples for i in e.ids])
    ends = list(itertools.accumulate(len(e.ids) for e in examples))
    keep = torch.cat([torch.arange(end - e.trained - 1, end - 1) for e, end in zip(examples, ends, strict=True)])
    positions = torch.cat([torch.arange(len(e.ids)) for e in examples])
    return Batch(ids.unsqueeze(0), keep, ids[keep + 1].unsqueeze(0), positions=positions.unsqueeze(0))


def stack(packed: Sequence[Batch], filler: int) -> Batch:
    """Packed rows on top of each other; what a row is shorter is filled by an example of its own, of which nothing is
    trained."""
    if len(packed) == 1:
        return packed[0]
    width = max(row.ids.shape[1] for row in packed)
    ids = torch.full((len(packed), width), filler)
    positions = torch.zeros_like(ids)
    following = torch.full_like(ids, IGNORE)
    for place, row in enumerate(packed):
        length = row.ids.shape[1]
        ids[place, :length] = row.ids[0]
        positions[place, :length] = 0 if row.positions is None else row.positions[0]
        positions[place, length:] = torch.arange(width - length)
        following[place, row.keep] = row.labels[0]
    keep = (following != IGNORE).any(0).nonzero().flatten()
    return Batch(ids, keep, following[:, keep], positions=positions, filled=ids.numel() - sum(b.seen for b in packed))


def pad(examples: Sequence[Example], filler: int) -> Batch:
    """One example a row, padded on the left, so that all answers end together."""
    width = max(len(e.ids) for e in examples)
    answers = max(e.trained for e in examples)
    ids = torch.full((len(examples), width), filler)
    mask = torch.zeros_like(ids)
    labels = torch.full((len(examples), answers), IGNORE)
    for row, example in enumerate(examples):
        ids[row, width - len(example.ids) :] = torch.tensor(example.ids)
        mask[row, width - len(example.ids) :] = 1
        labels[row, answers - example.trained :] = torch.tensor(example.ids[example.prompt :])
    return Batch(ids, torch.arange(width - answers - 1, width - 1), labels, mask=mask)


def rows(examples: Sequence[Example], longest: int) -> list[list[Example]]:
    """Examples grouped into rows of at most `longest` tokens, or of one longer example: first fit, longest first."""
    groups: list[list[Example]] = []
    room: list[int] = []
    for example in sorted(examples, key=lambda e: -len(e.ids)):
        place = next((i for i, left in enumerate(room) if left >= len(example.ids)), None)
        if place is None:
            groups.append([example])
            room.append(longest - len(example.ids))
        else:
            groups[place].append(example)
            room[place] -= len(example.ids)
    return groups


def epoch_order(count: int, epoch: int, seed: int) -> list[int]:
    """The order of `count` examples in an epoch: the same for the same seed, on every machine."""
    order = list(range(count))
    random.Random(f"{seed}:{epoch}").shuffle(order)
    return order


def steps(count: int, per_step: int, epochs: int, seed: int) -> Iterator[list[int]]:
    """The examples of each optimiser step; the last of an epoch may be smaller."""
    for epoch in range(epochs):
        order = epoch_order(count, epoch, seed)
        for start in range(0, count, per_step):
            yield order[start : start + per_step]
