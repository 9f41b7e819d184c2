"""What a reader or writer asks of a chat model: one that runs here (`Generator`) or behind a server (`Endpoint`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from assistant.generation import Chat, Generation


class ChatModel(Protocol):
    """Answers chats. Options are keywords: `adapter`, `schema`, `regex`, `max_new_tokens`, `temperature`, `top_p` and
    `seed`, as `Generator.pieces` describes them."""

    name: str
    adapters: tuple[str, ...]

    def stream(self, messages: Chat, **options: Any) -> Iterator[str]:
        """The answer in pieces as they are made."""
        ...

    def generate(self, messages: Chat, **options: Any) -> Generation:
        """The whole answer with its tokens; none where the model does not tell how sure it was."""
        ...
