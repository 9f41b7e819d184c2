"""Attention over packed rows, example by example.

transformers keeps packed examples apart by a mask over the whole row: of 4,096 tokens that are three examples, two
thirds of what is computed is then thrown away. Here each example attends over itself alone, which is what it would do
in a row of its own, and needs no mask. For models whose layers all see everything before them; others keep the mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

NAME = "shopkeeper_by_example"


def attend_by_example(model: Any) -> None:
    """Has a chat model attend by example from now on, where it can; rows that are not packed are computed as before."""
    full = all(type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)
    if full and getattr(model, "_supports_attention_backend", False) and model.config._attn_implementation == "sdpa":
        AttentionInterface.register(NAME, _attend)
        AttentionMaskInterface.register(NAME, sdpa_mask)
        model.config._attn_implementation = NAME


def attends_by_example(model: Any) -> bool:
    """Whether `attend_by_example` could be done."""
    return bool(model.config._attn_implementation == NAME)


def bounds(positions: Tensor) -> list[list[int]]:
    """Where the examples of each row begin, and where the last one ends. `positions`, (B, T), start again at 0 with
    each example."""
    width = positions.shape[1]
    return [[*(row == 0).nonzero().flatten().tolist(), width] for row in positions]


def _attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    examples: Sequence[Sequence[int]] | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """transformers' own attention; with `examples` (`bounds`), of each by itself. Shapes of queries, keys and values
    are (B, heads, T, width), that of the output (B, T, heads, width)."""
    if examples is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)

    def alone(row: int, start: int, end: int) -> Tensor:
        mine = [each[row : row + 1, :, start:end] for each in (query, key, value)]
        attended: Tensor = sdpa_attention_forward(module, mine[0], mine[1], mine[2], None, **kwargs)[0]
        return attended

    return torch.cat(
        [torch.cat([alone(row, *span) for span in pairwise(ends)], dim=1) for row, ends in enumerate(examples)]
    ), None
