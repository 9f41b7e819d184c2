"""What a base model is trained on, as tokens on disk: public text, and generated readings and replies.

The folder holds the tokenizer, `text.npz` and shards `chats-00000.npz`. It is made once, by as many processes as there
are, each file whole or not at all; what is there is not made again, so it may be made on one machine and carried to
another. Only the tokenizer and `text.npz` need the text of the public sets.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.base_recipe import BaseRecipe
from finetune.chat_pairs import Example, Pair, encode_pair
from finetune.writer_tokenizer import PIECES, TEMPLATE, train_tokenizer

Report = Callable[[str], None]
SAMPLE_LETTERS = 20_000_000
SAMPLE_PAIRS = 3_000
TEXT, HELD_OUT, MANIFEST = "text.npz", "held-out.npz", "data.json"
TEXT_HELD_OUT = 0.01
BASE_PIECES = PIECES.replace(r" ?[^\s\p{L}{}]+", r" ?\p{N}{1,3}| ?[^\s\p{L}\p{N}{}]")
"""Signs are pieces of their own, so that what the layout of a reading forces are whole tokens."""


@dataclass(frozen=True)
class Tokens(Sequence[Example]):
    """Examples laid end to end: `ids`, where each begins (and the last ends), and how long its prompt is."""

    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]
    prompts: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.prompts)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        return Example(tuple(self.ids[self.starts[place] : self.starts[place + 1]].tolist()), int(self.prompts[place]))

    def first(self, count: int) -> Tokens:
        """The first `count` examples, or all."""
        starts = self.starts[: count + 1]
        return Tokens(self.ids[: starts[-1]], starts, self.prompts[:count])

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Tokens:
        """Of examples whose tokens fit two bytes."""
        ids = np.fromiter((i for e in examples for i in e.ids), np.uint16)
        starts = np.cumsum([0, *(len(e.ids) for e in examples)], dtype=np.int64)
        return cls(ids, starts, np.array([e.prompt for e in examples], dtype=np.int32))

    @classmethod
    def joined(cls, parts: Sequence[Tokens]) -> Tokens:
        """All parts, in order."""
        ends = np.cumsum([0, *(len(part.ids) for part in parts)])
        starts = [part.starts[:-1] + end for part, end in zip(parts, ends, strict=False)]
        return cls(
            np.concatenate([np.empty(0, np.uint16), *(part.ids for part in parts)]),
            np.concatenate([*starts, ends[-1:]]).astype(np.int64),
            np.concatenate([np.empty(0, np.int32), *(part.prompts for part in parts)]),
        )


@dataclass(frozen=True)
class Corpus:
    """Blocks of text and chats to train on, and those held out; `tokenizer` made them."""

    tokenizer: Any
    text: Tokens
    chats: Tokens
    text_held_out: Tokens
    chats_held_out: Tokens


def load_corpus(recipe: BaseRecipe, report: Report = print) -> Corpus:
    """The recipe's tokens, made where they are not there yet. Raises `ValueError` where the folder holds those of
    another recipe, or there is no text to make them from."""
    folder = Path(recipe.data)
    make_text(recipe, report)
    numbers = [None, *range(-(-recipe.chats // recipe.shard))]
    missing = [number for number in numbers if not _shard(folder, number).exists()]
    if missing:
        report(f"making {len(missing)} of {len(numbers)} shards of readings and replies")
        for done, _ in enumerate(_make_shards(recipe, missing), start=1):
            report(f"{done} of {len(missing)} shards")
    with np.load(folder / TEXT) as saved:
        text, held_out = (_blocks(saved[name], recipe.context) for name in ("train", "held_out"))
    chats = Tokens.joined([_read(_shard(folder, number)) for number in numbers[1:]]).first(recipe.chats)
    return Corpus(_tokenizer(folder), text, chats, held_out, _read(_shard(folder, None)))


def make_text(recipe: BaseRecipe, report: Report = print) -> None:
    """The tokenizer and the public text as tokens, where they are not there yet. Errors as in `load_corpus`."""
    from finetune.base_text import documents

    folder = Path(recipe.data)
    if (folder / MANIFEST).exists():
        made = json.loads((folder / MANIFEST).read_text("utf-8"))
        wanted = recipe.data_identity()
        if made != wanted:
            other = sorted(name for name in wanted if made.get(name) != wanted[name])
            raise ValueError(f"{folder} was made with another {', '.join(other)}. Delete it, or choose another `data`.")
        return
    texts = list(documents(Path(recipe.text)))
    if not texts:
        raise ValueError(f"No text in {recipe.text!r}: expected the public sets there, as finetune/base_text.py names.")
    folder.mkdir(parents=True, exist_ok=True)
    report(f"{len(texts)} documents of {sum(map(len, texts)) / 1e6:.1f} million letters")
    template = TEMPLATE.replace(
        "{{ message['content'] }}",
        f"{{{{ message['content'][:{recipe.instruction}] if message['role'] == 'system' else message['content'] }}}}",
    )
    tokenizer = train_tokenizer(_sample(texts, recipe), recipe.vocabulary, BASE_PIECES, template, 2 * recipe.context)
    tokenizer.save_pretrained(folder)
    rng = random.Random(recipe.seed)
    parts: dict[str, list[int]] = {"train": [], "held_out": []}
    for start in range(0, len(texts), 1000):
        for ids in tokenizer(texts[start : start + 1000], add_special_tokens=False)["input_ids"]:
            parts["held_out" if rng.random() < TEXT_HELD_OUT else "train"] += [*ids, tokenizer.eos_token_id]
    report(f"{len(parts['train'])} tokens of text, {len(parts['held_out'])} held out")
    _save(folder / TEXT, **{name: np.array(ids, dtype=np.uint16) for name, ids in parts.items()})
    (folder / MANIFEST).write_text(json.dumps(recipe.data_identity(), indent=2) + "\n", "utf-8")


def _sample(texts: Sequence[str], recipe: BaseRecipe) -> Iterator[str]:
    """What the tokenizer learns from: a share of the text, spread evenly, and some chats."""
    step = max(1, sum(map(len, texts)) // SAMPLE_LETTERS)
    yield from texts[::step]
    for pair in _shard_pairs(recipe, 0, min(SAMPLE_PAIRS, recipe.shard)):
        yield pair.messages[-1]["content"]
        yield pair.answer


def _make_shards(recipe: BaseRecipe, numbers: Sequence[int | None]) -> Iterator[Path]:
    """The shards one after the other as they are made, by the recipe's number of processes."""
    if recipe.workers == 1:
        yield from (_make_shard(recipe, number) for number in numbers)
        return
    with ProcessPoolExecutor(recipe.workers or os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_make_shard, itertools.repeat(recipe), numbers)


