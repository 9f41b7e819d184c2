"""Turns and their targets as padded tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from assistant.compact.encoding import Encoded, Segment
from finetune.targets import IGNORE, Target

Example = tuple[Encoded, Target]


@dataclass(frozen=True)
class Batch:
    """B turns of T tokens. `held` lists (row, position, action) of constraints, `needs` (row, position, closed),
    `spans` one row (row, start, end, attribute, op, strength, owner, quote start, quote end) a span."""

    ids: Tensor
    segments: Tensor
    mask: Tensor
    tags: Tensor
    held: Tensor
    needs: Tensor
    spans: Tensor
    opens: Tensor
    news: Tensor
    anchors: Tensor
    active: Tensor
    acts: Tensor
    stage: Tensor
    support: Tensor


def collate(examples: Sequence[Example]) -> Batch:
    """Pad to the longest turn. `acts` is NaN where a label has none."""
    width = max(len(e.ids) for e, _ in examples)
    held, needs, spans = [], [], []
    anchors = torch.zeros(len(examples), width, dtype=torch.bool)
    for row, (encoded, target) in enumerate(examples):
        held += [(row, position, action) for position, action in target.constraints.items()]
        needs += [(row, position, closed) for position, closed in target.close.items()]
        spans += [
            (row, s.start, s.end, s.attribute, s.op, s.strength, s.owner, *s.quote) for s in target.spans
        ]
        anchors[row, list(anchor_positions(encoded, target))] = True
    return Batch(
        ids=_padded([e.ids for e, _ in examples], width, 0),
        segments=_padded([e.segments for e, _ in examples], width, 0),
        mask=_padded([[1] * len(e.ids) for e, _ in examples], width, 0),
        tags=_padded([t.tags for _, t in examples], width, IGNORE),
        held=_rows(held, 3),
        needs=_rows(needs, 3),
        spans=_rows(spans, 9),
        opens=torch.tensor([t.opens for _, t in examples]),
        news=torch.tensor([e.new for e, _ in examples]),
        anchors=anchors,
        active=torch.tensor([t.active for _, t in examples]),
        acts=torch.tensor([t.acts or [float("nan")] * 18 for _, t in examples]),
        stage=torch.tensor([t.stage for _, t in examples]),
        support=torch.tensor([t.support for _, t in examples]),
    )


def anchor_positions(encoded: Encoded, target: Target) -> set[int]:
    """The tokens that a need can be anchored at: held needs, the unnamed new one, products that open one; token
    0 stands for no need."""
    opening = {s.owner for s in target.spans if s.owner != IGNORE}
    return {0, *encoded.needs, encoded.new, *opening}


def batches(examples: Sequence[Example], tokens: int, seed: int) -> Iterator[list[Example]]:
    """All examples once, in batches of similar length of about `tokens` tokens, in seeded order."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(len(examples), generator=generator)
    order = sorted(range(len(examples)), key=lambda i: len(examples[i][0].ids) + 12 * float(noise[i]))
    groups: list[list[Example]] = [[]]
    for i in order:
        width = max([len(e.ids) for e, _ in groups[-1]] + [len(examples[i][0].ids)])
        if groups[-1] and width * (len(groups[-1]) + 1) > tokens:
            groups.append([])
        groups[-1].append(examples[i])
    for g in torch.randperm(len(groups), generator=generator).tolist():
        yield groups[g]


def _padded(rows: Sequence[Sequence[int | Segment]], width: int, fill: int) -> Tensor:
    return torch.tensor([[*map(int, row), *[fill] * (width - len(row))] for row in rows])


def _rows(rows: Sequence[tuple[int, ...]], columns: int) -> Tensor:
    return torch.tensor(rows, dtype=torch.long).reshape(-1, columns)
