"""Training the compact writer: a small decoder from scratch on composed replies, then its LoRA adapter `writer`."""

from __future__ import annotations

import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from assistant.adapters import CARD, AdapterCard, fingerprint
from assistant.generation import render
from assistant.writer_prompt import PROMPT_VERSION
from finetune.replies.examples import HELD_OUT, Example, examples
from finetune.replies.vocabulary import vocabulary
from finetune.writer_card import write_card
from finetune.writer_tokenizer import END, train_tokenizer

IGNORED = -100
POOL = 4
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
Report = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """configs/train-writer.yaml; see the comments there."""

    vocabulary: int = 3072
    hidden: int = 192
    layers: int = 5
    heads: int = 6
    feed_forward: int = 512
    steps: int = 900
    bare: float = 0.1
    adapter_steps: int = 150
    rank: int = 16
    alpha: int = 32
    batch: int = 64
    learning_rate: float = 3e-3
    adapter_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.03
    checkpoint_every: int = 100
    judged: int = 400
    seed: int = 0
    threads: int = 1
    output: str = "runs/writer"

    @classmethod
    def from_yaml(cls, path: str | Path, **overrides: Any) -> Recipe:
        """Read a recipe; unknown keys are refused with the known ones named."""
        import yaml

        values = (yaml.safe_load(Path(path).read_text("utf-8")) or {}) | overrides
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"{path}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
        return cls(**values)


def train_writer(recipe: Recipe, report: Report = print) -> dict[str, Any]:
    """Train by `recipe`, going on from its last checkpoint, and save model, tokenizer, adapter and card to `output`.

    The same recipe gives the same weights, interrupted or not. Returns the metrics on plans of unseen kinds.
    """
    torch.set_num_threads(recipe.threads)
    output = Path(recipe.output)
    output.mkdir(parents=True, exist_ok=True)
    corpus = examples(4000, recipe.seed)
    tokenizer = train_tokenizer([e.messages[0]["content"] + "\n" + e.reply for e in corpus], recipe.vocabulary)
    tokenizer.save_pretrained(output)
    base = new_model(recipe, tokenizer)
    report(f"{len(tokenizer)} tokens, {base.num_parameters() / 1e6:.2f} million parameters")
    seconds = fit(base, tokenizer, recipe, output / "base.pt", report, bare=recipe.bare)
    base = base.to(torch.bfloat16)  # what is shipped; the adapter is trained on just these weights
    base.save_pretrained(output)
    base = base.float()
    adapted = with_adapter(base, recipe)
    seconds += fit(adapted, tokenizer, recipe, output / "adapter.pt", report, adapter=True)
    save_adapter(adapted, recipe, output)
    for name in ("base.pt", "adapter.pt"):
        (output / name).unlink(missing_ok=True)
    return finish(recipe, seconds, report)


def finish(recipe: Recipe, seconds: float, report: Report = print) -> dict[str, Any]:
    """Judge the writer in the recipe's output folder, which took `seconds` of processor time, and write its card."""
    from finetune.writer_metrics import measure

    output = Path(recipe.output)
    (output / "words.json").write_text(json.dumps(vocabulary(), indent=0) + "\n", "utf-8")
    metrics = measure(output, recipe.judged, report) | {"processor_minutes": round(seconds / 60, 1)}
    write_card(output, asdict(recipe), metrics, HELD_OUT)
    return metrics


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


def encode(tokenizer: Any, example: Example, *, bare: bool = False) -> tuple[list[int], list[int]]:
    """Token ids and labels of an example: loss on the answer and its end, not on the prompt (which `bare` omits)."""
    prompt = [] if bare else tokenizer.encode(render(tokenizer, example.messages), add_special_tokens=False)
    answer = tokenizer.encode(example.reply + END, add_special_tokens=False)
    return prompt + answer, [IGNORED] * len(prompt) + answer


def batch_of(tokenizer: Any, recipe: Recipe, step: int, bare: float, stream: int) -> tuple[Tensor, Tensor, Tensor]:
    """Batch `step` of a run: ids, attention mask and labels, each (batch, length). A function of its arguments alone,
    so that a run can go on anywhere. Examples of like length are batched, from pools of a few batches."""
    pool, place = divmod(step, POOL)
    rng = random.Random(f"{recipe.seed} {stream} {pool}")
    drawn = examples(POOL * recipe.batch, rng.getrandbits(48))
    rows = sorted((encode(tokenizer, e, bare=rng.random() < bare) for e in drawn), key=lambda row: len(row[0]))
    place = rng.sample(range(POOL), POOL)[place]
    return pad(rows[place * recipe.batch : (place + 1) * recipe.batch], tokenizer.pad_token_id)


def pad(rows: Sequence[tuple[list[int], list[int]]], filler: int) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of ids and labels as ids, attention mask and labels of equal length, padded at the end."""
    length = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [filler] * (length - len(ids)) for ids, _ in rows])
    mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _ in rows])
    labels = torch.tensor([labels + [IGNORED] * (length - len(labels)) for _, labels in rows])
    return ids, mask, labels


def fit(
    model: Any,
    tokenizer: Any,
    recipe: Recipe,
    checkpoint: Path,
    report: Report,
    *,
    bare: float = 0.0,
    adapter: bool = False,
) -> float:
    """Train the weights of `model` that are not frozen. Returns the processor seconds spent, those before an
    interruption included."""
    steps = recipe.adapter_steps if adapter else recipe.steps
    rate = recipe.adapter_learning_rate if adapter else recipe.learning_rate
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=rate, betas=(0.9, 0.98), weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps, recipe.warmup))
    step, spent = _resume(checkpoint, trained, optimizer, schedule)
    started, running = time.process_time() - spent, 0.0
    model.train()
    while step < steps:
        ids, mask, labels = batch_of(tokenizer, recipe, step, bare, stream=int(adapter))
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
        optimizer.step()
        schedule.step()
        step += 1
        running = 0.95 * running + 0.05 * loss.item() if running else loss.item()
        if step % 25 == 0:
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
    adapted.save_pretrained(folder)
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


def _rate(step: int, steps: int, warmup: float) -> float:
    rise = max(1, int(steps * warmup))
    if step < rise:
        return (step + 1) / rise
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


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
