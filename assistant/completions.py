"""What the configured models answer to chats as they are: for other machines that ask them as they ask a model server.

A model of the hub answers any chat. The compact models answer only what they are made for: the reader its prompt, with
the reading as JSON; the writer a plan, with placeholders.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from assistant.answers import value_spans
from assistant.errors import InvalidInput, ModelError
from assistant.facts import placeholders
from assistant.prompt_parsing import reader_question, writer_question
from assistant.prompts import READING_SCHEMA, reading_schema, target_text
from assistant.records import Reading

if TYPE_CHECKING:
    from assistant.compact_reader import CompactReader
    from assistant.generation import Generator
    from assistant.reading import Reader
    from assistant.sampling import Step
    from assistant.writing import CompactWriter, Hold, Writer

Finish = Literal["stop", "length"]
ANY: Mapping[str, Any] = {"type": "object"}


@dataclass(frozen=True)
class Asked:
    """A chat to answer, and how. `schema` and `regex` are what the answer must fit."""

    messages: Sequence[Mapping[str, str]]
    schema: Mapping[str, Any] | None = None
    regex: str | None = None
    max_new_tokens: int = 1024
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None


@dataclass(frozen=True)
class Part:
    """A piece of an answer with its log-probability. The last one has the `finish`; `tokens` it counts for."""

    text: str
    logprob: float = 0.0
    tokens: int = 1
    finish: Finish | None = None


class Completions(Protocol):
    """A model that answers chats."""

    def prompt_tokens(self, asked: Asked) -> int:
        """How many tokens the question has."""
        ...

    def parts(self, asked: Asked) -> Iterator[Part]:
        """The answer, part by part. Raises `InvalidInput` for what this model cannot be asked, before the first part,
        and `ModelError` where it fails."""
        ...


class ReaderCompletions:
    """The compact reader. Its answer comes at once, a part for each value, since it is sure of one as a whole."""

    def __init__(self, reader: CompactReader) -> None:
        self._reader = reader

    def prompt_tokens(self, asked: Asked) -> int:
        """As `Completions.prompt_tokens`, by the encoder's tokenizer."""
        return sum(self._count(m["content"]) for m in asked.messages)

    def parts(self, asked: Asked) -> Iterator[Part]:
        """As `Completions.parts`. No schema but the reader's own can be held to."""
        state, conversation = reader_question(asked.messages)
        own = reading_schema(state, len(conversation.messages), len(conversation.events))
        if asked.regex is not None or (asked.schema is not None and asked.schema not in (own, READING_SCHEMA, ANY)):
            raise InvalidInput(
                "This reader answers in one layout, that of `assistant.prompts.reading_schema`: send that or no schema."
            )
        reading = self._reader.read(state, conversation)
        answer = target_text(reading, conversation)
        left = asked.max_new_tokens
        for text, logprob in _sure(answer, reading):
            tokens = self._count(text)
            if tokens > left:
                yield Part("", tokens=0, finish="length")
                return
            left -= tokens
            yield Part(text, logprob, tokens)
        yield Part("", tokens=0, finish="stop")

    def _count(self, text: str) -> int:
        return len(self._reader.tokenizer.encode(text, add_special_tokens=False).ids)


class ChatCompletions:
    """A model that generates: one of the hub, under the adapter of its role where it has one, or the compact writer."""

    def __init__(self, generator: Generator, role: str) -> None:
        self._generator = generator
        self._adapter = role if role in generator.adapters else None

    def prompt_tokens(self, asked: Asked) -> int:
        """As `Completions.prompt_tokens`."""
        return self._generator.prompt_tokens(asked.messages)

    def parts(self, asked: Asked) -> Iterator[Part]:
        """As `Completions.parts`."""
        room = self._generator.context - self.prompt_tokens(asked)
        if room < 1:
            raise InvalidInput(f"The messages are too long: the model takes {self._generator.context} tokens.")
        return self._parts(asked, min(room, asked.max_new_tokens), {})

    def _parts(self, asked: Asked, limit: int, options: Mapping[str, Any]) -> Iterator[Part]:
        made, ended = 0, False
        try:
            for text, step in self._pieces(asked, limit, options):
                if step is not None:
                    made += 1
                    ended = step.id in self._generator.stops
                    yield Part(text, step.logprob)
                elif text:
                    yield Part(text, tokens=0)
        except ModelError:
            if made < limit:
                raise
        yield Part("", tokens=0, finish="stop" if ended else "length")

    def _pieces(self, asked: Asked, limit: int, options: Mapping[str, Any]) -> Iterator[tuple[str, Step | None]]:
        try:
            return self._generator.pieces(
                asked.messages,
                adapter=self._adapter,
                schema=asked.schema,
                regex=asked.regex,
                max_new_tokens=limit,
                temperature=asked.temperature,
                top_p=asked.top_p,
                seed=asked.seed,
                **options,
            )
        except (ModelError, ValueError) as error:  # before anything is generated: a schema or setting it cannot hold
            raise InvalidInput(str(error)) from error


class WriterCompletions(ChatCompletions):
    """The compact writer: held to the placeholders of the plan, each once, whatever else is asked for."""

    def __init__(self, writer: CompactWriter) -> None:
        from assistant.writing import masked

        super().__init__(writer.generator, "writer")
        self._hold: Hold = masked(writer.generator, once=True)

    def prompt_tokens(self, asked: Asked) -> int:
        """As `Completions.prompt_tokens`: of the plan without the words of its facts."""
        return self._generator.prompt_tokens(writer_question(asked.messages))

    def parts(self, asked: Asked) -> Iterator[Part]:
        """As `Completions.parts`. It writes no JSON."""
        if asked.schema is not None:
            raise InvalidInput("This writer phrases replies and writes no JSON: leave the schema out.")
        question = writer_question(asked.messages)
        return self._parts(
            replace(asked, messages=question), asked.max_new_tokens, self._hold(placeholders(question[0]["content"]))
        )


def completions(reader: Reader, writer: Writer) -> dict[str, Completions]:
    """What answers under the names `reader` and `writer`; one that is itself behind a server is left to that."""
    from assistant.compact_reader import CompactReader
    from assistant.generation import Generator
    from assistant.hub_reader import HubReader
    from assistant.writing import CompactWriter, ModelWriter

    served: dict[str, Completions] = {}
    if isinstance(reader, CompactReader):
        served["reader"] = ReaderCompletions(reader)
    elif isinstance(reader, HubReader) and isinstance(reader.generator, Generator):
        served["reader"] = ChatCompletions(reader.generator, "reader")
    if isinstance(writer, CompactWriter):
        served["writer"] = WriterCompletions(writer)
    elif isinstance(writer, ModelWriter) and isinstance(writer.generator, Generator):
        served["writer"] = ChatCompletions(writer.generator, "writer")
    return served


def _sure(answer: str, reading: Reading) -> Iterator[tuple[str, float]]:
    """The answer cut at the values of its constraints, each with the logarithm of how sure the reader is of it."""
    place = 0
    for (start, end), added in zip(value_spans(answer), reading.added, strict=True):
        confidence = added.constraint.confidence
        yield answer[place:start], 0.0
        yield answer[start:end], math.log(max(confidence, 1e-9)) if confidence is not None else 0.0
        place = end
    yield answer[place:], 0.0
