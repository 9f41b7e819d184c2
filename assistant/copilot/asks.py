"""What a clause of a customer's message asks the service desk to do, by a small network over the sentence encoder.

It tells ways of asking apart, nothing else: whose order or which piece is meant is found in the customer's own records.
It was trained on made-up and public requests with the names of products taken out (`shopkeeper train asks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from assistant.array_model import Matrix, check_shapes, load_arrays, save_arrays
from assistant.reasons import Encode

Ask = Literal[
    "cancel", "return", "swap", "order_address", "profile_address", "payment", "person", "withdraw", "detail",
    "question", "other",
]  # fmt: skip
"""`withdraw` takes back what was asked before, `detail` says more of it, `question` wants to know something, `other`
asks for nothing."""
ASKS: tuple[Ask, ...] = get_args(Ask)
HOW = "Train one with: shopkeeper train asks."


@dataclass(frozen=True)
class About:
    """Whose vectors the model takes, and the fingerprint of that encoder's weights."""

    encoder: str
    fingerprint: str


@dataclass(frozen=True)
class AskModel:
    """One hidden layer of h units over vectors of length d, a answers: `hidden` (d, h), `hidden_bias` (h,), `answers`
    (h, a), `answers_bias` (a,)."""

    about: About
    hidden: Matrix
    hidden_bias: Matrix
    answers: Matrix
    answers_bias: Matrix

    @classmethod
    def load(cls, path: str | Path) -> AskModel:
        """The model in a folder. Raises `ModelError` where there is none, or one of another version."""
        return load_arrays(path, "model of asks", HOW, lambda told, arrays: cls(_about(told), **arrays).checked())

    def checked(self) -> AskModel:
        """Itself. Raises `ValueError` where the arrays do not fit each other or the asks."""
        _, hidden = self.hidden.shape
        expected = {"hidden_bias": (hidden,), "answers": (hidden, len(ASKS)), "answers_bias": (len(ASKS),)}
        check_shapes(self, expected)
        return self

    def save(self, path: str | Path) -> None:
        """Writes the model into a folder."""
        save_arrays(path, self, asks=list(ASKS))

    def probabilities(self, vectors: Matrix) -> Matrix:
        """The probability of each ask, (n, a), for vectors (n, d) of the encoder that the model was made for."""
        odds = np.maximum(vectors @ self.hidden + self.hidden_bias, 0.0) @ self.answers + self.answers_bias
        shares: Matrix = np.exp(odds - odds.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)


def _about(settings: dict[str, Any]) -> About:
    if settings.pop("asks") != list(ASKS):
        raise ValueError(f"expected the asks {', '.join(ASKS)}")
    return About(**settings)


@dataclass(frozen=True)
class Heard:
    """What a clause asks for, and how sure the model is, 0 to 1."""

    ask: Ask
    probability: float


class Asks:
    """A model of asks with the encoder that it was made for."""

    def __init__(self, model: AskModel, encode: Encode) -> None:
        self.model = model
        self._encode = encode

    def __call__(self, clauses: Sequence[str]) -> list[Heard]:
        """What each clause asks for."""
        if not clauses:
            return []
        shares = self.model.probabilities(self._encode(clauses))
        return [Heard(ASKS[int(row.argmax())], float(row.max())) for row in shares]
