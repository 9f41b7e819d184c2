"""LoRA on a chat model of the hub: an adapter that reads (or writes) in this program's prompts.

    python -m finetune.lora configs/train-hub-reader.yaml
    accelerate launch -m finetune.lora configs/train-hub-reader.yaml      # several GPUs

A run that is stopped goes on from its last checkpoint when started again, and ends with the same weights. What it
leaves in `output`: the adapter (PEFT's files), `shopkeeper.json` (recipe, prompt version, data hash) and
`metrics.json`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from assistant.adapters import CARD, AdapterCard, fingerprint
from assistant.checkpoints import load_base, pick_device, pick_dtype
from assistant.prompts import PROMPT_VERSION
from finetune.chat_pairs import (
    IGNORE,
    Batch,
    Example,
    Pair,
    collate,
    data_sha256,
    encode_pairs,
    load_reader_pairs,
    steps,
)
from finetune.recipe import YamlRecipe

Report = Callable[[str], None]


@dataclass(frozen=True)
class LoraRecipe(YamlRecipe):
    """Settings of a run; configs/train-hub-reader.yaml explains them one by one."""

    model: str = "Qwen/Qwen3-4B-Instruct-2507"
    data: list[str] = field(default_factory=list)
    output: str = "runs/hub-reader"
    rank: int = 32
    alpha: int = 64
    dropout: float = 0.0
    targets: str | list[str] = "all-linear"
    rslora: bool = False
    dora: bool = False
    epochs: int = 3
    batch_size: int = 4
    accumulate: int = 4
    learning_rate: float = 2e-4
    warmup: float = 0.05
    weight_decay: float = 0.0
    max_length: int = 4096
    gradient_checkpointing: bool = True
    held_out: float = 0.1
    checkpoint_every: int = 100
    max_steps: int | None = None
    device: str = "auto"
    dtype: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("rank", "alpha", "epochs", "batch_size", "accumulate", "checkpoint_every", "max_length"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be 1 or more; it is {getattr(self, name)}.")
        if not 0 < self.held_out < 1:
            raise ValueError(f"`held_out` is a share between 0 and 1; it is {self.held_out}.")


@dataclass(frozen=True)
class Metrics:
    """What a run measured. Losses are means over trained tokens, in nats; `losses` has one for each step of the
    last start; `tokens_per_second` counts all tokens seen by one process."""

    examples: int
    held_out: int
    too_long: int
    steps: int
    trained_parameters: int
    losses: list[float]
    held_out_loss_before: float
    held_out_loss: float
    seconds: float
    tokens_per_second: float
    peak_gpu_bytes: int


def train_lora(
    recipe: LoraRecipe,
    pairs: tuple[Sequence[Pair], Sequence[Pair]] | None = None,
    role: Literal["reader", "writer"] = "reader",
    prompt_version: str = PROMPT_VERSION,
    report: Report = print,
) -> Metrics:
    """Trains an adapter and saves it in `recipe.output`.

    `pairs` are those to train on and those held out; left out, they are the readings of the labelled conversations
    in `recipe.data`. Raises `ModelError` where the model cannot be had and `ValueError` where there is nothing to
    train on.
    """
    if pairs is None:
        *loaded, problems = load_reader_pairs(recipe.data, recipe.held_out, recipe.seed)
        for problem in problems:
            report(f"left out: {problem}")
        pairs = loaded[0], loaded[1]
    run = _Run(recipe, pairs, report)
    metrics = run.train()
    run.save(role, prompt_version, metrics)
    return metrics


class _Run:
    """One training run: the model, its data as tokens, and where it has got to."""

    def __init__(self, recipe: LoraRecipe, pairs: tuple[Sequence[Pair], Sequence[Pair]], report: Report) -> None:
        from accelerate import Accelerator

        self.recipe, self.report, self.output = recipe, report, Path(recipe.output)
        device = pick_device(recipe.device)
        dtype = pick_dtype(recipe.dtype, device)
        precision = "bf16" if dtype == torch.bfloat16 else "no"
        self.accelerator = Accelerator(cpu=device == "cpu", mixed_precision=precision)
        base, self.tokenizer = load_base(recipe.model, dtype)
        self.fingerprint = fingerprint(base)
        self.data_sha256 = data_sha256(pairs[0])
        self.examples, too_long = encode_pairs(self.tokenizer, pairs[0], recipe.max_length)
        self.held_out, also = encode_pairs(self.tokenizer, pairs[1], recipe.max_length)
        self.too_long = too_long + also
        if not self.examples:
            raise ValueError(
                f"Nothing to train on: {len(pairs[0])} pairs, {too_long} over {recipe.max_length} tokens. "
                "Give labelled conversations in `data`, or raise `max_length`."
            )
        model = adapt(base, recipe)
        trained = [p for p in model.parameters() if p.requires_grad]
        self.trained_parameters = sum(p.numel() for p in trained)
        optimiser = torch.optim.AdamW(trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.model, self.optimiser = self.accelerator.prepare(model, optimiser)

    def train(self) -> Metrics:
        recipe = self.recipe
        before = self.held_out_loss()
        world = self.accelerator.num_processes
        per_step = recipe.batch_size * recipe.accumulate * world
        plan = list(steps(len(self.examples), per_step, recipe.epochs, recipe.seed))[: recipe.max_steps]
        done = self._resume(len(plan))
        losses: list[float] = []
        tokens, start = 0, time.perf_counter()
        for number in range(done, len(plan)):
            loss, seen = self._step(plan[number], number, len(plan))
            losses.append(loss)
            tokens += seen
            self._after(number + 1, len(plan), loss, tokens / (time.perf_counter() - start))
        seconds = time.perf_counter() - start
        return Metrics(
            examples=len(self.examples),
            held_out=len(self.held_out),
            too_long=self.too_long,
            steps=len(plan),
            trained_parameters=self.trained_parameters,
            losses=[round(loss, 5) for loss in losses],
            held_out_loss_before=before,
            held_out_loss=self.held_out_loss(),
            seconds=round(seconds, 2),
            tokens_per_second=round(tokens / seconds, 1) if seconds else 0.0,
            peak_gpu_bytes=torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0,
        )

    def _step(self, indices: list[int], number: int, total: int) -> tuple[float, int]:
        """One optimiser step over this process's share of the examples: mean loss of a trained token, and tokens
        seen. Every token weighs the same, however the examples fall into batches and processes."""
        self.model.train()
        torch.manual_seed(1_000_003 * self.recipe.seed + 1_009 * number + self.accelerator.process_index)
        mine = indices[self.accelerator.process_index :: self.accelerator.num_processes]
        batches = self._batches([self.examples[i] for i in mine])
        trained = torch.tensor(float(sum(b.trained for b in batches)), device=self.accelerator.device)
        everywhere = float(self.accelerator.reduce(trained))
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * schedule(number, total, self.recipe.warmup)
        loss = torch.zeros((), device=self.accelerator.device)
        for batch in batches:
            part = summed_loss(self.model, batch) / everywhere
            self.accelerator.backward(part * self.accelerator.num_processes)
            loss += part.detach()
        self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return float(self.accelerator.reduce(loss)), sum(int(b.mask.sum()) for b in batches)

    def _batches(self, examples: Sequence[Example]) -> list[Batch]:
        size, device = self.recipe.batch_size, self.accelerator.device
        pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else self.tokenizer.eos_token_id
        made = [collate(examples[i : i + size], pad) for i in range(0, len(examples), size)]
        return [Batch(b.ids.to(device), b.mask.to(device), b.labels.to(device)) for b in made]

    def held_out_loss(self) -> float:
        """Mean loss of a trained token over what is held out; NaN where nothing is."""
        self.model.eval()
        total, trained = 0.0, 0
        with torch.inference_mode(), self.accelerator.autocast():
            for batch in self._batches(self.held_out):
                total += float(summed_loss(self.model, batch))
                trained += batch.trained
        return round(total / trained, 5) if trained else math.nan

    def _after(self, done: int, total: int, loss: float, rate: float) -> None:
        if self.accelerator.is_main_process and (done % 10 == 0 or done == total):
            self.report(f"step {done} of {total}: loss {loss:.4f}, {rate:.0f} tokens/s")
        if done % self.recipe.checkpoint_every == 0 and done < total:
            self._checkpoint(done)

    def _checkpoint(self, done: int) -> None:
        """Adapter, optimiser and step in one file, written whole or not at all."""
        if not self.accelerator.is_main_process:
            return
        from peft import get_peft_model_state_dict

        state = {
            "step": done,
            "identity": self._identity(),
            "adapter": get_peft_model_state_dict(self.accelerator.unwrap_model(self.model)),
            "optimiser": self.optimiser.state_dict(),
        }
        self.output.mkdir(parents=True, exist_ok=True)
        part = self.output / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.output / "checkpoint.pt")

    def _resume(self, total: int) -> int:
        """Takes up the last checkpoint of this run if there is one; the number of steps that are done."""
        path = self.output / "checkpoint.pt"
        if not path.exists():
            return 0
        from peft import set_peft_model_state_dict

        state = torch.load(path, map_location=self.accelerator.device, weights_only=True)
        if state["identity"] != self._identity():
            raise ValueError(
                f"{path} belongs to a run with another recipe, model or data. Delete it, or choose another `output`."
            )
        set_peft_model_state_dict(self.accelerator.unwrap_model(self.model), state["adapter"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.report(f"going on after step {state['step']} of {total}")
        return int(state["step"])

    def _identity(self) -> str:
        recipe = {k: v for k, v in asdict(self.recipe).items() if k not in ("output", "checkpoint_every", "device")}
        return json.dumps([recipe, self.fingerprint, self.data_sha256, self.accelerator.num_processes])

    def save(self, role: str, prompt_version: str, metrics: Metrics) -> None:
        if not self.accelerator.is_main_process:
            return
        model = self.accelerator.unwrap_model(self.model)
        model.peft_config["default"].base_model_name_or_path = self.recipe.model
        model.save_pretrained(str(self.output))
        card = AdapterCard(
            role=role,
            base=self.recipe.model,
            base_fingerprint=self.fingerprint,
            prompt_version=prompt_version,
            data_sha256=self.data_sha256,
            recipe=asdict(self.recipe),
        )
        (self.output / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
        (self.output / "metrics.json").write_text(json.dumps(asdict(metrics), indent=2) + "\n", encoding="utf-8")
        (self.output / "checkpoint.pt").unlink(missing_ok=True)


def adapt(base: Any, recipe: LoraRecipe) -> Any:
    """`base` frozen, with a fresh adapter on `recipe.targets` whose first weights depend on the seed alone."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(recipe.seed)
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=recipe.targets,
        use_rslora=recipe.rslora,
        use_dora=recipe.dora,
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(base, config)
    if recipe.gradient_checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def summed_loss(model: Any, batch: Batch) -> torch.Tensor:
    """The summed cross-entropy of the trained tokens, in nats; scores are made for the answers' positions only."""
    answers = batch.labels.shape[1]
    out = model(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False, logits_to_keep=answers + 1)
    scores = out.logits[:, :-1].flatten(0, 1).float()
    return torch.nn.functional.cross_entropy(scores, batch.labels.flatten(), ignore_index=IGNORE, reduction="sum")


def schedule(step: int, total: int, warmup: float) -> float:
    """The learning rate's share at a step: up in a line over the `warmup` share, then a cosine down to a tenth."""
    rising = max(1, round(total * warmup))
    if step < rising:
        return (step + 1) / rising
    fallen = (step - rising) / max(1, total - rising)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * fallen))


def main() -> None:
    """`python -m finetune.lora RECIPE [--set KEY=VALUE ...]`; values are YAML."""
    import argparse

    import yaml

    parser = argparse.ArgumentParser(
        prog="python -m finetune.lora", description="Train a LoRA adapter of a chat model."
    )
    parser.add_argument("recipe", help="a YAML file, such as configs/train-hub-reader.yaml")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override one setting")
    arguments = parser.parse_args()
    overrides = {k: yaml.safe_load(v) for k, _, v in (item.partition("=") for item in arguments.set)}
    metrics = train_lora(LoraRecipe.from_yaml(arguments.recipe, **overrides))
    print(f"held-out loss {metrics.held_out_loss_before} before, {metrics.held_out_loss} after")


if __name__ == "__main__":
    main()
