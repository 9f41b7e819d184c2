"""Keeps generated text inside a JSON schema or a regular expression: which tokens may come next, and which must.

llguidance does the work. xgrammar was tried beside it (finetune/LOG.md): it let raw control characters and special
tokens into bounded strings and refused valid ones, while llguidance did neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from assistant.errors import ModelError


class Matcher:
    """One answer's place in a grammar. Not shared between answers."""

    def __init__(self, matcher: Any, vocabulary: int) -> None:
        self._matcher = matcher
        self._vocabulary = vocabulary

    def forced(self) -> list[int]:
        """The tokens that must come next, whatever the model thinks: keys, brackets, quotes. Often none."""
        return list(self._matcher.compute_ff_tokens())

    def allowed(self) -> np.ndarray:
        """Which tokens may come next: bool, shape (vocabulary,)."""
        packed = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        bits = np.unpackbits(packed, bitorder="little").astype(bool)
        allowed = np.zeros(self._vocabulary, dtype=bool)
        allowed[: min(len(bits), self._vocabulary)] = bits[: self._vocabulary]
        return allowed

    def accept(self, token: int) -> None:
        """Moves on by `token`. Raises `ModelError` where the grammar does not allow it."""
        if not self._matcher.consume_token(token):
            raise ModelError(f"Constrained decoding failed at token {token}: {self._matcher.get_error()}")

    def tries(self, token: int) -> bool:
        """Moves on by `token` where the grammar allows it; whether it did."""
        return bool(self._matcher.try_consume_tokens([token]))

    def back(self, count: int) -> None:
        """Takes the last `count` tokens back."""
        if count and not self._matcher.rollback(count):
            raise ModelError(f"Constrained decoding could not go back {count} tokens: {self._matcher.get_error()}")

    @property
    def complete(self) -> bool:
        """Whether what was accepted is whole: may end here."""
        return bool(self._matcher.is_accepting() or self._matcher.is_stopped())


class Grammars:
    """Grammars over one tokenizer's vocabulary, compiled once for each schema or expression.

    `vocabulary` is the width of the model's logits; `stops` are the ids that end an answer."""

    def __init__(self, tokenizer: Any, vocabulary: int, stops: Sequence[int]) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._stops = list(stops)
        self._compiled: dict[str, str] = {}

    @cached_property
    def _vocabulary_trie(self) -> Any:
        from llguidance.hf import from_tokenizer

        return from_tokenizer(self._tokenizer, n_vocab=self._vocabulary, eos_token=self._stops)

    def matcher(self, schema: Mapping[str, Any]) -> Matcher:
        """A fresh matcher for `schema`; JSON comes out compact. Raises `ModelError` for a schema it cannot hold."""
        from llguidance import LLMatcher

        key = json.dumps(schema)
        if key not in self._compiled:
            self._compiled[key] = LLMatcher.grammar_from_json_schema(key, overrides={"whitespace_flexible": False})
        return self._started(self._compiled[key], "JSON schema")

    def pattern(self, regex: str) -> Matcher:
        """A fresh matcher for text that `regex` matches as a whole. Raises `ModelError` for one it cannot hold."""
        from llguidance import LLMatcher

        return self._started(LLMatcher.grammar_from_regex(regex), "regular expression")

    def _started(self, grammar: str, kind: str) -> Matcher:
        from llguidance import LLMatcher

        matcher = LLMatcher(self._vocabulary_trie, grammar)
        if matcher.is_error():
            raise ModelError(f"The {kind} cannot be used to constrain a model: {matcher.get_error()}")
        return Matcher(matcher, self._vocabulary)
