"""What kind of ticket a conversation is and how satisfied its customer sounds, each with the sentence that tells.

Two linear models over the vectors of the customer's sentences, taken as a weighted mean. So every figure is a sum over
sentences, and the sentence that is shown as its reason is the one that moved it most. The types and the scale of
satisfaction are those of the tickets that it was trained on (`shopkeeper train tickets`), not of this code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.array_model import Matrix, check_shapes, load_arrays, save_arrays
from assistant.reasons import Encode
from assistant.records import Message
from assistant.shop import EMAIL, TOKEN

SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
HOW = "Train one with: shopkeeper train tickets; or leave tickets.path empty in the configuration."


@dataclass(frozen=True)
class About:
    """What a ticket model was made for. `scale` is the least and the most satisfied, `last` the share of the weight
    that the customer's last message has; `encoder` and `fingerprint` name whose vectors it takes; `seen` are
    fingerprints of the tickets that it was trained on, so that nobody judges it by them."""

    types: tuple[str, ...]
    scale: tuple[float, float]
    last: float
    encoder: str
    fingerprint: str
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """The likeliest type with its probability, and satisfaction on the model's own scale; each with the customer's
    sentence that speaks most for it. `satisfaction` is `None` where the tickets trained on told none."""

    type: str
    probability: float
    type_because: str
    satisfaction: float | None
    satisfaction_because: str
    scale: tuple[float, float] = (1.0, 5.0)

    @property
    def stars(self) -> int | None:
        """Satisfaction from 1 to 5, whatever the scale of the model."""
        low, high = self.scale
        return None if self.satisfaction is None else 1 + round(4 * (self.satisfaction - low) / (high - low))


@dataclass(frozen=True)
class TicketModel:
    """T types, vectors of length d: `centre` (d,), `types` (T, d), `biases` (T,), `satisfaction` (d,), `level` (1,)."""

    about: About
    centre: Matrix
    types: Matrix
    biases: Matrix
    satisfaction: Matrix
    level: Matrix

    @classmethod
    def load(cls, path: str | Path) -> TicketModel:
        """The model in a folder. Raises `ModelError` where there is none, or one of another version."""
        return load_arrays(path, "ticket model", HOW, lambda told, arrays: cls(_about(told), **arrays).checked())

    def checked(self) -> TicketModel:
        """Itself. Raises `ValueError` where the arrays do not fit each other or the types."""
        count, size = len(self.about.types), self.centre.shape[-1]
        expected = {"centre": (size,), "types": (count, size), "biases": (count,), "satisfaction": (size,),
                    "level": (1,)}  # fmt: skip
        check_shapes(self, expected)
        return self

    def save(self, path: str | Path) -> None:
        """Writes the model into a folder."""
        save_arrays(path, self)

    def judge(self, messages: Sequence[Message], encode: Encode) -> Judgement | None:
        """What a conversation is; `None` where its customer said nothing."""
        said, weights = sentences(messages, self.about.last)
        if not said:
            return None
        parts = weights[:, None] * (encode(said) - self.centre)
        odds = self.biases + parts.sum(0) @ self.types.T
        best, *others = np.argsort(-odds)
        against = self.types[others[0]] if others else np.zeros_like(self.centre)
        level = float(self.level[0] + parts.sum(0) @ self.satisfaction)
        moved = parts @ self.satisfaction * (1.0 if level >= self.level[0] else -1.0)
        told = bool(self.satisfaction.any())
        return Judgement(
            type=self.about.types[best],
            probability=float(1.0 / np.exp(odds - odds[best]).sum()),
            type_because=said[int((parts @ (self.types[best] - against)).argmax())],
            satisfaction=float(np.clip(level, *self.about.scale)) if told else None,
            satisfaction_because=said[int(moved.argmax())] if told else "",
            scale=self.about.scale,
        )


class Tickets:
    """A ticket model with the encoder that it was made for."""

    def __init__(self, model: TicketModel, encode: Encode) -> None:
        self.model = model
        self._encode = encode

    def __call__(self, messages: Sequence[Message]) -> Judgement | None:
        """What a conversation is; `None` where its customer said nothing."""
        return self.model.judge(messages, self._encode)


def sentences(messages: Sequence[Message], last: float) -> tuple[list[str], Matrix]:
    """The customer's sentences and their weights (n,), which add up to 1: `last` is shared by those of the last
    message, on top of what all share evenly."""
    said = [parts for m in messages if m.role == "user" and (parts := _split(m.content))]
    count = sum(map(len, said))
    if not count:
        return [], np.zeros(0, np.float32)
    weights = np.full(count, (1.0 - last) / count, np.float32)
    weights[count - len(said[-1]) :] += last / len(said[-1])
    return [sentence for parts in said for sentence in parts], weights


def _split(text: str) -> list[str]:
    """The sentences that say something: neither an address of mail nor a number alone does."""
    return [part.strip() for part in SENTENCE.split(text) if re.search(r"[^\W\d_]", TOKEN.sub("", EMAIL.sub("", part)))]


def _about(settings: dict[str, Any]) -> About:
    low, high = settings.pop("scale")
    if not low < high:
        raise ValueError(f"expected a scale from less to more, found {low} to {high}")
    types, seen = tuple(settings.pop("types")), tuple(settings.pop("seen"))
    if not types:
        raise ValueError("expected at least one type, found none")
    return About(types=types, scale=(float(low), float(high)), seen=seen, **settings)
