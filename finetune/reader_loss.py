"""The loss of the compact reader: one term for each thing it is asked, averaged over what was asked."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from assistant.compact.encoding import Segment
from assistant.compact.network import Network
from finetune.batches import Batch
from finetune.targets import IGNORE

WEIGHTS = {"tags": 4.0, "acts": 4.0}
FAR = -1e4


def losses(network: Network, batch: Batch) -> dict[str, Tensor]:
    """The terms, by name; each a scalar, 0 where the batch asks nothing of it."""
    states = network.hidden(batch.ids, batch.segments, batch.mask)
    with torch.autocast("cpu", torch.bfloat16):
        return _terms(network, states, batch)


def _terms(network: Network, states: Tensor, batch: Batch) -> dict[str, Tensor]:
    turn = network.turn(states, batch.segments)
    terms = {
        "tags": _entropy(turn["tags"].flatten(0, 1), batch.tags.flatten()),
        "active": _entropy(turn["active"].masked_fill(~batch.anchors, FAR), batch.active),
        "stage": _entropy(turn["stage"], batch.stage),
        "support": _entropy(turn["support"], batch.support),
        "acts": _acts(turn["acts"], batch.acts),
        "opens": _entropy(turn["opens"][torch.arange(len(batch.news)), batch.news], batch.opens),
        "constraints": _at(turn["constraints"], batch.held),
        "close": _at(turn["close"], batch.needs),
    }
    if len(batch.spans):
        terms |= _spans(network, states, batch)
    return terms


def total(terms: dict[str, Tensor]) -> Tensor:
    """The weighted sum that is minimised."""
    return torch.stack([WEIGHTS.get(name, 1.0) * term for name, term in terms.items()]).sum()


def _spans(network: Network, states: Tensor, batch: Batch) -> dict[str, Tensor]:
    rows, starts, ends, attribute, op, strength, owner, first, last = batch.spans.unbind(1)
    scores = network.spans(states, rows, starts, ends)
    words = (batch.segments == Segment.MESSAGE)[rows]
    return {
        "attribute": _entropy(scores["attribute"], attribute),
        "op": _entropy(scores["op"], op),
        "strength": _entropy(scores["strength"], strength),
        "owner": _entropy(scores["owner"].masked_fill(~batch.anchors[rows], FAR), owner),
        "quote": _entropy(scores["quote_start"].masked_fill(~words, FAR), first)
        + _entropy(scores["quote_end"].masked_fill(~words, FAR), last),
    }


def _acts(scores: Tensor, labels: Tensor) -> Tensor:
    known = ~labels.isnan()
    if not known.any():
        return scores.sum() * 0
    return functional.binary_cross_entropy_with_logits(scores.float()[known], labels[known])


def _at(scores: Tensor, asked: Tensor) -> Tensor:
    if not len(asked):
        return scores.sum() * 0
    return _entropy(scores[asked[:, 0], asked[:, 1]], asked[:, 2])


def _entropy(scores: Tensor, labels: Tensor) -> Tensor:
    if not (labels != IGNORE).any():
        return scores.sum() * 0
    return functional.cross_entropy(scores.float(), labels, ignore_index=IGNORE)
