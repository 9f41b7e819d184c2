"""Readings by drafts (what the schema forces, what the prompt suggests) beside plain constrained `generate`: the same
model and output.

    python -m tests.benchmarks.bench_forced [--model NAME] [--turns 12] [--json]

Without `--model`: Qwen3's architecture with 12 layers of 512 and random weights, and a byte-level BPE of 8,000 tokens
trained on made-up conversations and their readings. So that the outputs are real readings and the same on both sides, a
logits processor makes each labelled reading the likeliest; the time it takes is taken off both.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from assistant.generation import Generator, render
from assistant.prompts import reader_messages, reading_schema, target_text
from assistant.records import Conversation, State
from finetune.generator import generate
from finetune.readings import readings
from tests.tiny import SPECIAL, TEMPLATE

VOCABULARY = 8000
SIZES = {
    "hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 12, "num_attention_heads": 8,
    "num_key_value_heads": 4, "head_dim": 64, "max_position_embeddings": 4096,
}  # fmt: skip
Turn = tuple[State, Conversation, str]


class Guide:
    """Makes `answer` the likeliest output, whatever tokens it is made of; keeps the seconds that this takes."""

    def __init__(self, tokenizer: Any, answer: str, prompt: int = 0) -> None:
        self.tokenizer, self.answer, self.prompt = tokenizer, answer, prompt
        self.seconds = 0.0

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        started = time.perf_counter()
        said = self.tokenizer.decode(ids[0, self.prompt :], skip_special_tokens=False)
        rest = self.tokenizer.encode(self.answer.removeprefix(said), add_special_tokens=False)
        wanted = rest[0] if rest and said != self.answer else self.tokenizer.eos_token_id
        led = scores.clone()
        led[0, wanted] += 1e4
        self.seconds += time.perf_counter() - started
        return led


class Masked:
    """The peer's constraint: the same grammar, asked before each token which ones may come."""

    def __init__(self, generator: Generator, turn: Turn, prompt: int) -> None:
        self.matcher = generator._grammars.matcher(_schema(turn))
        self.prompt, self.seen = prompt, prompt

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        for token in ids[0, self.seen :].tolist():
            self.matcher.accept(token)
        self.seen = ids.shape[1]
        allowed = torch.from_numpy(self.matcher.allowed()).unsqueeze(0).to(scores.device)
        return scores.masked_fill(~allowed, -torch.inf)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        generator = Generator.load(arguments.model or _random_model(Path(folder)))
    turns = _turns(arguments.turns + 1, seed=5)
    rows = [(_ours(generator, turn), _peer(generator, turn)) for turn in turns][1:]
    different = sum(ours[0] != peer[0] for ours, peer in rows)
    result = {
        "turns": len(rows),
        "same_output": len(rows) - different,
        "tokens": sum(ours[1] for ours, _ in rows),
        "passes": sum(ours[2] for ours, _ in rows),
        "seconds": round(sum(ours[3] for ours, _ in rows), 3),
        "peer_seconds": round(sum(peer[3] for _, peer in rows), 3),
        "ratio_median": round(statistics.median(ours[3] / peer[3] for ours, peer in rows), 3),
    }
    if arguments.json:
        print(json.dumps(result))
    else:
        alike = f"{result['turns']} readings, {result['same_output']} alike"
        print(f"{alike}: {result['tokens']} tokens in {result['passes']} passes")
        times = f"{result['seconds']} s against {result['peer_seconds']} s"
        print(f"{times}: {result['ratio_median']} of the peer's time (median of the turns)")
    return 1 if different else 0


def _ours(generator: Generator, turn: Turn) -> tuple[str, int, int, float]:
    """Output, tokens, passes through the model, seconds."""
    guide = Guide(generator.tokenizer, turn[2])
    passes: list[int] = []
    counting = generator._model.register_forward_hook(lambda *_: passes.append(1))
    started = time.perf_counter()
    made = generator.generate(_chat(turn), schema=_schema(turn), max_new_tokens=800, logits_processor=guide)
    seconds = time.perf_counter() - started - guide.seconds
    counting.remove()
    return made.text, len(made.tokens), len(passes), seconds


def _peer(generator: Generator, turn: Turn) -> tuple[str, int, int, float]:
    from transformers import LogitsProcessorList

    tokenizer, model = generator.tokenizer, generator._model
    started = time.perf_counter()
    ids = tokenizer.encode(render(tokenizer, _chat(turn)), add_special_tokens=False)
    guide = Guide(tokenizer, turn[2], len(ids))
    processors = LogitsProcessorList([guide, Masked(generator, turn, len(ids))])  # type: ignore[list-item]
    with torch.inference_mode():
        prompt = torch.tensor([ids], device=generator.device)
        out = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=800, do_sample=False,
            logits_processor=processors, pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
    made = out[0, len(ids) :].tolist()
    text = tokenizer.decode(made, skip_special_tokens=True)
    return text, len(made), len(made), time.perf_counter() - started - guide.seconds


def _chat(turn: Turn) -> list[dict[str, str]]:
    return reader_messages(turn[0], turn[1])


def _schema(turn: Turn) -> dict[str, Any]:
    return reading_schema(turn[0], len(turn[1].messages), len(turn[1].events))


def _turns(count: int, seed: int) -> list[Turn]:
    made = (turn for chain in generate(count * 2, seed) for turn in readings(chain))
    return [(state, c, target_text(reading, c)) for state, c, reading in itertools.islice(made, count)]


def _random_model(folder: Path) -> Path:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(_texts(_turns(1500, seed=6)), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=TEMPLATE
    )
    torch.manual_seed(0)
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    Qwen3ForCausalLM(Qwen3Config(vocab_size=len(tokenizer), **SIZES, **ends)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _texts(turns: Sequence[Turn]) -> list[str]:
    return [text for state, c, answer in turns for text in (*(m["content"] for m in reader_messages(state, c)), answer)]


if __name__ == "__main__":
    sys.exit(main())
