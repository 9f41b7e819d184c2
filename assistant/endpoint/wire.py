"""The layout of chat completions: requests as vLLM and others take them, answers as they stream them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant.endpoint.events import NoEventsError, event_data
from assistant.errors import ModelError
from assistant.generation import Chat, Token

Guided = Literal["response_format", "structured_outputs"]
CONTROL = re.compile(r"<(?=[|/!]?[A-Za-z_|][^<>\s]{0,40}>)|\[(?=/?[A-Z_]{2,20}\])")
DONE = "[DONE]"


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer. `sure` are its tokens with the log-probability of each, where the server tells them;
    `finish` is why it ends here, `None` where it goes on."""

    text: str
    sure: tuple[tuple[bytes, float], ...] = ()
    finish: str | None = None


def request_body(
    model: str,
    messages: Chat,
    guided: Guided,
    *,
    adapter: str | None = None,
    schema: Mapping[str, Any] | None = None,
    regex: str | None = None,
    max_new_tokens: int = 256,
    temperature: float = 0.0,
    top_p: float = 1.0,
    seed: int | None = None,
) -> dict[str, Any]:
    """A streamed request. Raises `ModelError` for an adapter: a server has each under a model's name of its own."""
    if adapter is not None:
        raise ModelError(f"{model!r} is served as it is: choose the adapter {adapter!r} by the name that it has there.")
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": m["role"], "content": harmless(m["content"])} for m in messages],
        "stream": True,
        "max_completion_tokens": max_new_tokens,
        "temperature": temperature,
        "top_p": top_p,
    }
    if seed is not None:
        body["seed"] = seed
    return body | _guidance(guided, schema, regex)


def _guidance(guided: Guided, schema: Mapping[str, Any] | None, regex: str | None) -> dict[str, Any]:
    """What holds the answer. vLLM's field is `structured_outputs` since 0.12; `guided_json`, which came before it, is
    ignored there without a word, so it is never sent."""
    if guided == "structured_outputs":
        held = {"json": schema} if schema is not None else {"regex": regex} if regex is not None else {}
        return {"structured_outputs": held} if held else {}
    if schema is None:
        return {}
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}


def harmless(text: str) -> str:
    """`text` in which nothing looks like a control token (`<|im_end|>`, `</s>`, `[INST]`): a zero-width space is put
    into each, since the server knows its tokenizer's and this side does not."""
    return CONTROL.sub(lambda found: f"{found[0]}\u200b", text)


def model_names(data: Any, place: str) -> tuple[str, ...]:
    """The names in an answer of `/v1/models`. Raises `ModelError` where it is none."""
    try:
        return tuple(str(model["id"]) for model in data["data"])
    except (KeyError, TypeError) as error:
        raise ModelError(f"{place} answered /models with what is no list of models: {str(data)[:120]}.") from error


def chunks(stream: Iterator[bytes], place: str) -> Iterator[Chunk]:
    """The chunks of a streamed answer. Raises `ModelError` for what is none, and for an error among them."""
    try:
        for data in event_data(stream):
            if data == DONE:
                return
            if (chunk := _chunk(data, place)) is not None:
                yield chunk
    except NoEventsError as error:
        raise ModelError(f"{place} sent what is no stream of events: {error}.") from error


def _chunk(data: str, place: str) -> Chunk | None:
    """One event; `None` for one without a choice, such as the count of tokens at the end."""
    try:
        event = json.loads(data)
        if error := event.get("error"):
            said = error.get("message", error) if isinstance(error, dict) else error
            raise ModelError(f"{place} failed in the middle of an answer: {str(said)[:300]}.")
        if not event["choices"]:
            return None
        choice = event["choices"][0]
        text, finish = choice["delta"].get("content") or "", choice.get("finish_reason")
        if not isinstance(text, str):
            raise TypeError("its content is no text")
        chunk = Chunk(text, _sure(choice.get("logprobs")), finish)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"{place} sent what is no chat completion ({error!r}): {data[:200]!r}.") from error
    if finish not in (None, "stop", "length"):
        raise ModelError(f"{place} ended an answer with {str(finish)[:40]!r}, where only text was asked for.")
    return chunk


def _sure(logprobs: Any) -> tuple[tuple[bytes, float], ...]:
    if not logprobs or not logprobs.get("content"):
        return ()
    return tuple(
        (bytes(t["bytes"]) if t.get("bytes") is not None else str(t["token"]).encode(), float(t["logprob"]))
        for t in logprobs["content"]
    )


def tokens(text: str, chunks: Sequence[Chunk]) -> tuple[Token, ...]:
    """The tokens of a whole answer and where they stand in it; none where what the server tells does not add up to
    the text. Tokens beside the text, such as the one that ends it, are left out; their ids are not told (-1)."""
    whole, end, found = text.encode(), 0, []
    for piece, logprob in (entry for chunk in chunks for entry in chunk.sure):
        if piece and whole.startswith(piece, end):
            found.append((end, end + len(piece), logprob))
            end += len(piece)
    if end != len(whole):
        return ()
    place = _characters(whole)
    return tuple(Token(-1, place[start], place[stop], logprob) for start, stop, logprob in found)


def _characters(whole: bytes) -> list[int]:
    """For each byte, and the end, the index of its character; bytes inside a character count to it."""
    starts = [byte & 0xC0 != 0x80 for byte in whole]
    places, count = [], 0
    for i, start in enumerate(starts):
        count += start and i > 0
        places.append(count)
    return [*places, count + 1 if whole else 0]
