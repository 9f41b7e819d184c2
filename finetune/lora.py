"""LoRA on a chat model: an adapter that reads (or writes) in this program's prompts.

A run that is stopped goes on from its last checkpoint when started again, and ends with the same weights. Several
processes (`accelerate launch`) each take their share of every step; what a step learns does not depend on their number.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from assistant.adapters import fingerprint
from assistant.checkpoints import pick_device, pick_dtype
from assistant.generation import Generator
from finetune import lora_progress, privacy
from finetune.chat_pairs import Example, data_sha256, encode_pairs
from finetune.lora_model import adapt, load, summed_loss
from finetune.lora_output import Metrics, write_output
from finetune.lora_progress import Judgement, Progress
from finetune.lora_recipe import LoraRecipe
from finetune.lora_tasks import Task
from finetune.packing import Batch, pack, pad, rows, steps

Report = Callable[[str], None]


def train_lora(recipe: LoraRecipe, task: Task, report: Report = print) -> Metrics:
    """Trains an adapter for a task and saves it, its card, metrics and learning curve in `recipe.output`.

    Raises `ModelError` where the model, or a package that the recipe needs, cannot be had, and `ValueError` where there
    is nothing to train on.
    """
    run = _Run(recipe, task, report)
    metrics = run.train()
    if run.accelerator.is_main_process:
        write_output(run.model, recipe, task, run.fingerprint, run.data_sha256, metrics, run.progress)
    run.accelerator.wait_for_everyone()
    return metrics


@dataclass(frozen=True)
class _Schedule:
    """The examples of each step, and at which steps the run is judged."""

    steps: list[list[int]]
    judge_every: int


class _Run:
    """One training run: the model, its data as tokens, and where it has got to."""

    def __init__(self, recipe: LoraRecipe, task: Task, report: Report) -> None:
        from accelerate import Accelerator

        self.recipe, self.task, self.output = recipe, task, Path(recipe.output)
        device = pick_device(recipe.device)
        dtype = pick_dtype(recipe.dtype, device)
        if dtype not in (torch.bfloat16, torch.float32):
            raise ValueError(f"`dtype` {recipe.dtype!r} cannot be trained in; use bfloat16 or float32.")
        if recipe.deterministic:
            torch.use_deterministic_algorithms(True)
        self.accelerator = Accelerator(cpu=device == "cpu")
        self.dtype = dtype
        self.rank, self.world = self.accelerator.process_index, self.accelerator.num_processes
        self.report = report if self.accelerator.is_main_process else lambda _: None
        base, self.tokenizer = load(recipe, self.accelerator.device, dtype)
        self.fingerprint = fingerprint(base)
        self.data_sha256 = data_sha256(task.train)
        self._encode()
        self.model = adapt(base, recipe)
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(self.trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.identity = lora_progress.identity(recipe.identity(), self.fingerprint, self.data_sha256, self.world)
        self.progress = Progress()
        self._generator: Generator | None = None
        self.budget = self._privacy()

    def _encode(self) -> None:
        longest = self.recipe.max_length
        self.examples, too_long = encode_pairs(self.tokenizer, self.task.train, longest)
        self.held_out, also = encode_pairs(self.tokenizer, self.task.held_out, longest)
        self.too_long = too_long + also
        if not self.examples:
            raise ValueError(
                f"Nothing to train on: {len(self.task.train)} pairs, {too_long} over {longest} tokens. "
                "Give labelled conversations in `data`, or raise `max_length`."
            )

    @property
    def per_step(self) -> int:
        """Examples of a step, over all processes; customers, in expectation, where training is private."""
        return self.recipe.batch_size * self.recipe.accumulate * self.world

    def _privacy(self) -> privacy.Budget | None:
        recipe = self.recipe
        if recipe.privacy_epsilon is None:
            return None
        self.groups = privacy.by_customer(self.examples)
        return privacy.plan(
            recipe.privacy_epsilon, recipe.privacy_delta, recipe.privacy_clip,
            len(self.groups), self.per_step, recipe.epochs, recipe.max_steps,
        )  # fmt: skip

    def train(self) -> Metrics:
        """All steps from the last checkpoint on, with judgements between them; the best weights are kept."""
        plan = self._schedule()
        self.progress = lora_progress.resume(
            self.output, self.model, self.optimiser, self.identity, self.accelerator.device
        )
        if self.progress.step:
            self.report(f"going on after step {self.progress.step} of {len(plan.steps)}")
        else:
            self.progress.secret = self._same_everywhere(privacy.new_secret()) if self.budget else 0
            self._judge()
        while self.progress.step < len(plan.steps) and not self._stopped():
            started = time.perf_counter()
            loss, seen = self._step(plan.steps[self.progress.step], len(plan.steps))
            self.progress.seconds += time.perf_counter() - started
            self.progress.tokens += seen
            self.progress.step += 1
            self.progress.losses.append(loss)
            self._after(len(plan.steps), plan.judge_every)
        self._keep_best()
        return self._metrics(len(plan.steps))

    def _schedule(self) -> _Schedule:
        recipe = self.recipe
        if self.budget is not None:
            plan: list[list[int]] = [[]] * self.budget.steps
            epoch = max(1, round(1 / self.budget.rate))
        else:
            plan = list(steps(len(self.examples), self.per_step, recipe.epochs, recipe.seed))[: recipe.max_steps]
            epoch = math.ceil(len(self.examples) / self.per_step)
        return _Schedule(plan, recipe.evaluate_every or epoch)

    def _step(self, indices: list[int], total: int) -> tuple[float, int]:
        """One optimiser step: mean loss of a trained token over all processes (NaN where training is private), and
        tokens that this one saw."""
        number = self.progress.step
        self.model.train()
        torch.manual_seed(1_000_003 * self.recipe.seed + 1_009 * number + self.rank)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * schedule(number, total, self.recipe.warmup)
        learn = self._learn(indices) if self.budget is None else self._learn_privately(self.budget, number)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return learn

    def _learn(self, indices: list[int]) -> tuple[float, int]:
        """Gradients of this step's examples. Every token weighs the same, however the examples fall into rows and
        processes."""
        batches = self._batches([self.examples[i] for i in indices[self.rank :: self.world]])
        everywhere = float(self._summed(torch.tensor([float(sum(b.trained for b in batches))])))
        loss = torch.zeros(1, device=self.accelerator.device)
        for batch in batches:
            part = self._loss(batch) / everywhere
            part.backward()
            loss += part.detach()
        self._share_gradients([p.grad if p.grad is not None else torch.zeros_like(p) for p in self.trained])
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        return float(self._summed(loss)), sum(b.seen for b in batches)

    def _learn_privately(self, budget: privacy.Budget, number: int) -> tuple[float, int]:
        """Clipped and noised gradients of the customers drawn. Their loss would tell about them and is not kept."""
        mine = privacy.drawn(budget, self.progress.secret, number)[self.rank :: self.world]
        groups = [self._batches(self.groups[i]) for i in mine]
        total = privacy.clipped_sum(map(self._gradient, groups), self.trained, budget.clip)
        self._share_gradients(total)
        noise = privacy.noise(budget, self.trained, self.progress.secret, number)
        for weight, drawn in zip(self.trained, noise, strict=True):
            assert weight.grad is not None
            weight.grad = ((weight.grad.float() + drawn) / (budget.rate * budget.customers)).to(weight.dtype)
        return math.nan, sum(b.seen for batches in groups for b in batches)

    def _gradient(self, batches: Sequence[Batch]) -> list[Tensor]:
        """The gradient of one customer's mean loss of a token."""
        self.optimiser.zero_grad(set_to_none=True)
        trained = sum(b.trained for b in batches)
        for batch in batches:
            part = self._loss(batch) / trained
            part.backward()
        return [torch.zeros_like(p) if p.grad is None else p.grad for p in self.trained]

    def _loss(self, batch: Batch) -> Tensor:
        """The summed loss of a batch; in half precision where the base is."""
        with torch.autocast(self.accelerator.device.type, self.dtype, enabled=self.dtype == torch.bfloat16):
            return summed_loss(self.model, batch)

    def _share_gradients(self, gradients: Sequence[Tensor]) -> None:
        """Gives every process the sum of all processes' gradients, in one exchange."""
        flat = self._summed(torch.cat([g.reshape(-1).float() for g in gradients]))
        place = 0
        for weight in self.trained:
            weight.grad = flat[place : place + weight.numel()].view_as(weight).to(weight.dtype)
            place += weight.numel()

    def _summed(self, tensor: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""
        summed: Tensor = self.accelerator.reduce(tensor.to(self.accelerator.device), "sum")
        return summed

    def _same_everywhere(self, number: int) -> int:
        from accelerate.utils import broadcast_object_list

        return int(broadcast_object_list([number])[0])

    def _batches(self, examples: Sequence[Example]) -> list[Batch]:
        made: Iterator[Batch]
        if self.recipe.packing:
            made = (pack(row) for row in rows(examples, self.recipe.max_length))
        else:
            size = self.recipe.batch_size
            filler = self.tokenizer.pad_token_id
            filler = self.tokenizer.eos_token_id if filler is None else filler
            made = (pad(examples[i : i + size], filler) for i in range(0, len(examples), size))
        return [batch.to(self.accelerator.device) for batch in made]

    def _judge(self) -> None:
        """Notes how the model does on what is held out, by loss and by the score of its role."""
        self.model.eval()
        judgement = Judgement(self.progress.step, self._held_out_loss(), self._score())
        self.progress.add(judgement, self._adapter())
        metric = self.task.dev.metric if self.task.dev else ""
        said = "" if judgement.score is None else f", {metric} {judgement.score:.3f}"
        self.report(f"after step {judgement.step}: held-out loss {judgement.loss:.4f}{said}")

    def _held_out_loss(self) -> float:
        """Mean loss of a held-out token in nats; NaN where nothing is held out."""
        sums = torch.zeros(2, dtype=torch.float64)
        with torch.inference_mode():
            for batch in self._batches(self.held_out[self.rank :: self.world]):
                sums += torch.tensor([float(self._loss(batch)), float(batch.trained)])
        total, trained = self._summed(sums.float()).tolist()
        return round(total / trained, 5) if trained else math.nan

    def _score(self) -> float | None:
        dev = self.task.dev
        if dev is None:
            return None
        from accelerate.utils import gather_object

        if self._generator is None:
            self._generator = Generator(self.model, self.tokenizer, self.recipe.model)
        mine = [dev.answer(self._generator, item) for item in dev.items[self.rank :: self.world]]
        return round(float(dev.score(gather_object(mine))), 5)

    def _stopped(self) -> bool:
        return self.task.dev is not None and 0 < self.recipe.patience <= self.progress.stale()

    def _after(self, total: int, judge_every: int) -> None:
        done, recipe = self.progress.step, self.recipe
        if done % 10 == 0 or done == total:
            loss = self.progress.losses[-1]
            rate = self.progress.tokens / max(self.progress.seconds, 1e-9)
            said = "" if math.isnan(loss) else f" loss {loss:.4f},"
            self.report(f"step {done} of {total}:{said} {rate:.0f} tokens/s")
        if done % judge_every == 0 or done == total:
            self._judge()
        if self._stopped():
            self.report(f"stopped after step {done}: no better for {self.progress.stale()} judgements")
        elif done % recipe.checkpoint_every == 0 and done < total and self.accelerator.is_main_process:
            lora_progress.save(self.output, self.progress, self._adapter(), self.optimiser, self.identity)

    def _adapter(self) -> dict[str, Tensor]:
        from peft import get_peft_model_state_dict

        return dict(get_peft_model_state_dict(self.model))

    def _keep_best(self) -> None:
        from peft import set_peft_model_state_dict

        if self.task.dev is not None and self.progress.best_weights:
            set_peft_model_state_dict(self.model, self.progress.best_weights)

    def _metrics(self, planned: int) -> Metrics:
        progress, first = self.progress, self.progress.judged[0]
        kept = progress.best if self.task.dev is not None and progress.best is not None else progress.judged[-1]
        private = self.budget is not None
        return Metrics(
            examples=len(self.examples),
            held_out=len(self.held_out),
            too_long=self.too_long,
            steps=progress.step,
            planned_steps=planned,
            kept_step=kept.step,
            trained_parameters=sum(p.numel() for p in self.trained),
            losses=[] if private else [round(loss, 5) for loss in progress.losses],
            held_out_loss_before=first.loss,
            held_out_loss=kept.loss,
            metric=self.task.dev.metric if self.task.dev else None,
            score_before=first.score,
            score=kept.score,
            seconds=round(progress.seconds, 2),
            tokens_per_second=round(progress.tokens / progress.seconds, 1) if progress.seconds else 0.0,
            peak_gpu_bytes=torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0,
            processes=self.world,
            epsilon=None if self.budget is None else round(self.budget.spent(progress.step), 4),
            delta=None if self.budget is None else self.budget.delta,
            noise=None if self.budget is None else round(self.budget.noise, 4),
        )


def schedule(step: int, total: int, warmup: float) -> float:
    """The learning rate's share at a step: up in a line over the `warmup` share, then a cosine down to a tenth."""
    rising = max(1, round(total * warmup))
    if step < rising:
        return (step + 1) / rising
    fallen = (step - rising) / max(1, total - rising)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * fallen))
