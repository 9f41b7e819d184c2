"""One pass of a model for several answers at once.

Every token of a chat model's answer reads all its weights, so that eight shoppers who wait at once wait eight times as
long, unless one pass serves them all. Here the new tokens of several answers are laid one behind the other in a single
row: the weights are read once, and only attention is computed answer by answer, each over a cache of its own. Nothing
is padded, and an answer may join or leave between any two passes. `assistant.generation` decides nothing about it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from transformers import AttentionInterface, DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward

NAME = "shopkeeper_packed"
TOKENS = 8192
"""New tokens that one pass takes at most; a longer prompt goes alone."""


@dataclass(eq=False)
class Pass:
    """What one answer asks of the model: the scores of what follows each of the last `keep` of the tokens `ids`, after
    those that `cache` holds already. Afterwards `cache` holds `ids` too."""

    ids: Sequence[int]
    keep: int
    cache: Any
    adapter: str | None
    scores: torch.Tensor | None = field(default=None, init=False)
    error: BaseException | None = field(default=None, init=False)

    @property
    def done(self) -> bool:
        """Whether it was run, with or without success."""
        return self.scores is not None or self.error is not None


class Passes:
    """Runs passes for any number of threads, one at a time; those that wait under the same adapter go together.

    `active(adapter)` makes an adapter the model's, for as long as the context lasts. `packs` says whether this model's
    passes can go together at all.
    """

    def __init__(self, model: Any, active: Callable[[str | None], AbstractContextManager[Any]]) -> None:
        self._model = model
        self._active = active
        self._turn = threading.Condition()
        self._waiting: list[Pass] = []
        self._running = False
        self.packs: bool = packs(model)

    def scores(self, asked: Pass) -> torch.Tensor:
        """Runs `asked`, and with it others that wait: float32 on the CPU, shape (keep, vocabulary).

        Raises what the model raised; passes that went together fail together.
        """
        with self._turn:
            self._waiting.append(asked)
        while not asked.done:
            with self._turn:
                self._turn.wait_for(lambda: asked.done or not self._running)
                if asked.done:
                    break
                together = self._next()
                self._running = True
            try:
                self._run(together)
            finally:
                with self._turn:
                    self._running = False
                    self._turn.notify_all()
        if asked.scores is None:
            raise asked.error or RuntimeError("the pass was interrupted")
        return asked.scores

    def _next(self) -> list[Pass]:
        """Takes the pass that has waited longest, and what can go with it."""
        together, tokens = [self._waiting[0]], len(self._waiting[0].ids)
        for other in self._waiting[1:] if self.packs else ():
            if other.adapter == together[0].adapter and tokens + len(other.ids) <= TOKENS:
                together.append(other)
                tokens += len(other.ids)
        self._waiting = [each for each in self._waiting if each not in together]
        return together

    def _run(self, together: Sequence[Pass]) -> None:
        try:
            with torch.inference_mode(), self._active(together[0].adapter):
                scores = packed(self._model, together) if len(together) > 1 else [alone(self._model, together[0])]
            for each, its in zip(together, scores, strict=True):
                each.scores = its
        except BaseException as error:
            for each in together:
                each.error = error
            if not isinstance(error, Exception):
                raise


def alone(model: Any, asked: Pass) -> torch.Tensor:
    """The scores of one pass, as transformers computes them."""
    ids = torch.tensor([list(asked.ids)], device=model.device)
    out = model(input_ids=ids, past_key_values=asked.cache, use_cache=True, logits_to_keep=asked.keep)
    scores: torch.Tensor = out.logits[0].float().cpu()
    return scores


def packed(model: Any, together: Sequence[Pass]) -> list[torch.Tensor]:
    """The scores of several passes, from one: those of `alone` up to the rounding of the products."""
    device = model.device
    ids = torch.tensor([[token for each in together for token in each.ids]], device=device)
    begun = [each.cache.get_seq_length() for each in together]
    places = torch.cat([torch.arange(old, old + len(p.ids)) for old, p in zip(begun, together, strict=True)])
    ends, keep = [0], list[int]()
    for each in together:
        ends.append(ends[-1] + len(each.ids))
        keep.extend(range(ends[-1] - each.keep, ends[-1]))
    usual = model.config._attn_implementation
    model.config._attn_implementation = NAME  # of its layers too: they read it at each pass
    try:
        logits = model(
            input_ids=ids,
            position_ids=places.to(device)[None],
            past_key_values=Several([each.cache for each in together], ends, device),
            use_cache=True,
            logits_to_keep=torch.tensor(keep, device=device),
        ).logits
    finally:
        model.config._attn_implementation = usual
    return list(logits[0].float().cpu().split([each.keep for each in together]))


class Several(DynamicCache):
    """The caches of answers whose new tokens lie in one row, from `ends[i]` to `ends[i + 1]`."""

    def __init__(self, caches: Sequence[Any], ends: Sequence[int], device: torch.device) -> None:
        super().__init__()
        self._caches = caches
        self.spans = list(pairwise(ends))
        self._masks = [
            _mask(cache.get_seq_length(), end - start, device)
            for cache, (start, end) in zip(caches, self.spans, strict=True)
        ]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens of the longest; places are given to the model, so that it is asked for nothing else."""
        return max(cache.get_seq_length(layer_idx) for cache in self._caches)

    def update(self, key_states: Any, value_states: Any, layer_idx: int, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Gives each answer its keys and values; returns all that each has now, one entry an answer, for `attend`."""
        rows = [
            cache.update(key_states[:, :, start:end], value_states[:, :, start:end], layer_idx, *args, **kwargs)
            for cache, (start, end) in zip(self._caches, self.spans, strict=True)
        ]
        entries = [
            Row(keys, values, start, end, mask)
            for (keys, values), (start, end), mask in zip(rows, self.spans, self._masks, strict=True)
        ]
        return entries, entries


@dataclass(frozen=True, slots=True)
class Row:
    """All keys and values of one answer in one layer, shape (1, heads, tokens, width); where its new tokens lie; and
    which keys each of those may see, shape (1, 1, new, tokens), `None` where that is all, or all before it."""

    keys: torch.Tensor
    values: torch.Tensor
    start: int
    end: int
    mask: torch.Tensor | None


def _mask(old: int, new: int, device: torch.device) -> torch.Tensor | None:
    if new == 1 or old == 0:
        return None
    return torch.ones(new, old + new, dtype=torch.bool, device=device).tril(old)[None, None]


def attend(
    module: torch.nn.Module, query: torch.Tensor, key: Sequence[Row], value: Any, attention_mask: Any, **kwargs: Any
) -> tuple[torch.Tensor, None]:
    """Attention of each answer's tokens over its own keys; shape of the output (1, all new tokens, heads, width)."""
    del value, attention_mask
    outputs = [
        sdpa_attention_forward(module, query[:, :, row.start : row.end], row.keys, row.values, row.mask, **kwargs)[0]
        for row in key
    ]
    return torch.cat(outputs, dim=1), None


def packs(model: Any) -> bool:
    """Whether passes of this model can go together: its attention is pluggable, sees all tokens before, and two passes
    in one give what each gives alone. Models of sliding windows or recurrent layers go one at a time."""
    if not getattr(model, "_supports_attention_backend", True) or model.config._attn_implementation != "sdpa":
        return False
    caches = [DynamicCache(config=model.config) for _ in range(4)]
    if any(type(layer) is not DynamicLayer for cache in caches for layer in cache.layers):
        return False
    AttentionInterface.register(NAME, attend)
    tokens = ([1, 2, 3], [3, 1])
    try:
        with torch.inference_mode():
            expected = [alone(model, Pass(ids, 1, cache, None)) for ids, cache in zip(tokens, caches[:2], strict=True)]
            got = packed(model, [Pass(ids, 1, cache, None) for ids, cache in zip(tokens, caches[2:], strict=True)])
    except (TypeError, ValueError, AttributeError, RuntimeError, NotImplementedError):
        return False
    near = 0.05 if model.dtype != torch.float32 else 1e-3
    return all(bool((a - b).abs().max() <= near * (a.abs().max() + 1e-6)) for a, b in zip(expected, got, strict=True))
