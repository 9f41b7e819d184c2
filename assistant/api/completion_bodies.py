"""Chat completions as OpenAI's API lays them out: what a request may hold, and what answers and errors look like."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.completions import ANY, Asked, Part

MAX_TOKENS = 1024
MOST_TOKENS = 8192


class Fields(BaseModel):
    """Base of what requests are made of: a field that could not be honoured is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TextPart(Fields):
    """A part of a message's content."""

    type: Literal["text"]
    text: str


class ChatMessage(Fields):
    """A message. Other roles than these, and other content than text, are not answered."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | tuple[TextPart, ...]
    name: str | None = None

    def plain(self) -> dict[str, str]:
        """Role and text alone."""
        content = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return {"role": "system" if self.role == "developer" else self.role, "content": content}


class JsonSchema(Fields):
    """A schema with its name."""

    name: str = ""
    description: str | None = None
    schema_: Mapping[str, Any] = Field(alias="schema")
    strict: bool | None = None


class ResponseFormat(Fields):
    """What an answer must be."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _complete(self) -> ResponseFormat:
        if (self.type == "json_schema") != (self.json_schema is not None):
            raise ValueError("json_schema belongs to the type json_schema, and to that alone")
        return self

    def schema_of(self) -> Mapping[str, Any] | None:
        """The JSON schema that an answer must fit, if one."""
        if self.json_schema is not None:
            return self.json_schema.schema_
        return ANY if self.type == "json_object" else None


class StructuredOutputs(Fields):
    """vLLM's field for the same: one of these."""

    json_: Mapping[str, Any] | None = Field(default=None, alias="json")
    regex: str | None = Field(default=None, max_length=10_000)
    json_object: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> StructuredOutputs:
        if sum(value is not None for value in (self.json_, self.regex, self.json_object)) != 1:
            raise ValueError("exactly one of json, regex and json_object is expected")
        return self


class StreamOptions(Fields):
    """Whether the count of tokens comes at the end of a stream."""

    include_usage: bool = False


class CompletionRequest(Fields):
    """A chat to answer. What would change the answer and cannot be honoured here is refused, not passed over."""

    model: str
    messages: tuple[ChatMessage, ...] = Field(min_length=1, max_length=200)
    stream: bool = False
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    structured_outputs: StructuredOutputs | None = None
    max_completion_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    max_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    temperature: float = Field(default=1.0, ge=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1)
    logprobs: bool = False
    top_logprobs: Literal[0] | None = None
    n: Literal[1] = 1
    presence_penalty: Annotated[float, Field(ge=0, le=0)] = 0
    frequency_penalty: Annotated[float, Field(ge=0, le=0)] = 0
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    store: bool | None = None
    chat_template_kwargs: Mapping[Literal["enable_thinking"], Literal[False]] | None = None

    @model_validator(mode="after")
    def _one_format(self) -> CompletionRequest:
        if self.response_format is not None and self.structured_outputs is not None:
            raise ValueError("response_format and structured_outputs say the same: send one of them")
        return self

    def asked(self) -> Asked:
        """The question for a model."""
        held = self.structured_outputs or StructuredOutputs.model_construct()
        schema = self.response_format.schema_of() if self.response_format else held.json_ or (held.json_object and ANY)
        return Asked(
            messages=[message.plain() for message in self.messages],
            schema=schema or None,
            regex=held.regex,
            max_new_tokens=self.max_completion_tokens or self.max_tokens or MAX_TOKENS,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=self.seed,
        )


class Answer:
    """The layout of one answer, whole or in chunks."""

    def __init__(self, identity: str, request: CompletionRequest, prompt_tokens: int) -> None:
        self._base = {"id": f"chatcmpl-{identity}", "created": int(time.time()), "model": request.model}
        self._logprobs = request.logprobs
        self._prompt_tokens = prompt_tokens

    def whole(self, parts: Iterable[Part]) -> dict[str, Any]:
        """A `chat.completion`."""
        parts = list(parts)
        message = {"role": "assistant", "content": "".join(part.text for part in parts)}
        choice = {"index": 0, "message": message, "logprobs": self._sure(parts), "finish_reason": parts[-1].finish}
        usage = self._usage(sum(part.tokens for part in parts))
        return {**self._base, "object": "chat.completion", "choices": [choice], "usage": usage}

    def chunk(self, part: Part, first: bool) -> str:
        """A `chat.completion.chunk`."""
        delta = ({"role": "assistant"} if first else {}) | ({"content": part.text} if part.text or first else {})
        choice = {"index": 0, "delta": delta, "logprobs": self._sure([part]), "finish_reason": part.finish}
        return json.dumps({**self._base, "object": "chat.completion.chunk", "choices": [choice]})

    def usage_chunk(self, tokens: int) -> str:
        """The last chunk of a stream whose tokens are to be counted."""
        chunk = {**self._base, "object": "chat.completion.chunk", "choices": [], "usage": self._usage(tokens)}
        return json.dumps(chunk)

    def _usage(self, tokens: int) -> dict[str, int]:
        asked = self._prompt_tokens
        return {"prompt_tokens": asked, "completion_tokens": tokens, "total_tokens": asked + tokens}

    def _sure(self, parts: Iterable[Part]) -> dict[str, Any] | None:
        if not self._logprobs:
            return None
        entries = [
            {"token": p.text, "logprob": p.logprob, "bytes": list(p.text.encode()), "top_logprobs": []}
            for p in parts
            if p.text
        ]
        return {"content": entries}


def error_body(message: str, kind: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    """An error as OpenAI's API words it."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
