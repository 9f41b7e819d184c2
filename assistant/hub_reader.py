"""Reading with a chat model, of the hub or behind a server, under its adapter `reader` where one is loaded."""

from __future__ import annotations

import math

from assistant.answers import parse_reading, value_spans
from assistant.chat_model import ChatModel
from assistant.prompts import reader_messages, reading_schema
from assistant.records import Conversation, Reading, State

MAX_TOKENS = 1536


class HubReader:
    """A `Reader` on a chat model whose answer is held to the schema of a reading."""

    def __init__(self, generator: ChatModel, adapter: str = "reader", max_new_tokens: int = MAX_TOKENS) -> None:
        self.generator = generator
        self._adapter = adapter if adapter in generator.adapters else None
        self._max_new_tokens = max_new_tokens

    def read(self, state: State, conversation: Conversation) -> Reading:
        """What the last message of `conversation` changed. The confidence of a constraint is the geometric mean of
        the probabilities of the tokens that make up its value, where the model tells them. Raises `ModelError` where
        the model fails, and its kind `ReadingError` where its answer cannot be understood."""
        schema = reading_schema(state, len(conversation.messages), len(conversation.events))
        made = self.generator.generate(
            reader_messages(state, conversation),
            adapter=self._adapter,
            schema=schema,
            max_new_tokens=self._max_new_tokens,
        )
        means = [made.logprob(start, end) for start, end in value_spans(made.text)] if made.tokens else []
        confidences = [math.exp(mean) if mean is not None else 0.0 for mean in means]
        return parse_reading(made.text, state, conversation, confidences)