def _make_shard(recipe: BaseRecipe, number: int | None) -> Path:
    """Makes a shard of the chats; `None` is the one held out: products and kinds of reply that are never trained on."""
    folder = Path(recipe.data)
    tokenizer = _tokenizer(folder)
    pairs = _shard_pairs(recipe, number, recipe.held_out if number is None else recipe.shard)
    examples = [encode_pair(tokenizer, pair) for pair in pairs]
    fitting = Tokens.of([e for e in examples if len(e.ids) <= recipe.context])
    path = _shard(folder, number)
    _save(path, ids=fitting.ids, starts=fitting.starts, prompts=fitting.prompts)
    return path


def _shard(folder: Path, number: int | None) -> Path:
    return folder / (HELD_OUT if number is None else f"chats-{number:05}.npz")


def _shard_pairs(recipe: BaseRecipe, number: int | None, size: int) -> list[Pair]:
    """Readings and replies in the recipe's proportion, in seeded order."""
    from assistant.writer_prompt import writer_messages
    from finetune.generator import generate
    from finetune.lora_tasks import reader_pairs
    from finetune.replies.examples import NOBODY, examples

    unseen = number is None
    seed = 1_000_003 * recipe.seed + (0 if number is None else number + 1)
    replies = examples(round(size * recipe.replies), seed, unseen=unseen)
    shared = Path(recipe.shared) if recipe.shared else None
    chains = generate(size, seed, holdout=unseen, shared=shared)
    needed = size - len(replies)
    read: list[Pair] = []
    while len(read) < needed:
        read += reader_pairs(next(chains))
    written = [Pair(tuple(writer_messages(e.plan, NOBODY, values=True)), e.reply) for e in replies]
    return random.Random(seed).sample([*read[:needed], *written], size)


def _blocks(ids: NDArray[np.uint16], size: int) -> Tokens:
    """A stream of text cut into blocks of `size` tokens, of which all but the first are trained."""
    count = max(1, len(ids) // size) if len(ids) > 1 else 0
    starts = np.minimum(np.arange(count + 1, dtype=np.int64) * size, len(ids))
    return Tokens(ids, starts, np.ones(count, dtype=np.int32))


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def _read(path: Path) -> Tokens:
    with np.load(path) as saved:
        return Tokens(saved["ids"], saved["starts"], saved["prompts"])


def _save(path: Path, **arrays: Any) -> None:
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, **arrays)
    part.replace(path)
