"""Choosing the next token from a model's scores, within what a grammar allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError
from assistant.grammar import Matcher

if TYPE_CHECKING:
    import torch

    LogitsProcessor = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Step:
    """One generated token as it comes, and the log-probability that the model gave it among those allowed."""

    id: int
    logprob: float


class Sampler:
    """Chooses the next token from scores of shape (1, vocabulary)."""

    def __init__(self, temperature: float, top_p: float, seed: int | None, processor: LogitsProcessor | None) -> None:
        if temperature < 0 or not 0 < top_p <= 1:
            raise ValueError(f"temperature must be 0 or more and top_p in (0, 1]; got {temperature} and {top_p}")
        import torch

        self._temperature = temperature
        self._top_p = top_p
        self._processor = processor
        self._random = torch.Generator()
        if seed is None:
            self._random.seed()
        else:
            self._random.manual_seed(seed)

    def next(self, scores: torch.Tensor, generated: list[int], matcher: Matcher | None) -> Iterator[Step]:
        """The token that is chosen, or those that the grammar forces; `matcher` moves on."""
        forced = matcher.forced() if matcher is not None else []
        allowed = matcher.allowed() if matcher is not None and not forced else None
        for step in [Step(token, 0.0) for token in forced] or [self._choose(scores, generated, allowed)]:
            if matcher is not None:
                matcher.accept(step.id)
            yield step

    def _choose(self, scores: torch.Tensor, generated: list[int], allowed: Any) -> Step:
        import torch

        if allowed is not None:
            scores = scores.masked_fill(~torch.from_numpy(allowed), float("-inf"))
        if self._processor is not None:
            scores = self._processor(torch.tensor([generated], dtype=torch.long), scores)
        logprobs = scores[0].log_softmax(-1)
        if torch.isnan(logprobs).any():
            raise ModelError("The model's scores are not numbers, or nothing was allowed to follow. Check its weights.")
        token = int(logprobs.argmax()) if self._temperature == 0 else self._draw(scores[0])
        return Step(token, float(logprobs[token]))

    def _draw(self, scores: torch.Tensor) -> int:
        import torch

        weights, order = (scores / self._temperature).softmax(-1).sort(descending=True)
        weights = weights.masked_fill(weights.cumsum(-1) - weights >= self._top_p, 0.0)
        return int(order[torch.multinomial(weights, 1, generator=self._random)])
