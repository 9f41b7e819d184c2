"""Whether a passage answers a question: a small trained network over the word vectors of both.

Each word of the question looks for its like in the passage and the other way round (decomposable attention, Parikh et
al. 2016); what it finds, how alike the two texts are as a whole and which rare words they share give the probability.
Trained by `shopkeeper train answers`; served by NumPy alone, since the network is tiny beside the encoder.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.array_model import Matrix, check_shapes, load_arrays, save_arrays
from retrieval.text import fold

if TYPE_CHECKING:
    from retrieval.encoder import Encoder, Tokens

RAREST = 3
CLOSEST = 6
LATIN = 0.8
FAMILIAR = 1.7
WORD = re.compile(r"[\"'(]?[a-z]+(?:['-][a-z]+)*[\"').,;:!?…]*")
HOW = "Train one with: shopkeeper train answers; or leave answers.path empty in the configuration."


@dataclass(frozen=True)
class About:
    """What an answer model was made for: `encoder` and `fingerprint` name whose word vectors it takes, those of `layer`
    and of the last, of at most `longest` word pieces. `policy` and `product` are the probabilities from which on a
    clause and a statement about a product count as an answer, chosen on validation data; `temperature` divides the
    logits, so that probabilities are calibrated."""

    encoder: str
    fingerprint: str
    layer: int
    longest: int
    policy: float = 0.5
    product: float = 0.5
    temperature: float = 1.0


@dataclass(frozen=True)
class Read:
    """A text as the network sees it: `ids` (n,), projected vectors (n, k), rarity of each word piece (n,) and the mean
    vector (d,). n is at least 1: an empty text is one word piece of zeros."""

    ids: NDArray[np.int64]
    words: Matrix
    rarity: Matrix
    mean: Matrix


@dataclass(frozen=True)
class AnswerModel:
    """Vectors of 2d numbers a word piece, k after projection, s figures of a pair, h hidden units, v word pieces:
    `project` (k, 2d) and `project_bias` (k,), `compare` (k, 4k + 3) and `compare_bias` (k,), `weigh` (k,) and
    `weigh_bias` (1,), `hidden` (h, 4k + s) and `hidden_bias` (h,), `out` (h,) and `out_bias` (1,), `sharpness` (1,)
    of the attention, `rarity` (v,) of each word piece from 0 to 1, `centre` and `spread` (s,) of a pair's figures."""

    about: About
    project: Matrix
    project_bias: Matrix
    compare: Matrix
    compare_bias: Matrix
    weigh: Matrix
    weigh_bias: Matrix
    hidden: Matrix
    hidden_bias: Matrix
    out: Matrix
    out_bias: Matrix
    sharpness: Matrix
    rarity: Matrix
    centre: Matrix
    spread: Matrix

    @classmethod
    def load(cls, path: str | Path) -> AnswerModel:
        """The model in a folder. Raises `ModelError` where there is none, or one of another version."""
        return load_arrays(path, "answer model", HOW, lambda told, arrays: cls(About(**told), **arrays).checked())

    def checked(self) -> AnswerModel:
        """Itself. Raises `ValueError` where the arrays do not fit each other."""
        k, h, s, v = len(self.project_bias), len(self.hidden_bias), len(self.centre), len(self.rarity)
        expected = {"project": (k, self.project.shape[-1]), "compare": (k, 4 * k + 3), "compare_bias": (k,),
                    "weigh": (k,), "weigh_bias": (1,), "hidden": (h, 4 * k + s), "out": (h,), "out_bias": (1,),
                    "sharpness": (1,), "rarity": (v,), "spread": (s,)}  # fmt: skip
        check_shapes(self, expected)
        return self

    def save(self, path: str | Path) -> None:
        """Writes the model into a folder, its weights in half precision."""
        save_arrays(path, self, np.float16)

    def read(self, tokens: Tokens) -> Read:
        """A text as the network sees it."""
        words = np.tanh(tokens.vectors @ self.project.T + self.project_bias)
        if not len(tokens.ids):
            return Read(np.full(1, -1), np.zeros((1, len(self.project_bias)), np.float32), np.zeros(1, np.float32),
                        tokens.mean)  # fmt: skip
        return Read(tokens.ids, words, self.rarity[tokens.ids], tokens.mean)

    def probability(self, question: Read, passage: Read) -> float:
        """That the passage answers the question, from 0 to 1."""
        near = float(self.sharpness[0]) * (_unit(question.words) @ _unit(passage.words).T)
        figures = (pair_figures(question, passage) - self.centre) / self.spread
        seen = [self._found(question, passage, near), self._found(passage, question, near.T), figures]
        hidden = np.maximum(self.hidden @ np.concatenate(seen) + self.hidden_bias, 0.0)
        logit = float(self.out @ hidden + self.out_bias[0]) / self.about.temperature
        return float(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))))

    def _found(self, text: Read, other: Read, near: Matrix) -> Matrix:
        """What the words of a text find in the other: (2k,), their weighted mean and the most of each figure."""
        share = np.exp(near - near.max(axis=1, keepdims=True))
        like = (share / share.sum(axis=1, keepdims=True)) @ other.words
        told = np.stack([near.max(axis=1) / 10, text.rarity, np.isin(text.ids, other.ids)], axis=1)
        both = np.concatenate([text.words, like, text.words - like, text.words * like, told], axis=1)
        compared = np.maximum(both @ self.compare.T + self.compare_bias, 0.0)
        weights = compared @ self.weigh + self.weigh_bias[0]
        weights = np.exp(weights - weights.max())
        mean: Matrix = (weights / weights.sum()) @ compared
        return np.concatenate([mean, compared.max(axis=0)])


