"""Training the compact writer: a small decoder from scratch on composed replies, then its LoRA adapter `writer`."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from assistant.adapters import CARD, AdapterCard, fingerprint
from assistant.checkpoints import load_base
from assistant.draft import sentences
from assistant.facts import keys
from assistant.generation import render
from assistant.phrasebook import Phrasebook
from assistant.writer_prompt import PROMPT_VERSION, writer_messages
from finetune.recipe import YamlRecipe
from finetune.replies.examples import HELD_OUT, NOBODY, Example, examples
from finetune.reply_data import read_replies
from finetune.writer_card import write_card
from finetune.writer_tokenizer import END, train_tokenizer

IGNORED = -100
POOL = 8
TOKENIZER_EXAMPLES = 4000
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
Report = Callable[[str], None]
Row = tuple[list[int], list[int]]


@dataclass(frozen=True)
class Recipe(YamlRecipe):
    """configs/train-writer.yaml; see the comments there."""

    data: list[str] = field(default_factory=list)
    redact: bool = True
    examples: int = 30000
    vocabulary: int = 3072
    hidden: int = 128
    layers: int = 5
    heads: int = 4
    feed_forward: int = 384
    steps: int = 2200
    bare: float = 0.1
    adapter_steps: int = 200
    rank: int = 8
    alpha: int = 16
    batch: int = 32
    learning_rate: float = 3e-3
    adapter_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: int = 50
    decay: float = 0.35
    checkpoint_every: int = 100
    judged: int = 400
    seed: int = 0
    start: str | None = None
    threads: int = 1
    output: str = "runs/writer"


def train_writer(recipe: Recipe, report: Report = print) -> dict[str, Any]:
    """Train by `recipe`, going on from its last checkpoint, and save model, tokenizer, adapter and card to `output`.

    The same recipe gives the same weights, interrupted or not. Returns the metrics on plans of unseen kinds.
    """
    torch.set_num_threads(recipe.threads)
    output = Path(recipe.output)
    output.mkdir(parents=True, exist_ok=True)
    corpus = replies(recipe, report)
    base, tokenizer = start(recipe, corpus)
    tokenizer.save_pretrained(output)
    rows = [encode(tokenizer, example) for example in corpus]
    report(f"{len(rows)} examples of {sum(len(ids) for ids, _ in rows) / len(rows):.0f} tokens")

    def batches(part: str, bare: float = 0.0) -> Batches:
        return Batches(rows, recipe.batch, tokenizer.pad_token_id, f"{recipe.seed} {part}", bare)

    report(f"{len(tokenizer)} tokens, {base.num_parameters() / 1e6:.2f} million parameters")
    seconds = fit(base, batches("base", recipe.bare), recipe, output / "base.pt", report)
    base = base.to(torch.bfloat16)  # what is shipped; the adapter is trained on just these weights
    base.save_pretrained(output)
    base = base.float()
    adapted = with_adapter(base, recipe)
    seconds += fit(adapted, batches("adapter"), recipe, output / "adapter.pt", report, adapter=True)
    save_adapter(adapted, recipe, output)
    for name in ("base.pt", "adapter.pt"):
        (output / name).unlink(missing_ok=True)
    return finish(recipe, seconds, report)


def finish(recipe: Recipe, seconds: float, report: Report = print) -> dict[str, Any]:
    """Judge the writer in the recipe's output folder, which took `seconds` of processor time, and write its card."""
    from finetune.writer_metrics import measure

    output = Path(recipe.output)
    corpus = replies(recipe)
    Phrasebook.of((e.plan, sentence) for e in corpus for sentence in sentences([e.reply])).save(output)
    metrics = measure(output, recipe.judged, report) | {"processor_minutes": round(seconds / 60, 1)}
    write_card(output, asdict(recipe), metrics, HELD_OUT)
    return metrics


def replies(recipe: Recipe, report: Report = lambda _: None) -> list[Example]:
    """What the recipe trains on: composed replies, and those of its `data`."""
    own, problems = read_replies(recipe.data, recipe.seed, recipe.redact)
    for problem in problems:
        report(f"left out: {problem}")
    given = [Example(r.plan, tuple(writer_messages(r.plan, NOBODY, values=False)), r.reply) for r in own]
    return [*examples(recipe.examples, recipe.seed), *given]


def start(recipe: Recipe, corpus: Sequence[Example]) -> tuple[Any, Any]:
    """The base model and tokenizer that training begins with: new ones, or those of the writer in `recipe.start`, which
    is taught the placeholders that it did not have yet."""
    if recipe.start is not None:
        base, tokenizer = load_base(recipe.start, torch.float32)
        torch.manual_seed(recipe.seed)
        tokenizer.add_tokens(sorted({f"{{{key}}}" for key in keys()} - set(tokenizer.get_vocab())))
        base.resize_token_embeddings(len(tokenizer))
        return base, tokenizer
    texts = [e.messages[0]["content"] + "\n" + e.reply for e in corpus[:TOKENIZER_EXAMPLES]]
    tokenizer = train_tokenizer(texts, recipe.vocabulary)
    return new_model(recipe, tokenizer), tokenizer


def new_model(recipe: Recipe, tokenizer: Any) -> Any:
    """A decoder of the Qwen3 architecture with random weights, seeded."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(recipe.seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=recipe.hidden,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            head_dim=recipe.hidden // recipe.heads,
            intermediate_size=recipe.feed_forward,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def with_adapter(base: Any, recipe: Recipe) -> Any:
    """`base` under a fresh LoRA adapter on every linear layer, seeded; the base itself is frozen."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(recipe.seed)
    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules=TARGETS, task_type="CAUSAL_LM")
    return get_peft_model(base, config)


