"""A base model from scratch: a decoder of the Qwen3 architecture that knows shops' language and this program's prompts.

First it reads the public text, `text_epochs` times; then it answers generated readings and replies, with some text in
between. One cosine runs over all. What comes out is a chat model's folder like any of the hub: `shopkeeper train reader
--config configs/train-hub-reader.yaml --set model=FOLDER` trains its adapter. A run that is stopped goes on from its
last checkpoint when started again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from assistant.checkpoints import pick_device, pick_dtype
from finetune import lora_progress
from finetune.base_data import Corpus, Tokens, load_corpus
from finetune.base_recipe import SIZES, BaseRecipe
from finetune.learning_curve import learning_curve
from finetune.lora_learner import Learner
from finetune.lora_progress import Judgement, Progress
from finetune.packing import steps

Report = Callable[[str], None]
README = """# A base model of {parameters:.1f} M parameters

A decoder of the Qwen3 architecture ({size}: {hidden} wide, {layers} layers, {vocabulary} tokens), trained from scratch
by `shopkeeper train base`: {text_epochs} times over {text} tokens of public text, then on {chats} generated readings
and replies; {steps} steps, {tokens:.0f} M tokens, {seconds:.0f} s ({rate:.0f} tokens/s on {device}).

Loss of a held-out token, in nats: text {text_loss:.4f}, readings and replies about products never trained on
{chat_loss:.4f}. `curve.svg` shows the way there, `metrics.json` all figures. Its chat template keeps {instruction}
letters of a system message, enough to tell the two tasks apart; what the rest says is in the weights.
"""


@dataclass(frozen=True)
class BaseMetrics:
    """What a run measured. Losses are means over trained tokens, in nats; `losses` those of each step."""

    size: str
    parameters: int
    text_tokens: int
    chats: int
    steps: int
    tokens: int
    seconds: float
    tokens_per_second: float
    text_loss: float
    chat_loss: float
    peak_gpu_bytes: int
    device: str
    losses: list[float]


def train_base(recipe: BaseRecipe, report: Report = print) -> BaseMetrics:
    """Trains a model by `recipe` and saves it with its tokenizer, card, metrics and curve in `recipe.output`. Raises
    `ValueError` where the data cannot be made or are another recipe's."""
    from accelerate import Accelerator

    device = pick_device(recipe.device)
    accelerator = Accelerator(cpu=device == "cpu")
    say = report if accelerator.is_main_process else lambda _: None
    with accelerator.main_process_first():
        corpus = load_corpus(recipe, say)
    run = _Run(recipe, corpus, accelerator, pick_dtype(recipe.dtype, device), say)
    metrics = run.train()
    if accelerator.is_main_process:
        _write(run.model, corpus, recipe, metrics, run.progress)
    accelerator.wait_for_everyone()
    return metrics


