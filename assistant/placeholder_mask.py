"""Keeps generated text to the placeholders of a plan: no other can be written, and no digit outside of one.

Works with any tokenizer: what a token may be is decided from its characters, and masks are kept by where the text
stands, so that a step costs a look-up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.facts import placeholders

if TYPE_CHECKING:
    import torch

    LogitsProcessor = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

MASKS = 4096


class PlaceholderMask:
    """The vocabulary of one tokenizer as characters. Shared by all replies; its cache only ever gains entries.

    `stops` are the ids that end an answer.
    """

    def __init__(self, tokenizer: Any, stops: Sequence[int]) -> None:
        self._tokenizer = tokenizer
        self._stops = np.array(stops, dtype=np.int64)
        self._texts = [tokenizer.decode([i]) for i in range(len(tokenizer))]
        special = set(tokenizer.all_special_ids)
        self._plain = np.array([i not in special and _is_plain(text) for i, text in enumerate(self._texts)])
        self._starts: dict[str, list[int]] = defaultdict(list)
        for i, text in enumerate(self._texts):
            if i not in special and text:
                self._starts[text[0]].append(i)
        self._opening = [i for i, text in enumerate(self._texts) if "{" in text and i not in special]
        self._masks: dict[tuple[str | None, frozenset[str]], np.ndarray] = {}

    def processor(self, keys: Iterable[str], *, once: bool) -> LogitsProcessor:
        """Scores for one reply that may use `keys`, with `once` each just once."""
        allowed = frozenset(keys)

        def process(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            import torch

            text = self._tokenizer.decode(ids[0], skip_special_tokens=True)
            left = allowed - set(placeholders(text)) if once else allowed
            cut = text.rfind("{")
            tail = text[cut + 1 :] if cut > text.rfind("}") else None
            mask = self._mask(tail, left)
            if tail is None:
                mask = mask.copy()
                mask[self._stops] = True
            full = np.zeros(scores.shape[-1], dtype=bool)
            full[: len(mask)] = mask
            return scores.masked_fill(~torch.from_numpy(full), float("-inf"))

        return process

    def _mask(self, tail: str | None, left: frozenset[str]) -> np.ndarray:
        found = self._masks.get((tail, left))
        if found is None:
            found = self._compute(tail, left)
            if len(self._masks) < MASKS:
                self._masks[tail, left] = found
        return found

    def _compute(self, tail: str | None, left: frozenset[str]) -> np.ndarray:
        if tail is None:
            mask, candidates = self._plain.copy(), self._opening
        else:
            mask = np.zeros(len(self._texts), dtype=bool)
            following = {(key + "}")[len(tail)] for key in left if key.startswith(tail)}
            candidates = [i for char in following for i in self._starts.get(char, ())]
        for i in candidates:
            mask[i] = fits(self._texts[i], tail, left)
        return mask


def fits(piece: str, tail: str | None, left: frozenset[str]) -> bool:
    """Whether `piece` may follow: `tail` is what stands after an open brace, `None` outside of one."""
    if tail is None:
        literal, brace, rest = piece.partition("{")
        return _is_plain(literal) and (not brace or fits(rest, "", left))
    key, brace, rest = (tail + piece).partition("}")
    if not brace:
        return any(known.startswith(key) for known in left)
    return key in left and fits(rest, None, left - {key})


def _is_plain(text: str) -> bool:
    return not any(char in "{}" or char.isdigit() for char in text)
