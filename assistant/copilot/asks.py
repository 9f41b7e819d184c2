"""What a clause of a customer's message asks the service desk to do, by a small network over the sentence encoder.

It tells ways of asking apart, nothing else: whose order or which piece is meant is found in the customer's own records.
It was trained on made-up and public requests with the names of products taken out (`shopkeeper train asks`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelError
from assistant.reasons import Encode

Ask = Literal[
    "cancel", "return", "swap", "order_address", "profile_address", "payment", "person", "withdraw", "detail",
    "question", "other",
]  # fmt: skip
"""`withdraw` takes back what was asked before, `detail` says more of it, `question` wants to know something, `other`
asks for nothing."""
ASKS: tuple[Ask, ...] = get_args(Ask)
SETTINGS, WEIGHTS = "config.json", "weights.safetensors"
FORMAT = 1
HOW = "Train one with: shopkeeper train asks."
Matrix = NDArray[np.float32]


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
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        folder = Path(path)
        try:
            settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            if settings.pop("format") != FORMAT or settings.pop("asks") != list(ASKS):
                raise ValueError(f"expected format {FORMAT} and the asks {', '.join(ASKS)}")
            return cls(About(**settings), **load_file(folder / WEIGHTS)).checked()
        except FileNotFoundError as error:
            raise ModelError(f"No model of asks in {folder}: {Path(error.filename).name} is missing. {HOW}") from None
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise ModelError(f"{folder} holds no model of asks of this version: {error}. {HOW}") from error

    def checked(self) -> AskModel:
        """Itself. Raises `ValueError` where the arrays do not fit each other or the asks."""
        _, hidden = self.hidden.shape
        expected = {"hidden_bias": (hidden,), "answers": (hidden, len(ASKS)), "answers_bias": (len(ASKS),)}
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name}: expected the shape {shape}, found {getattr(self, name).shape}")
        return self

    def save(self, path: str | Path) -> None:
        """Writes the model into a folder."""
        from safetensors.numpy import save_file

        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"format": FORMAT, "asks": list(ASKS)} | asdict(self.about), indent=1)
        (folder / SETTINGS).write_text(text + "\n", encoding="utf-8")
        names = ("hidden", "hidden_bias", "answers", "answers_bias")
        save_file({name: np.ascontiguousarray(getattr(self, name), np.float32) for name in names}, folder / WEIGHTS)

    def probabilities(self, vectors: Matrix) -> Matrix:
        """The probability of each ask, (n, a), for vectors (n, d) of the encoder that the model was made for."""
        odds = np.maximum(vectors @ self.hidden + self.hidden_bias, 0.0) @ self.answers + self.answers_bias
        shares: Matrix = np.exp(odds - odds.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)


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
