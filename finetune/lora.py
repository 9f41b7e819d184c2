"""LoRA on a chat model: an adapter that reads (or writes) in this program's prompts.

A run that is stopped goes on from its last checkpoint when started again, and ends with the same weights. Several
processes (`accelerate launch`) each take their share of every step and of every judgement.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from assistant.adapters import fingerprint
from assistant.checkpoints import pick_device, pick_dtype
from assistant.generation import Generator
from finetune import lora_progress, privacy
from finetune.chat_pairs import data_sha256, encode_pairs
from finetune.lora_learner import Learner
from finetune.lora_model import adapt, load
from finetune.lora_output import Metrics, write_output
from finetune.lora_progress import Judgement, Progress
from finetune.lora_recipe import LoraRecipe
from finetune.lora_tasks import Task

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


class _Run:
    """One training run: the model, its data as tokens, and where it has got to."""

    def __init__(self, recipe: LoraRecipe, task: Task, report: Report) -> None:
        from accelerate import Accelerator

        self.recipe, self.task, self.output = recipe, task, Path(recipe.output)
        device, dtype = _device_and_dtype(recipe)
        if recipe.deterministic:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it, cuBLAS refuses on a GPU
            torch.use_deterministic_algorithms(True)
        self.accelerator = Accelerator(cpu=device == "cpu")
        self.report = report if self.accelerator.is_main_process else lambda _: None
        base, self.tokenizer = load(recipe, self.accelerator.device, dtype)
        self.fingerprint = fingerprint(base)
        self.data_sha256 = data_sha256(task.train)
        examples, self.held_out, self.too_long = self._encode()
        self.model = adapt(base, recipe)
        filler = self.tokenizer.pad_token_id
        filler = self.tokenizer.eos_token_id if filler is None else filler
        self.learner = Learner(self.model, examples, recipe, self.accelerator, filler, dtype)
        self.identity = lora_progress.identity(
            recipe.identity(), self.fingerprint, self.data_sha256, self.accelerator.num_processes
        )
        self.progress = Progress()
        self._generator: Generator | None = None

    def _encode(self) -> tuple[Any, Any, int]:
        longest = self.recipe.max_length
        examples, too_long = encode_pairs(self.tokenizer, self.task.train, longest)
        held_out, also = encode_pairs(self.tokenizer, self.task.held_out, longest)
        if not examples:
            raise ValueError(
                f"Nothing to train on: {len(self.task.train)} pairs, {too_long} over {longest} tokens. "
                "Give labelled conversations in `data`, or raise `max_length`."
            )
        return examples, held_out, too_long + also

    def train(self) -> Metrics:
        """All steps from the last checkpoint on, with judgements between them; the best weights are kept."""
        plan, epoch = self.learner.schedule()
        self._start(len(plan))
        while self.progress.step < len(plan) and not self._stopped():
            step, started = self.progress.step, time.perf_counter()
            loss, seen = self.learner.step(plan[step], step, len(plan), self.progress.secret)
            self.progress.seconds += time.perf_counter() - started
            self.progress.tokens += seen
            self.progress.step += 1
            self.progress.losses.append(loss)
            self._after(len(plan), self.recipe.evaluate_every or epoch)
        self._keep_best()
        return self._metrics(len(plan))

    def _start(self, total: int) -> None:
        device, optimiser = self.accelerator.device, self.learner.optimiser
        self.progress = lora_progress.resume(self.output, self._put, optimiser, self.identity, device)
        if self.progress.step:
            self.report(f"going on after step {self.progress.step} of {total}")
            return
        if self.learner.budget is not None:
            self.progress.secret = _same_everywhere(privacy.new_secret())
        self._judge()

    def _judge(self) -> None:
        """Notes how the model does on what is held out, by loss and by the score of its role."""
        self.model.eval()
        judgement = Judgement(self.progress.step, self.learner.mean_loss(self.held_out), self._score())
        self.progress.add(judgement, self._adapter())
        metric = self.task.dev.metric if self.task.dev else ""
        said = "" if judgement.score is None else f", {metric} {judgement.score:.3f}"
        self.report(f"after step {judgement.step}: held-out loss {judgement.loss:.4f}{said}")

    def _score(self) -> float | None:
        dev = self.task.dev
        if dev is None:
            return None
        from accelerate.utils import gather_object

        if self._generator is None:
            self._generator = Generator(self.model, self.tokenizer, self.recipe.model)
        mine = dev.items[self.learner.rank :: self.learner.world]
        return round(float(dev.score(gather_object([dev.answer(self._generator, item) for item in mine]))), 5)

    def _stopped(self) -> bool:
        return self.task.dev is not None and 0 < self.recipe.patience <= self.progress.stale()

    def _after(self, total: int, judge_every: int) -> None:
        done = self.progress.step
        if done % 10 == 0 or done == total:
            loss = self.progress.losses[-1]
            said = "" if math.isnan(loss) else f" loss {loss:.4f},"
            self.report(f"step {done} of {total}:{said} {self.progress.rate:.0f} tokens/s")
        if done % judge_every == 0 or done == total:
            self._judge()
        if self._stopped():
            self.report(f"stopped after step {done}: no better for {self.progress.stale()} judgements")
        elif done % self.recipe.checkpoint_every == 0 and done < total and self.accelerator.is_main_process:
            lora_progress.save(self.output, self.progress, self._adapter(), self.learner.optimiser, self.identity)

    def _adapter(self) -> dict[str, Tensor]:
        from peft import get_peft_model_state_dict

        return dict(get_peft_model_state_dict(self.model))

    def _put(self, adapter: dict[str, Tensor]) -> None:
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(self.model, adapter)

    def _keep_best(self) -> None:
        if self.task.dev is not None and self.progress.best_weights:
            self._put(self.progress.best_weights)

    def _metrics(self, planned: int) -> Metrics:
        progress, budget, dev = self.progress, self.learner.budget, self.task.dev
        first = progress.judged[0]
        kept = progress.best if dev is not None and progress.best is not None else progress.judged[-1]
        return Metrics(
            examples=len(self.learner.examples),
            held_out=len(self.held_out),
            too_long=self.too_long,
            steps=progress.step,
            planned_steps=planned,
            kept_step=kept.step,
            trained_parameters=sum(p.numel() for p in self.learner.trained),
            losses=[] if budget else [round(loss, 5) for loss in progress.losses],
            held_out_loss_before=first.loss,
            held_out_loss=kept.loss,
            metric=dev.metric if dev else None,
            score_before=first.score,
            score=kept.score,
            seconds=round(progress.seconds, 2),
            tokens_per_second=round(progress.rate, 1),
            peak_gpu_bytes=torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0,
            processes=self.learner.world,
            epsilon=round(budget.spent(progress.step), 4) if budget else None,
            delta=budget.delta if budget else None,
            noise=round(budget.noise, 4) if budget else None,
        )


def _device_and_dtype(recipe: LoraRecipe) -> tuple[str, torch.dtype]:
    device = pick_device(recipe.device)
    dtype = pick_dtype(recipe.dtype, device)
    if dtype not in (torch.bfloat16, torch.float32):
        raise ValueError(f"`dtype` {recipe.dtype!r} cannot be trained in; use bfloat16 or float32.")
    return device, dtype


def _same_everywhere(number: int) -> int:
    """The first process's number."""
    from accelerate.utils import broadcast_object_list

    return int(broadcast_object_list([number])[0])
