"""The network of `assistant.answerability` in torch, to be trained: the same sums, many pairs at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from assistant.answerability import About, AnswerModel
from retrieval.encoder import Tokens

FAR = -1e4


@dataclass(frozen=True)
class Batch:
    """B pairs of n and m word pieces: vectors (B, n, 2d) and (B, m, 2d), which of them are there, rarity and whether
    the other text holds the same piece (B, n, 2) and (B, m, 2), and the pairs' figures (B, s)."""

    question: Tensor
    passage: Tensor
    in_question: Tensor
    in_passage: Tensor
    told_question: Tensor
    told_passage: Tensor
    figures: Tensor


class Network(nn.Module):
    """See `AnswerModel` for the shapes."""

    def __init__(self, size: int, figures: int, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.Linear(size, width)
        self.compare = nn.Linear(4 * width + 3, width)
        self.weigh = nn.Linear(width, 1)
        self.hidden = nn.Linear(4 * width + figures, hidden)
        self.out = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(dropout)
        self.sharpness = nn.Parameter(torch.tensor([5.0]))

    def forward(self, batch: Batch) -> Tensor:
        """Logits (B,) that the passages answer the questions."""
        question = torch.tanh(self.project(self.dropout(batch.question)))
        passage = torch.tanh(self.project(self.dropout(batch.passage)))
        near = self.sharpness * normalize(question, dim=-1) @ normalize(passage, dim=-1).transpose(1, 2)
        there, other = batch.in_question, batch.in_passage
        seen = [
            self._found(question, passage, near, there, other, batch.told_question),
            self._found(passage, question, near.transpose(1, 2), other, there, batch.told_passage),
            batch.figures,
        ]
        hidden = torch.relu(self.hidden(torch.cat(seen, -1)))
        logits: Tensor = self.out(self.dropout(hidden))[:, 0]
        return logits

    def _found(self, text: Tensor, other: Tensor, near: Tensor, there: Tensor, others: Tensor, told: Tensor) -> Tensor:
        near = near.masked_fill(~others[:, None], FAR)
        like = near.softmax(-1) @ other
        figures = torch.cat([near.max(-1).values[..., None] / 10, told], -1)
        both = torch.cat([text, like, text - like, text * like, figures], -1)
        compared = torch.relu(self.compare(self.dropout(both)))
        weights = self.weigh(compared)[..., 0].masked_fill(~there, FAR).softmax(-1)
        mean = (weights[..., None] * compared).sum(1)
        return torch.cat([mean, compared.masked_fill(~there[..., None], 0.0).max(1).values], -1)

    def export(self, about: About, rarity: np.ndarray, centre: np.ndarray, spread: np.ndarray) -> AnswerModel:
        """The model that serves."""
        arrays: dict[str, np.ndarray] = {}
        for name in ("project", "compare", "weigh", "hidden", "out"):
            layer = getattr(self, name)
            arrays[name], arrays[f"{name}_bias"] = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        for name in ("weigh", "out"):
            arrays[name] = arrays[name][0]
        arrays |= {"sharpness": self.sharpness.detach().numpy(), "rarity": rarity, "centre": centre, "spread": spread}
        return AnswerModel(about, **{n: np.array(a, np.float32) for n, a in arrays.items()}).checked()


def collate(pairs: Sequence[tuple[Tokens, Tokens]], figures: np.ndarray, rarity: np.ndarray) -> Batch:
    """The batch of some pairs of question and passage, `figures` (B, s) as the network takes them."""
    sides = [[pair[side] for pair in pairs] for side in (0, 1)]
    vectors = [_padded([tokens.vectors for tokens in side]) for side in sides]
    there = [_there([len(tokens.ids) for tokens in side]) for side in sides]
    told = [_padded([_told(pair[side], pair[1 - side], rarity) for pair in pairs]) for side in (0, 1)]
    return Batch(
        question=vectors[0], passage=vectors[1], in_question=there[0], in_passage=there[1],
        told_question=told[0], told_passage=told[1], figures=torch.from_numpy(figures.astype(np.float32)),
    )  # fmt: skip


def _told(text: Tokens, other: Tokens, rarity: np.ndarray) -> np.ndarray:
    return np.stack([rarity[text.ids], np.isin(text.ids, other.ids)], axis=1).astype(np.float32)


def _padded(rows: Sequence[np.ndarray]) -> Tensor:
    longest = max(1, *(len(row) for row in rows))
    whole = np.zeros((len(rows), longest, rows[0].shape[1]), np.float32)
    for place, row in enumerate(rows):
        whole[place, : len(row)] = row
    return torch.from_numpy(whole)


def _there(lengths: Sequence[int]) -> Tensor:
    """Which pieces there are; of an empty text the first, of zeros."""
    count = torch.tensor([max(1, length) for length in lengths])
    return torch.arange(int(count.max()))[None] < count[:, None]
