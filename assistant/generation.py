"""Generating text with a chat model and its LoRA adapters: the only module that runs a model to generate.

Any causal language model of transformers with a chat template will do, from the hub or from a folder, on CPU or
GPU. One model serves every role; adapters are switched by name for each step, so answers for different shoppers
may be generated side by side from different threads, and share the model's passes (`assistant.packing`).
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistant.adapters import check_adapter
from assistant.checkpoints import load_base, pick_device, pick_dtype, stop_ids, with_adapters
from assistant.drafting import Drafter
from assistant.errors import ModelError
from assistant.grammar import Grammars, Matcher
from assistant.prompts import PROMPT_VERSION as READER_PROMPT
from assistant.sampling import Sampler, Step
from assistant.writer_prompt import PROMPT_VERSION as WRITER_PROMPT

if TYPE_CHECKING:
    import torch

    from assistant.sampling import LogitsProcessor

Chat = Sequence[Mapping[str, str]]
HEADS = 4
"""System messages whose key-value cache is kept, the last ones used."""


@dataclass(frozen=True)
class Token:
    """One generated token: the characters `start` to `end` of the text that it completed, and the log-probability
    the model gave it among the tokens that were allowed (0.0 where only it was)."""

    id: int
    start: int
    end: int
    logprob: float


@dataclass(frozen=True)
class Generation:
    """A finished answer. `finish` is `stop` where the model ended it, `length` where the token limit did."""

    text: str
    tokens: tuple[Token, ...]
    finish: Literal["stop", "length"]

    def logprob(self, start: int, end: int) -> float | None:
        """Mean log-probability of the tokens that make up the characters `start` to `end`; `None` if there are none."""
        inside = [t.logprob for t in self.tokens if t.start < end and t.end > start]
        return sum(inside) / len(inside) if inside else None


def render(tokenizer: Any, messages: Chat, *, answer: bool = True) -> str:
    """The model's own chat layout of `messages`; with `answer`, up to where the assistant begins to speak.

    Training and serving both go through here. Control tokens written by a shopper are broken up, so that a
    message cannot end its own turn; models that can think aloud are told not to.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise ModelError(
            f"{tokenizer.name_or_path!r} has no chat template, so it is no chat model. Choose an instruction-tuned "
            "model, such as Qwen/Qwen3-0.6B."
        )
    cleaned = [{"role": m["role"], "content": harmless(tokenizer, m["content"])} for m in messages]
    text = tokenizer.apply_chat_template(cleaned, tokenize=False, add_generation_prompt=answer, enable_thinking=False)
    return str(text)


def harmless(tokenizer: Any, text: str) -> str:
    """`text` in which no control token of the tokenizer is left: a zero-width space is put into each."""
    for token in sorted(tokenizer.get_added_vocab(), key=len, reverse=True):
        if len(token) > 1 and token in text:
            text = text.replace(token, f"{token[0]}\u200b{token[1:]}")
    return text


