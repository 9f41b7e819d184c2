"""Prompts with their answers as training examples: which tokens a chat model sees, and which it is trained on.

Prompts are rendered by the code that serves them (`assistant.prompts`, `assistant.generation.render`); only the
answer and the token that ends it are trained.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.generation import harmless, render
from assistant.prompts import reader_messages, target_text
from assistant.records import Conversation
from finetune.conversations import chains, split
from finetune.readings import readings
from finetune.sources import read_sources

if TYPE_CHECKING:
    import torch

IGNORE = -100


@dataclass(frozen=True)
class Pair:
    """A chat, as messages with role and content, and what the model should answer."""

    messages: tuple[dict[str, str], ...]
    answer: str


@dataclass(frozen=True)
class Example:
    """A pair as tokens. The first `prompt` of `ids` are seen only; the others are trained."""

    ids: tuple[int, ...]
    prompt: int


def reader_pairs(conversations: Sequence[Conversation]) -> list[Pair]:
    """One pair for each labelled turn whose state before it is known."""
    return [
        Pair(tuple(reader_messages(state, conversation)), target_text(reading, conversation))
        for chain in chains(conversations)
        for state, conversation, reading in readings(chain)
    ]


def load_reader_pairs(
    paths: Sequence[str | Path], held_out: float, seed: int
) -> tuple[list[Pair], list[Pair], list[str]]:
    """Pairs to train on, pairs held out (whole conversations, `held_out` of them), and what was wrong with files."""
    conversations, problems = read_sources(paths)
    if not conversations:
        raise ValueError(f"No labelled conversation in {', '.join(map(str, paths)) or 'no file'}; give `data` files.")
    parts = split(conversations, {"train": 1 - held_out, "valid": held_out}, seed)
    return reader_pairs(parts["train"]), reader_pairs(parts["valid"]), [str(problem) for problem in problems]


def data_sha256(pairs: Sequence[Pair]) -> str:
    """A hash of everything in the pairs, in order."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps([list(pair.messages), pair.answer], ensure_ascii=False).encode())
    return digest.hexdigest()


def encode_pair(tokenizer: Any, pair: Pair) -> Example:
    """Prompt and answer, each tokenised on its own as in serving, and the end of the turn."""
    prompt = tokenizer.encode(render(tokenizer, pair.messages), add_special_tokens=False)
    answer = tokenizer.encode(harmless(tokenizer, pair.answer), add_special_tokens=False)
    return Example((*prompt, *answer, tokenizer.eos_token_id), len(prompt))


def encode_pairs(tokenizer: Any, pairs: Sequence[Pair], longest: int) -> tuple[list[Example], int]:
    """The examples of at most `longest` tokens, and how many pairs were longer and left out."""
    examples = [encode_pair(tokenizer, pair) for pair in pairs]
    kept = [example for example in examples if len(example.ids) <= longest]
    return kept, len(examples) - len(kept)


@dataclass(frozen=True)
class Batch:
    """B examples padded on the left to T tokens: `ids` and `mask` are (B, T); `labels`, (B, A), belong to the last
    A positions, shifted: `labels[:, i]` is what the model should say after position `T - 1 - A + i`."""

    ids: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor

    @property
    def trained(self) -> int:
        """How many tokens are trained on."""
        return int((self.labels != IGNORE).sum())


def collate(examples: Sequence[Example], pad: int) -> Batch:
    """Pads on the left, so that all answers end together and scores are only needed for the last positions."""
    import torch

    width = max(len(e.ids) for e in examples)
    answers = max(len(e.ids) - e.prompt for e in examples)
    ids = torch.full((len(examples), width), pad)
    mask = torch.zeros_like(ids)
    labels = torch.full((len(examples), answers), IGNORE)
    for row, example in enumerate(examples):
        ids[row, width - len(example.ids) :] = torch.tensor(example.ids)
        mask[row, width - len(example.ids) :] = 1
        answer = example.ids[example.prompt :]
        labels[row, answers - len(answer) :] = torch.tensor(answer)
    return Batch(ids, mask, labels)


def epoch_order(count: int, epoch: int, seed: int) -> list[int]:
    """The order of `count` examples in an epoch: the same for the same seed, on every machine."""
    order = list(range(count))
    random.Random(f"{seed}:{epoch}").shuffle(order)
    return order


def steps(count: int, per_step: int, epochs: int, seed: int) -> Iterator[list[int]]:
    """The examples of each optimiser step; the last of an epoch may be smaller."""
    for epoch in range(epochs):
        order = epoch_order(count, epoch, seed)
        for start in range(0, count, per_step):
            yield order[start : start + per_step]