class Answers:
    """An answer model with the encoder that it was made for. Remembers the last `keep` passages (15 KiB each)."""

    def __init__(self, model: AnswerModel, encoder: Encoder, keep: int = 2048) -> None:
        self.model = model
        self._encoder = encoder
        self._keep = keep
        self._known: OrderedDict[str, Read] = OrderedDict()
        self._lock = Lock()

    def reads(self, question: str) -> bool:
        """Whether a question is in a language that the model learned: in Latin letters, and in words that the encoder's
        vocabulary holds nearly whole. Those of other languages fall into pieces."""
        words = [word for word in fold(question).split() if WORD.fullmatch(word)]
        letters = [letter for letter in question if letter.isalpha()]
        if not words or sum(letter.isascii() for letter in letters) < LATIN * len(letters):
            return False
        return self._encoder.pieces(" ".join(words)) <= FAMILIAR * len(words)

    def of_closest(self, question: str, passages: Sequence[str], closeness: Matrix) -> Matrix:
        """The probability that each passage answers, (n,), 0 for all but the `CLOSEST` by `closeness` (n,)."""
        closest = np.argsort(-closeness, kind="stable")[:CLOSEST]
        found = np.zeros(len(passages), np.float32)
        found[closest] = self(question, [passages[place] for place in closest])
        return found

    def __call__(self, question: str, passages: Sequence[str]) -> Matrix:
        """The probability that each passage answers the question, (n,)."""
        with self._lock:
            found = {text: self._known[text] for text in (question, *passages) if text in self._known}
        missing = [text for text in dict.fromkeys((question, *passages)) if text not in found]
        about = self.model.about
        for text, tokens in zip(missing, self._encoder.tokens(missing, layer=about.layer, longest=about.longest),
                                strict=True):  # fmt: skip
            found[text] = self.model.read(tokens)
        self._remember(found)
        return np.array([self.model.probability(found[question], found[text]) for text in passages], np.float32)

    def _remember(self, found: dict[str, Read]) -> None:
        with self._lock:
            for text, read in found.items():
                self._known[text] = read
                self._known.move_to_end(text)
            while len(self._known) > self._keep:
                self._known.popitem(last=False)


def pair_figures(question: Read, passage: Read) -> Matrix:
    """What a pair says as a whole, (6,): likeness of the mean vectors; of the question's words, weighted by how rare
    they are, the share that stands in the passage; of its rarest words the share, and whether all; both lengths."""
    weights = question.rarity + 1e-4
    shared = np.isin(question.ids, passage.ids).astype(np.float32)
    rarest = np.argsort(-weights, kind="stable")[:RAREST]
    own = np.float32(question.mean @ passage.mean)
    return np.array(
        [own, (weights * shared).sum() / weights.sum(), shared[rarest].mean(), shared[rarest].min(),
         np.log1p(len(question.ids)), np.log1p(len(passage.ids))], np.float32,
    )  # fmt: skip


def _unit(vectors: Matrix) -> Matrix:
    lengths: Any = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)
