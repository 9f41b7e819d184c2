"""Training a LoRA adapter for the sentence encoder: what is looked for and what is right for it come nearer.

Each step takes a large batch of pairs; for every query all other texts of the batch are wrong (multiple negatives
ranking). Where `mini_batch` is set, gradients are cached (GradCache), so that the batch may be larger than memory.
A run that is stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from assistant.checkpoints import pick_device, pick_dtype
from finetune import lora_progress
from finetune.encoder_card import write_card
from finetune.encoder_pairs import NeedPair, Source, read_source
from finetune.lora_learner import schedule
from finetune.lora_progress import Progress
from finetune.ranking import gain_interval, search_ndcg
from finetune.recipe import YamlRecipe
from retrieval.encoder import ADAPTER_CARD, MINILM, Encoder, embedded_weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Report = Callable[[str], None]
RUNNING = ("output", "checkpoint_every", "device", "threads")


@dataclass(frozen=True)
class Recipe(YamlRecipe):
    """configs/train-encoder.yaml explains the settings one by one."""

    model: str = MINILM
    sources: list[str] = field(default_factory=list)
    needs: int = 2
    rank: int = 8
    alpha: int = 16
    targets: list[str] = field(default_factory=lambda: ["query", "key", "value", "dense"])
    epochs: int = 1
    batch: int = 64
    mini_batch: int | None = None
    scale: float = 20.0
    learning_rate: float = 2e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    longest: int = 96
    checkpoint_every: int = 100
    max_steps: int | None = None
    device: str = "auto"
    dtype: str = "auto"
    threads: int = 1
    seed: int = 0
    output: str = "runs/encoder"

    def __post_init__(self) -> None:
        for name in ("needs", "rank", "epochs", "batch", "longest", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be 1 or more; it is {getattr(self, name)}.")
        if self.batch < 2:
            raise ValueError("`batch` must be 2 or more: a query learns from the batch's other texts.")


def train_encoder(recipe: Recipe, report: Report = print) -> dict[str, Any]:
    """Trains an adapter by `recipe`, judges it beside the encoder without it on searches held out, and saves it with
    its card to `output`. Returns the metrics. Raises `ValueError` where there is nothing to train on."""
    torch.set_num_threads(recipe.threads)
    sources = [read_source(name, recipe.needs, recipe.seed) for name in recipe.sources]
    pairs = [pair for source in sources for pair in source.train]
    if not pairs:
        raise ValueError(f"Nothing to train on in {', '.join(recipe.sources) or 'no source'}; give `sources`.")
    device = pick_device(recipe.device)
    plain = Encoder.load(recipe.model, device=device)
    before = _judge(plain, sources, "before", report)
    model = _load(recipe, device)
    progress = _Run(recipe, model, pairs, report).train()
    output = Path(recipe.output)
    _save(model, output, recipe, plain.fingerprint)
    after = _judge(Encoder.load(recipe.model, output, device=device), sources, "after", report)
    metrics = {
        "pairs": len(pairs),
        "steps": progress.step,
        "seconds": round(progress.seconds, 1),
        "pairs_per_second": round(progress.tokens / max(progress.seconds, 1e-9), 1),
        "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "loss": [round(loss, 4) for loss in progress.losses],
        "ndcg@10": {name: _figures(name, before, after) for name in before},
    }
    write_card(output, asdict(recipe), metrics)
    (output / lora_progress.FILE).unlink(missing_ok=True)
    return metrics


class _Run:
    """The steps of one run, and where it has got to."""

    def __init__(self, recipe: Recipe, model: SentenceTransformer, pairs: Sequence[NeedPair], report: Report) -> None:
        self.recipe, self.model, self.pairs, self.report = recipe, model, pairs, report
        self.loss = _loss(recipe, model)
        self.trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.optimiser = torch.optim.AdamW(
            self.trained.values(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        digest = hashlib.sha256(json.dumps([asdict(pair) for pair in pairs]).encode()).hexdigest()
        settings = {k: v for k, v in asdict(recipe).items() if k not in RUNNING}
        self.identity = lora_progress.identity(settings, recipe.model, digest, 1)

    def train(self) -> Progress:
        """All steps, from the last checkpoint on. `tokens` counts pairs."""
        plan = list(plan_batches(self.pairs, self.recipe.batch, self.recipe.epochs, self.recipe.seed))
        plan = plan[: self.recipe.max_steps]
        output = Path(self.recipe.output)
        progress = lora_progress.resume(output, self._put, self.optimiser, self.identity, self.model.device)
        self.model.train()
        while progress.step < len(plan):
            started = time.perf_counter()
            progress.losses.append(self._step([self.pairs[i] for i in plan[progress.step]], progress.step, len(plan)))
            progress.seconds += time.perf_counter() - started
            progress.tokens += len(plan[progress.step])
            progress.step += 1
            if progress.step % 20 == 0 or progress.step == len(plan):
                self.report(f"step {progress.step} of {len(plan)}: loss {progress.losses[-1]:.3f}, "
                            f"{progress.rate:.0f} pairs/s")  # fmt: skip
            if progress.step % self.recipe.checkpoint_every == 0:
                weights = {name: p.detach() for name, p in self.trained.items()}
                lora_progress.save(output, progress, weights, self.optimiser, self.identity)
        self.model.eval()
        return progress

    def _step(self, pairs: Sequence[NeedPair], number: int, total: int) -> float:
        from sentence_transformers.util import batch_to_device

        torch.manual_seed(1_000_003 * self.recipe.seed + number)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * schedule(number, total, self.recipe.warmup)
        texts = [pair.query for pair in pairs], [pair.document for pair in pairs]
        features = [batch_to_device(self.model.preprocess(side), self.model.device) for side in texts]
        dtype = pick_dtype(self.recipe.dtype, self.model.device.type)
        with torch.autocast(self.model.device.type, dtype, enabled=dtype == torch.bfloat16):
            loss = self.loss(features, None)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained.values(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _put(self, weights: dict[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, values in weights.items():
                self.trained[name].copy_(values)


def plan_batches(pairs: Sequence[NeedPair], size: int, epochs: int, seed: int) -> Iterator[list[int]]:
    """The pairs of each step, by place, every epoch in an order of its own. No query and no text is twice in a batch,
    where it would count as wrong for itself; what does not fit waits for the next, and a last one of less than half the
    size is left out."""
    for epoch in range(epochs):
        order = list(range(len(pairs)))
        random.Random(f"{seed}:{epoch}").shuffle(order)
        while order:
            batch: list[int] = []
            waiting: list[int] = []
            seen: set[str] = set()
            for place, i in enumerate(order):
                if len(batch) == size:
                    waiting += order[place:]
                    break
                texts = {pairs[i].query, pairs[i].document}
                (waiting if texts & seen else batch).append(i)
                if batch and batch[-1] == i:
                    seen |= texts
            order = waiting
            if len(batch) >= max(2, size // 2):
                yield batch


def _load(recipe: Recipe, device: str) -> SentenceTransformer:
    from peft import LoraConfig
    from sentence_transformers import SentenceTransformer

    source = str(embedded_weights()) if recipe.model == MINILM else recipe.model
    model = SentenceTransformer(source, device=device, local_files_only=Path(source).is_dir())
    model.max_seq_length = min(recipe.longest, model.max_seq_length or recipe.longest)
    torch.manual_seed(recipe.seed)
    model.add_adapter(LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules=recipe.targets))
    for name, weights in model.named_parameters():
        weights.requires_grad_("lora_" in name)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def _loss(recipe: Recipe, model: SentenceTransformer) -> torch.nn.Module:
    from sentence_transformers.sentence_transformer import losses

    if recipe.mini_batch is None:
        return losses.MultipleNegativesRankingLoss(model, scale=recipe.scale)
    return losses.CachedMultipleNegativesRankingLoss(model, scale=recipe.scale, mini_batch_size=recipe.mini_batch)


def _save(model: SentenceTransformer, output: Path, recipe: Recipe, base: str) -> None:
    output.mkdir(parents=True, exist_ok=True)
    inner: Any = model[0].auto_model
    inner.peft_config["default"].base_model_name_or_path = recipe.model
    inner.save_pretrained(output, save_embedding_layers=False)
    (output / ADAPTER_CARD).write_text(json.dumps({"base": recipe.model, "base_fingerprint": base}) + "\n", "utf-8")


def _judge(encoder: Encoder, sources: Sequence[Source], when: str, report: Report) -> dict[str, list[float]]:
    found = {s.name: search_ndcg(encoder, s.held_out) for s in sources if s.held_out.queries}
    for name, figures in found.items():
        report(f"{when}: {name} NDCG@10 {sum(figures) / len(figures):.4f} of {len(figures)} queries")
    return found


def _figures(name: str, before: dict[str, list[float]], after: dict[str, list[float]]) -> dict[str, float]:
    mean, low, high = gain_interval(before, after, name)
    was, now = (sum(figures[name]) / len(figures[name]) for figures in (before, after))
    rounded = {"before": was, "after": now, "gain": mean, "low": low, "high": high}
    return {"queries": len(before[name])} | {key: round(value, 4) for key, value in rounded.items()}