def encode(tokenizer: Any, example: Example) -> Row:
    """Token ids and labels of an example: loss on the answer and its end, not on the prompt."""
    prompt = tokenizer.encode(render(tokenizer, example.messages), add_special_tokens=False)
    answer = tokenizer.encode(example.reply + END, add_special_tokens=False)
    return prompt + answer, [IGNORED] * len(prompt) + answer


class Batches:
    """The batches of a run by step, a function of rows and seed alone, so that a run can go on anywhere.

    Every pass over the rows has an order of its own; rows of like length come together, from pools of a few batches.
    """

    def __init__(self, rows: Sequence[Row], size: int, filler: int, seed: str, bare: float = 0.0) -> None:
        self._rows, self._size, self._filler, self._seed, self._bare = rows, size, filler, seed, bare
        self._epoch, self._order = -1, list[list[int]]()

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Ids, attention mask and labels of batch `step`, each of shape (batch, length)."""
        epoch, place = divmod(step, max(1, len(self._rows) // self._size))
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffled(random.Random(f"{self._seed} epoch {epoch}"))
        rng = random.Random(f"{self._seed} step {step}")
        return pad([self._row(i, rng) for i in self._order[place]], self._filler)

    def _shuffled(self, rng: random.Random) -> list[list[int]]:
        order = rng.sample(range(len(self._rows)), len(self._rows))
        pool = POOL * self._size
        pools = [sorted(order[i : i + pool], key=lambda k: len(self._rows[k][0])) for i in range(0, len(order), pool)]
        batches = [part[i : i + self._size] for part in pools for i in range(0, len(part), self._size)]
        return rng.sample(
            [batch for batch in batches if len(batch) == self._size] or batches, len(self._rows) // self._size or 1
        )

    def _row(self, i: int, rng: random.Random) -> Row:
        ids, labels = self._rows[i]
        start = labels.count(IGNORED) if rng.random() < self._bare else 0
        return ids[start:], labels[start:]


def pad(rows: Sequence[Row], filler: int) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of ids and labels as ids, attention mask and labels of equal length, padded at the end."""
    length = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [filler] * (length - len(ids)) for ids, _ in rows])
    mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _ in rows])
    labels = torch.tensor([labels + [IGNORED] * (length - len(labels)) for _, labels in rows])
    return ids, mask, labels


def fit(
    model: Any, batches: Batches, recipe: Recipe, checkpoint: Path, report: Report, *, adapter: bool = False
) -> float:
    """Train the weights of `model` that are not frozen. Returns the processor seconds spent, those before an
    interruption included."""
    steps = recipe.adapter_steps if adapter else recipe.steps
    rate = recipe.adapter_learning_rate if adapter else recipe.learning_rate
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=rate, betas=(0.9, 0.98), weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps, recipe))
    step, spent = _resume(checkpoint, trained, optimizer, schedule)
    started, running = time.process_time() - spent, 0.0
    model.train()
    while step < steps:
        ids, mask, labels = batches[step]
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
        optimizer.step()
        schedule.step()
        step += 1
        running = 0.95 * running + 0.05 * loss.item() if running else loss.item()
        if step % 50 == 0:
            seconds = time.process_time() - started
            report(f"{checkpoint.stem} step {step}/{steps} loss {running:.3f} after {seconds:.0f} processor seconds")
        if step % recipe.checkpoint_every == 0:
            _save(checkpoint, step, time.process_time() - started, trained, optimizer, schedule)
    model.eval()
    spent = time.process_time() - started
    _save(checkpoint, step, spent, trained, optimizer, schedule)
    return spent


def save_adapter(adapted: Any, recipe: Recipe, output: Path) -> None:
    """The adapter in `output`/adapter, with the card that ties it to the base and to this version of the prompt."""
    folder = output / "adapter"
    adapted.peft_config["default"].base_model_name_or_path = "writer"
    adapted.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    texts = "\n".join(e.reply for e in examples(200, recipe.seed))
    card = AdapterCard(
        role="writer",
        base="writer",
        base_fingerprint=fingerprint(adapted.get_base_model()),
        prompt_version=PROMPT_VERSION,
        data_sha256=hashlib.sha256(texts.encode()).hexdigest(),
        recipe=asdict(recipe),
    )
    (folder / CARD).write_text(json.dumps(card.model_dump(), indent=2) + "\n", "utf-8")


def _rate(step: int, steps: int, recipe: Recipe) -> float:
    """Rises to 1, stays there, and falls in a line over the last part: a run can be cut short before it falls."""
    rise = min(1.0, (step + 1) / max(1, recipe.warmup))
    fall = (steps - step) / max(1, round(steps * recipe.decay))
    return min(rise, max(0.02, fall), 1.0)


def _save(path: Path, step: int, spent: float, trained: dict[str, Tensor], optimizer: Any, schedule: Any) -> None:
    weights = {name: p.detach() for name, p in trained.items()}
    state = {"step": step, "spent": spent, "weights": weights, "optimizer": optimizer.state_dict()}
    partial = path.with_suffix(".partial")
    torch.save(state | {"schedule": schedule.state_dict()}, partial)
    partial.replace(path)


def _resume(path: Path, trained: dict[str, Tensor], optimizer: Any, schedule: Any) -> tuple[int, float]:
    if not path.is_file():
        return 0, 0.0
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for name, weights in state["weights"].items():
            trained[name].copy_(weights)
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"]), float(state["spent"])