def new_model(recipe: BaseRecipe, tokenizer: Any) -> Any:
    """A decoder of the recipe's size with random weights, seeded."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    size = SIZES[recipe.size]
    torch.manual_seed(recipe.seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=-(-len(tokenizer) // 64) * 64,
            hidden_size=size.hidden,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            num_key_value_heads=size.heads,
            head_dim=size.hidden // size.heads,
            intermediate_size=size.feed_forward,
            max_position_embeddings=2 * recipe.context,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def plan(recipe: BaseRecipe, corpus: Corpus) -> list[list[int]]:
    """The examples of each step, text before chats, counted through as they lie in `text + chats`. Every step has about
    `batch_tokens` tokens; chats come with a `mix` share of text."""
    blocks, chats = len(corpus.text), len(corpus.chats)
    length = max(1.0, len(corpus.chats.ids) / max(1, chats))
    some = round(recipe.mix * recipe.batch_tokens / recipe.context) if blocks else 0
    first = steps(blocks, max(1, recipe.batch_tokens // recipe.context), recipe.text_epochs, recipe.seed)
    per_step = max(1, round((1 - recipe.mix) * recipe.batch_tokens / length))
    then = steps(chats, per_step, recipe.epochs, recipe.seed + 1)
    mixed = [
        [blocks + i for i in step] + [(number * some + i) % blocks for i in range(some)]
        for number, step in enumerate(then)
    ]
    return [*first, *mixed][: recipe.max_steps]


class _Run:
    """One run: the model, what it learns from, and where it has got to."""

    def __init__(
        self, recipe: BaseRecipe, corpus: Corpus, accelerator: Any, dtype: torch.dtype, report: Report
    ) -> None:
        self.recipe, self.corpus, self.accelerator, self.report = recipe, corpus, accelerator, report
        self.model = new_model(recipe, corpus.tokenizer).to(accelerator.device)
        if recipe.compile:
            self.model.model.compile()
        examples = Tokens.joined([corpus.text, corpus.chats])
        filler = corpus.tokenizer.pad_token_id
        self.learner = Learner(self.model, examples, recipe.learning(), accelerator, filler, dtype)
        digest = hashlib.sha256(examples.ids.tobytes()).hexdigest()
        self.identity = lora_progress.identity(recipe.identity(), recipe.size, digest, accelerator.num_processes)
        self.progress = Progress()
        self.text_loss = float("nan")

    def train(self) -> BaseMetrics:
        """All steps from the last checkpoint on, with judgements between them."""
        recipe, planned = self.recipe, plan(self.recipe, self.corpus)
        output = Path(recipe.output)
        device, optimiser = self.accelerator.device, self.learner.optimiser
        self.progress = progress = lora_progress.resume(
            output, self.model.load_state_dict, optimiser, self.identity, device
        )
        self.report(f"{self.model.num_parameters() / 1e6:.1f} M parameters, step {progress.step} of {len(planned)}")
        while progress.step < len(planned):
            self._step(planned)
            done, last = progress.step, progress.step == len(planned)
            if done % recipe.evaluate_every == 0 or last:
                self._judge()
            if done % recipe.checkpoint_every == 0 and not last and self.accelerator.is_main_process:
                lora_progress.save(output, progress, self.model.state_dict(), optimiser, self.identity)
        return self._metrics()

    def _step(self, planned: Sequence[Sequence[int]]) -> None:
        progress, started = self.progress, time.perf_counter()
        loss, seen = self.learner.step(planned[progress.step], progress.step, len(planned), 0)
        progress.seconds += time.perf_counter() - started
        progress.tokens += seen
        progress.step += 1
        progress.losses.append(loss)
        if progress.step % 20 == 0 or progress.step == len(planned):
            self.report(f"step {progress.step} of {len(planned)}: loss {loss:.4f}, {progress.rate:.0f} tokens/s")

    def _judge(self) -> None:
        self.model.eval()
        self.text_loss = self.learner.mean_loss(self.corpus.text_held_out)
        judged = Judgement(self.progress.step, self.learner.mean_loss(self.corpus.chats_held_out))
        self.progress.judged.append(judged)
        self.report(f"after step {judged.step}: held-out loss of text {self.text_loss:.4f}, of chats {judged.loss:.4f}")

    def _metrics(self) -> BaseMetrics:
        progress, cuda = self.progress, torch.cuda.is_available()
        return BaseMetrics(
            size=self.recipe.size,
            parameters=self.model.num_parameters(),
            text_tokens=len(self.corpus.text.ids),
            chats=len(self.corpus.chats),
            steps=progress.step,
            tokens=progress.tokens,
            seconds=round(progress.seconds, 1),
            tokens_per_second=round(progress.rate, 1),
            text_loss=self.text_loss,
            chat_loss=progress.judged[-1].loss,
            peak_gpu_bytes=torch.cuda.max_memory_allocated() if cuda else 0,
            device=torch.cuda.get_device_name() if cuda else "the CPU",
            losses=[round(loss, 5) for loss in progress.losses],
        )


def _write(model: Any, corpus: Corpus, recipe: BaseRecipe, metrics: BaseMetrics, progress: Progress) -> None:
    """Saves everything in the output folder; the checkpoint goes."""
    folder = Path(recipe.output)
    model.to(torch.bfloat16).save_pretrained(folder)
    corpus.tokenizer.save_pretrained(folder)
    size = SIZES[recipe.size]
    told = README.format(
        parameters=metrics.parameters / 1e6, size=recipe.size, hidden=size.hidden, layers=size.layers,
        vocabulary=len(corpus.tokenizer), text_epochs=recipe.text_epochs, text=metrics.text_tokens, chats=metrics.chats,
        steps=metrics.steps, tokens=metrics.tokens / 1e6, seconds=metrics.seconds, rate=metrics.tokens_per_second,
        device=metrics.device, text_loss=metrics.text_loss, chat_loss=metrics.chat_loss, instruction=recipe.instruction,
    )  # fmt: skip
    (folder / "README.md").write_text(told, "utf-8")
    record = {"recipe": asdict(recipe), **asdict(metrics)}
    (folder / "metrics.json").write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    (folder / "curve.svg").write_text(learning_curve(metrics.losses, progress.judged, None), "utf-8")
    (folder / lora_progress.FILE).unlink(missing_ok=True)
