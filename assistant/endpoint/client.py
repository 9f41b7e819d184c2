"""Asking a served chat model, as `Generator` is asked. Which LoRA adapter answers is part of the model's name there."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from assistant.endpoint.transport import PassingError, Transport
from assistant.endpoint.wire import Chunk, Guided, chunks, model_names, request_body, tokens
from assistant.errors import ModelError
from assistant.generation import Chat, Generation

NO_THINKING: Mapping[str, Any] = MappingProxyType({"chat_template_kwargs": {"enable_thinking": False}})


@dataclass(frozen=True)
class EndpointOptions:
    """Where a model is served and how it is asked.

    `url` ends in `/v1`. `timeout` is how many seconds a server may stay silent, and how many an answer may take in
    all. `retries` counts the attempts after the first. `guided` is how a schema is sent: `response_format` is
    everybody's; `structured_outputs` is vLLM's own from 0.12 on and holds text to a regular expression, too.
    `extra` is put into every request.
    """

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    retries: int = 4
    guided: Guided = "response_format"
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_THINKING)


class Endpoint:
    """A model of a server. Safe to use from several threads; each answer is a request of its own."""

    adapters: tuple[str, ...] = ()

    def __init__(self, options: EndpointOptions, transport: Transport | None = None) -> None:
        self.options = options
        self.name = options.model
        self._transport = transport or Transport(options.url, options.api_key, options.timeout, options.retries)

    @classmethod
    def connect(cls, options: EndpointOptions) -> Endpoint:
        """The endpoint, once its server has said that it serves the model. Raises `ModelError` where it is down, is no
        such server, or does not serve it; the sentence lists the models that it does serve."""
        endpoint = cls(options)
        served = endpoint.models()
        if options.model not in served:
            raise ModelError(
                f"{endpoint._transport.place} does not serve {options.model!r}. It serves: "
                f"{', '.join(served) or 'nothing'}. Correct `model`; vLLM serves an adapter under a name given by "
                "--enable-lora --lora-modules NAME=PATH."
            )
        return endpoint

    def models(self) -> tuple[str, ...]:
        """The names that the server serves, adapters included."""
        return self._transport.retrying(lambda: model_names(self._transport.get("models"), self._transport.place))

    def stream(self, messages: Chat, **options: Any) -> Iterator[str]:
        """The answer, piece by piece as it arrives. Closing the iterator ends the request, and with it the work.

        Options as in `Generator.pieces`, without adapters and score processors. `regex` is sent only where `guided`
        is `structured_outputs`; elsewhere the caller checks. Asked again, after a growing pause, while the server is
        down, overloaded or failing and no text has arrived. Raises `ModelError` where that does not help, where the
        answer breaks off, and where what arrives is no answer.
        """
        body = self._body(messages, options)
        with closing(self._transport.retrying(lambda: self._begun(body))) as arriving:
            try:
                yield from (chunk.text for chunk in arriving if chunk.text)
            except PassingError as error:
                raise ModelError(f"{error} Part of the answer had arrived.") from error

    def complete(self, messages: Chat, **options: Any) -> str:
        """The whole answer. Options and errors as in `stream`, but one that breaks off is asked for again."""
        return self.generate(messages, **options).text

    def generate(self, messages: Chat, **options: Any) -> Generation:
        """The whole answer with its tokens, where the server tells them. An answer under a schema that the token
        limit cut short raises `ModelError`; else as in `complete`."""
        body = self._body(messages, options) | {"logprobs": True}
        arrived = self._transport.retrying(lambda: list(self._arriving(body)))
        text = "".join(chunk.text for chunk in arrived)
        cut = any(chunk.finish == "length" for chunk in arrived)
        if cut and options.get("schema") is not None:
            limit = body["max_completion_tokens"]
            raise ModelError(f"The answer was cut at {limit} tokens before it was complete. Raise `max_new_tokens`.")
        return Generation(text, tokens(text, arrived), "length" if cut else "stop")

    def close(self) -> None:
        """Closes the connections that are kept open."""
        self._transport.close()

    def _body(self, messages: Chat, options: Mapping[str, Any]) -> dict[str, Any]:
        return request_body(self.options.model, messages, self.options.guided, **options) | dict(self.options.extra)

    def _begun(self, body: Mapping[str, Any]) -> Generator[Chunk, None, None]:
        """An answer whose first text, or end, has arrived."""
        arriving = self._arriving(body)
        first = next(chunk for chunk in arriving if chunk.text or chunk.finish)
        return _from(first, arriving)

    def _arriving(self, body: Mapping[str, Any]) -> Generator[Chunk, None, None]:
        """The chunks of an answer. Raises `PassingError` where it breaks off."""
        finished = False
        with closing(self._transport.post("chat/completions", body)) as stream:
            for chunk in chunks(stream, self._transport.place):
                yield chunk
                finished = finished or chunk.finish is not None
        if not finished:
            raise PassingError(f"{self._transport.place} broke off in the middle of an answer.")


def _from(first: Chunk, rest: Generator[Chunk, None, None]) -> Generator[Chunk, None, None]:
    with closing(rest):
        yield first
        yield from rest
