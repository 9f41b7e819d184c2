"""Judging a compact writer on plans of kinds that it was never trained on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from assistant.checkpoints import load_base, with_adapters
from assistant.draft import Draft, sentences
from assistant.facts import offered, placeholders
from assistant.generation import Generator
from assistant.phrasebook import Phrasebook
from assistant.verify import Lexicon, misattributed
from assistant.writing import CompactWriter, WritingError
from finetune.replies.examples import NOBODY, Example, examples
from finetune.train_writer import encode, pad

Report = Callable[[str], None]


@dataclass(frozen=True)
class Judgement:
    """One raw reply: whether its placeholders are exactly those offered, each once; whether it names every pick;
    whether every fact stands with its own product; whether no check stops any of its sentences."""

    exact: bool
    picks: bool
    attributed: bool
    verified: bool


def judge(example: Example, reply: str, phrasebook: Phrasebook) -> Judgement:
    """What is right about `reply`, which still has its placeholders."""
    keys, said = [fact.key for fact in offered(example.plan)], placeholders(reply)
    titles = {key for key in keys if key.endswith(".title")}
    draft = Draft(example.plan, NOBODY, Lexicon(Lexicon().words - phrasebook.words), phrasebook)
    stopped = [sentence for sentence in sentences([reply]) if not draft.add(sentence)]
    mixed = example.plan.move != "compare" and bool(misattributed(reply, keys, 0)[0])
    return Judgement(sorted(keys) == sorted(said), titles <= set(said), not mixed, bool(reply) and not stopped)


def measure(folder: Path, count: int, report: Report = print) -> dict[str, Any]:
    """All figures of the writer in `folder`, on `count` plans of unseen kinds. `free` is the bare model, most likely
    tokens; `constrained` is as served, before sentences are checked; `served` is what a shopper gets."""
    judged = examples(count, seed=10_000, unseen=True)
    report(f"judging on {count} plans of unseen kinds")
    metrics: dict[str, Any] = {"judged": count} | perplexities(folder, judged)
    writer = CompactWriter.load(folder)
    phrasebook = Phrasebook.load(folder)
    for name, reply in (("free", _free(writer.generator)), ("constrained", _constrained(writer))):
        metrics[name] = _shares([judge(e, reply(e), phrasebook) for e in judged])
        report(f"{name}: {metrics[name]}")
    return metrics | {"served": _served(writer, judged)}


def perplexities(folder: Path, judged: Sequence[Example]) -> dict[str, float]:
    """Of the answers' tokens, prompts given: the base alone and under its adapter."""
    base, tokenizer = load_base(str(folder), torch.float32)
    model = with_adapters(base, {"writer": folder / "adapter"}).eval()
    rows = [encode(tokenizer, example) for example in judged]
    batches = [pad(rows[i : i + 32], tokenizer.pad_token_id) for i in range(0, len(rows), 32)]
    with_adapter = _perplexity(model, batches)
    with model.disable_adapter():
        return {"perplexity_base": _perplexity(model, batches), "perplexity_writer": with_adapter}


def _perplexity(model: Any, batches: Sequence[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]) -> float:
    loss, tokens = 0.0, 0
    for ids, mask, labels in batches:
        scored = int((labels[:, 1:] >= 0).sum())
        with torch.inference_mode():
            loss += float(model(input_ids=ids, attention_mask=mask, labels=labels).loss) * scored
        tokens += scored
    return round(math.exp(loss / tokens), 3)


def _free(generator: Generator) -> Callable[[Example], str]:
    return lambda example: generator.complete(example.messages, adapter="writer", max_new_tokens=320)


def _constrained(writer: CompactWriter) -> Callable[[Example], str]:
    return lambda example: "".join(writer.pieces(example.plan, NOBODY))


def _shares(judgements: Sequence[Judgement]) -> dict[str, float]:
    names = ("exact", "picks", "attributed", "verified")
    return {name: round(mean(getattr(j, name) for j in judgements), 4) for name in names}


def _served(writer: CompactWriter, judged: Sequence[Example]) -> dict[str, float]:
    """Replies through `CompactWriter.write`: how many failed, their length, and seconds to first words and end."""
    first: list[float] = []
    whole: list[float] = []
    words: list[int] = []
    failed = 0
    for example in judged:
        started = time.perf_counter()
        pieces: list[str] = []
        try:
            for piece in writer.write(example.plan, NOBODY):
                if not pieces:
                    first.append(time.perf_counter() - started)
                pieces.append(piece)
        except WritingError:
            failed += 1
            continue
        whole.append(time.perf_counter() - started)
        words.append(len("".join(pieces).split()))
    return {
        "failed": failed,
        "words_mean": round(mean(words), 1) if words else 0.0,
        "words_max": max(words, default=0),
        "first_words_seconds_median": _share(first, 0.5),
        "reply_seconds_median": _share(whole, 0.5),
        "reply_seconds_95th": _share(whole, 0.95),
    }


def _share(seconds: Sequence[float], share: float) -> float:
    """The time within which this share of replies came; 0 where none did."""
    return round(sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))], 3) if seconds else 0.0