class Detokenizer:
    """Turns tokens into text as they come, and holds back characters whose bytes are not all there yet."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._shown = 0
        self._start = 0

    def push(self, token: int) -> str:
        """The text that `token` completes; empty while a character is still missing bytes."""
        self._ids.append(token)
        before, now = self._decode(self._shown), self._decode(len(self._ids))
        if now.endswith("\ufffd"):
            return ""
        self._start, self._shown = self._shown, len(self._ids)
        return now[len(before) :]

    def flush(self) -> str:
        """What is left at the end, incomplete characters replaced."""
        before, now = self._decode(self._shown), self._decode(len(self._ids))
        return now[len(before) :]

    def _decode(self, end: int) -> str:
        ids = self._ids[self._start : end]
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))


class Generator:
    """A chat model with named LoRA adapters. Made by `load`; safe to use from several threads."""

    def __init__(self, model: Any, tokenizer: Any, name: str, adapters: Sequence[str] = ()) -> None:
        from assistant.packing import Passes

        self.name = name
        self.tokenizer = tokenizer
        self.adapters = tuple(adapters)
        self._model = model.eval()
        self._passes = Passes(self._model, self._active)
        self._tokenizing = threading.Lock()
        self._heads: dict[tuple[str | None, tuple[int, ...]], Any] = {}
        self._heads_lock = threading.Lock()
        self.context = int(getattr(model.config, "max_position_embeddings", 0) or 32768)
        self._stops = stop_ids(model, tokenizer)
        self._grammars = Grammars(tokenizer, model.get_output_embeddings().weight.shape[0], self._stops)

    @classmethod
    def load(
        cls,
        model: str | Path,
        adapters: Mapping[str, str | Path] | None = None,
        device: str = "auto",
        dtype: str = "auto",
        prompt_versions: Mapping[str, str] | None = None,
    ) -> Generator:
        """Loads a hub name or a folder, and an adapter folder for each name (`reader`, `writer`).

        `device` is `auto` (GPU if there is one), `cpu`, `cuda`, `cuda:1` …; `dtype` is `auto` (bfloat16 on a GPU
        that has it, float32 otherwise) or torch's name of one. `prompt_versions` says which version of its prompt
        each adapter must have been trained with, where that is not today's. Raises `ModelError` for weights that are
        not there and adapters that do not fit.
        """
        import torch

        device = pick_device(device)
        base, tokenizer = load_base(str(model), pick_dtype(dtype, device))
        expected = {"reader": READER_PROMPT, "writer": WRITER_PROMPT, **(prompt_versions or {})}
        folders = {name: Path(path) for name, path in (adapters or {}).items()}
        for name, folder in folders.items():
            check_adapter(folder, base, str(model), expected.get(name))
        loaded = with_adapters(base, folders).to(torch.device(device))
        if len(folders) == 1 and loaded.dtype == torch.float32:
            loaded.merge_adapter()  # the same function in a third of the matrix products; undone where it is put aside
        return cls(loaded, tokenizer, str(model), tuple(folders))

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        device: torch.device = self._model.device
        return device

    @property
    def stops(self) -> tuple[int, ...]:
        """The ids of the tokens that end an answer."""
        return tuple(self._stops)

    def stream(self, messages: Chat, **options: Any) -> Iterator[str]:
        """The answer to `messages`, piece by piece as it is generated; concatenated, the pieces are the answer.

        Options and errors as in `pieces`.
        """
        return (text for text, _ in self.pieces(messages, **options) if text)

    def complete(self, messages: Chat, **options: Any) -> str:
        """The whole answer to `messages`. Options as in `pieces`."""
        return "".join(self.stream(messages, **options))

    def generate(self, messages: Chat, **options: Any) -> Generation:
        """The whole answer with each token's place and log-probability. Options and errors as in `pieces`."""
        text, tokens = "", []
        for piece, step in self.pieces(messages, **options):
            if step is not None:
                tokens.append(Token(step.id, len(text), len(text) + len(piece), step.logprob))
            text += piece
        stopped = bool(tokens) and tokens[-1].id in self._stops
        return Generation(text, tuple(tokens), "stop" if stopped else "length")

    def pieces(
        self,
        messages: Chat,
        *,
        adapter: str | None = None,
        schema: Mapping[str, Any] | None = None,
        regex: str | None = None,
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int | None = None,
        logits_processor: LogitsProcessor | None = None,
    ) -> Iterator[tuple[str, Step | None]]:
        """Pieces of text with the step that made each: empty while a character is incomplete, `None` for the rest.

        `adapter` names a loaded one, `None` is the model without any. `schema` is a JSON schema that the answer
        must fit, `regex` an expression that it must match as a whole. `temperature` 0 takes the likeliest token;
        otherwise tokens are drawn, the same ones for the same `seed`. `logits_processor(ids, scores) -> scores` may
        change the scores, shape (1, vocabulary), before each choice; `ids`, shape (1, generated so far), leaves out
        the prompt. Raises `ModelError` for an unknown adapter, a prompt over the model's context, and an answer
        under a schema that the token limit cut short.
        """
        sampler = Sampler(temperature, top_p, seed, logits_processor)
        matcher = self._grammars.matcher(schema) if schema is not None else None
        matcher = self._grammars.pattern(regex) if matcher is None and regex is not None else matcher
        return self._pieces(messages, adapter, matcher, max_new_tokens, sampler)

    def prompt_tokens(self, messages: Chat) -> int:
        """How many tokens `messages` are, as they are given to the model."""
        return len(self._encode(messages))

    def _pieces(
        self, messages: Chat, adapter: str | None, matcher: Matcher | None, limit: int, sampler: Sampler
    ) -> Iterator[tuple[str, Step | None]]:
        if adapter is not None and adapter not in self.adapters:
            raise ModelError(f"No adapter {adapter!r} is loaded; there are: {', '.join(self.adapters) or 'none'}.")
        prompt = self._encode(messages)
        room = self.context - len(prompt)
        if room < 1:
            raise ModelError(
                f"The prompt has {len(prompt)} tokens and {self.name!r} takes {self.context}. Shorten the conversation."
            )
        detokenizer = Detokenizer(self.tokenizer)
        begun = self._begun(messages, prompt, adapter)
        for step in self._steps(prompt, begun, adapter, matcher, min(limit, room), sampler):
            yield ("" if step.id in self._stops else detokenizer.push(step.id)), step
        yield detokenizer.flush(), None
        if matcher is not None and not matcher.complete:
            raise ModelError(
                f"The answer was cut at {min(limit, room)} tokens before it was complete. Raise `max_new_tokens`."
            )

    def _steps(
        self,
        prompt: list[int],
        cache: Any,
        adapter: str | None,
        matcher: Matcher | None,
        limit: int,
        sampler: Sampler,
    ) -> Iterator[Step]:
        """The generated tokens, the one that ends the answer included, from a `cache` that may hold the beginning of
        the prompt. Forced tokens cost no choice, and a pass goes as far as its draft is what is chosen."""
        drafter = Drafter(prompt, self._stops)
        pending, generated = prompt[cache.get_seq_length() :], list[int]()
        while True:
            draft = drafter.draft(matcher, limit - len(generated) - 1, guess=cache.is_croppable)
            scores = self._forward(pending + draft, len(draft) + 1, cache, adapter)
            right, pending = 0, []
            while not pending:
                for step in sampler.next(scores[right : right + 1], generated, matcher):
                    generated.append(step.id)
                    drafter.add(step.id)
                    yield step
                    if step.id in self._stops or len(generated) == limit:
                        return
                    if not pending and draft[right : right + 1] == [step.id]:
                        right += 1
                    else:
                        pending.append(step.id)
            drafter.learn(right, len(draft))
            if cache.is_croppable:
                cache.crop(right - len(draft))

    def _begun(self, messages: Chat, prompt: list[int], adapter: str | None) -> Any:
        """A cache that holds the prompt's system message, where it has one: it is the same for all shoppers, so the
        model goes through it once."""
        head = self._encode(messages[:1], answer=False) if messages[0]["role"] == "system" else []
        if not head or prompt[: len(head)] != head or len(head) == len(prompt):
            return self._cache()
        key = (adapter, tuple(head))
        with self._heads_lock:
            cache = self._heads.pop(key, None)
            if cache is None:
                cache = self._cache()
                self._forward(head, 1, cache, adapter)
            self._heads[key] = cache
            while len(self._heads) > HEADS:
                del self._heads[next(iter(self._heads))]
            return copy.deepcopy(cache)

    def _cache(self) -> Any:
        from transformers import DynamicCache

        cache = DynamicCache(config=self._model.config)
        cache.activate_past_recording()
        return cache

    def _forward(self, ids: list[int], keep: int, cache: Any, adapter: str | None) -> torch.Tensor:
        """Scores of what follows each of the last `keep` tokens, float32 on the CPU, shape (keep, vocabulary); the
        cache grows by `ids`."""
        from assistant.packing import Pass

        return self._passes.scores(Pass(ids, keep, cache, adapter))

    def _active(self, adapter: str | None) -> AbstractContextManager[Any]:
        if not self.adapters:
            return nullcontext()
        if adapter is None:
            without: AbstractContextManager[Any] = self._model.disable_adapter()
            return without
        if self._model.active_adapter != adapter:
            self._model.set_adapter(adapter, inference_mode=True)
        return nullcontext()

    def _encode(self, messages: Chat, answer: bool = True) -> list[int]:
        text = render(self.tokenizer, messages, answer=answer)
        with self._tokenizing:
            return list(self.tokenizer.encode(text, add_special_tokens=False))
