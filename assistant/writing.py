"""Writing a reply from a plan: a model phrases it with placeholders, each sentence is checked before it is shown.

What a plan may say is in `assistant.facts` (`FACT_KEYS`, `TOPICS`); what the model is told in `assistant.writer_prompt`;
what counts as unsupported in `assistant.verify`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assistant.errors import ModelError
from assistant.facts import ASKS, FACT_KEYS, MAX_WORDS, TOPICS, fill, known, offered, placeholders, split, wordings
from assistant.records import Conversation, Fact, Plan
from assistant.verify import Lexicon, Problem, check, misattributed
from assistant.writer_prompt import PROMPT_VERSION, writer_messages

if TYPE_CHECKING:
    from assistant.generation import Generator

__all__ = ["ASKS", "FACT_KEYS", "TOPICS", "CompactWriter", "HubWriter", "Writer", "WritingError", "known"]

log = logging.getLogger(__name__)
ATTEMPTS = 3
MAX_TOKENS = 320
QUESTION_WORDS = 12
_END = re.compile(r"[.!?][\"”')]*(?=\s)|\n")
_WHOLE = re.compile(r"[.!?][\"”')]*$|\}[\"”')]*$|^- ")
# Facts without which a reply has not said what the plan decided.
_NEEDED = frozenset(
    "title relaxed unknown answer policy missing.product order.status order.delivery basket.title diff".split()
)


class WritingError(ModelError):
    """The model wrote nothing that could be verified, however often it was asked."""


class Writer(Protocol):
    """Phrases the reply that a plan decided on."""

    def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
        """The reply in verified pieces, placeholders filled in; concatenated, they are the reply: plain text under 80
        words or so. Raises `WritingError` where nothing could be verified."""
        ...


class ModelWriter:
    """A writer on a chat model. Sentences that claim what no fact supports are left out and logged; what the plan
    needs and the model did not say is asked for once more."""

    def __init__(
        self,
        generator: Generator,
        *,
        values: bool,
        adapter: str | None,
        temperature: float,
        top_p: float,
        lexicon: Lexicon | None = None,
        vocabulary: Collection[str] | None = None,
    ) -> None:
        from assistant.checkpoints import stop_ids
        from assistant.placeholder_mask import PlaceholderMask

        self._generator = generator
        self._values = values
        self._adapter = adapter
        self._sampling = {"temperature": temperature, "top_p": top_p}
        self._lexicon = lexicon
        self._vocabulary = vocabulary
        self._mask = PlaceholderMask(generator.tokenizer, stop_ids(generator._model, generator.tokenizer))

    def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
        """As `Writer.write`."""
        draft = _Draft(plan, conversation, self._lexicon, self._vocabulary)
        seed = _seed(plan, conversation)
        for attempt in range(ATTEMPTS):
            missing = draft.missing()
            if attempt and not missing:
                return
            plan = draft.remainder(missing) if draft.words else plan
            for sentence in _sentences(self._pieces(plan, conversation, seed + attempt)):
                if shown := draft.add(sentence):
                    yield shown
        if not draft.words:
            raise WritingError(
                f"Nothing that the model wrote for the move {draft.plan.move!r} could be verified in {ATTEMPTS} attempts; "
                "the log has each sentence and what was wrong with it."
            )

    def _pieces(self, plan: Plan, conversation: Conversation, seed: int) -> Iterable[str]:
        return self._generator.stream(
            writer_messages(plan, conversation, values=self._values),
            adapter=self._adapter,
            max_new_tokens=MAX_TOKENS,
            seed=seed,
            logits_processor=self._mask.processor((f.key for f in offered(plan)), once=not self._values),
            **self._sampling,
        )


class CompactWriter(ModelWriter):
    """This project's own small writer. It sees which facts there are, never their words, and has a closed vocabulary."""

    @classmethod
    def load(cls, path: str | Path) -> CompactWriter:
        """The writer in the directory `path`. Raises `ModelError` where it is not there or does not fit."""
        from assistant.generation import Generator

        folder = Path(path)
        words = folder / "words.json"
        if not words.is_file():
            raise ModelError(f"No writer at {str(folder)!r}: it should hold config.json, words.json and *.safetensors.")
        generator = Generator.load(
            folder, {"writer": folder / "adapter"}, device="cpu", prompt_versions={"writer": PROMPT_VERSION}
        )
        vocabulary = frozenset(json.loads(words.read_text("utf-8")))
        lexicon = Lexicon(Lexicon().words - vocabulary)
        return cls(
            generator, values=False, adapter="writer", temperature=0.7, top_p=0.9, lexicon=lexicon, vocabulary=vocabulary
        )


class HubWriter(ModelWriter):
    """A chat model of the hub, under its adapter `writer` where it has one. `lexicon` holds the catalogue's words that
    must not be used without a fact."""

    def __init__(self, generator: Generator, lexicon: Lexicon | None = None) -> None:
        adapter = "writer" if "writer" in generator.adapters else None
        super().__init__(generator, values=True, adapter=adapter, temperature=0.6, top_p=0.9, lexicon=lexicon)


class _Draft:
    """What has been shown of one reply, and what may still be."""

    def __init__(
        self, plan: Plan, conversation: Conversation, lexicon: Lexicon | None, vocabulary: Collection[str] | None
    ) -> None:
        self.plan = plan
        self.words = 0
        self._conversation = conversation
        self._lexicon = lexicon
        self._vocabulary = vocabulary
        self._facts = offered(plan)
        self._texts = wordings(self._facts)
        self._said: set[str] = set()
        self._asked = False
        self._title = 0
        self._line = False

    def add(self, sentence: str) -> str:
        """The sentence as it is shown, with the space before it; empty where it is left out."""
        problems = self._problems(sentence)
        if problems:
            log.info("left out of a reply: %r (%s)", sentence, ", ".join(f"{p.kind} {p.text}" for p in problems))
            return ""
        shown = fill(sentence.strip(), self._texts)
        count = len(shown.split())
        asks = self._asks(sentence)
        room = MAX_WORDS - (QUESTION_WORDS if self.plan.ask and not asks else 0)
        if self.words and self.words + count > room and not asks:
            log.info("left out of a reply: %r (over %d words)", sentence, room)
            return ""
        self._title = misattributed(sentence, self._texts, self._title)[1]
        self._said.update(placeholders(sentence))
        self._asked = self._asked or asks
        return self._joined(shown, count)

    def missing(self) -> list[str]:
        """Keys of needed facts that were not said; `ask` where the question is still to be asked."""
        keys = [key for key in self._texts if split(key)[1] in _NEEDED and key not in self._said]
        return keys + (["ask"] if self.plan.ask and not self._asked else [])

    def remainder(self, missing: Collection[str]) -> Plan:
        """A plan of just what is missing: its picks with all that belongs to them, and the question."""
        picks = {split(key)[0] for key in missing} - {0}
        wanted = [f for f in self._facts if f.key not in self._said and (f.key in missing or split(f.key)[0] in picks)]
        asking = "ask" in missing
        wanted += [f for f in self._facts if asking and f.key.startswith("ask.") and f.key not in self._said]
        move = self.plan.move if wanted and not set(missing) <= {"ask"} else "ask"
        return self.plan.model_copy(
            update={"move": move, "facts": tuple(wanted), "ask": self.plan.ask if asking else None, "greet": False,
                    "topic": None, "unknown": ()}
        )

    def _problems(self, sentence: str) -> list[Problem]:
        problems = check(
            sentence, self._facts, self._conversation, lexicon=self._lexicon, vocabulary=self._vocabulary
        )
        if self.plan.move != "compare":
            problems += misattributed(sentence, self._texts, self._title)[0]
        keys = placeholders(sentence)
        problems += [Problem("placeholder", f"{{{k}}} again") for k in keys if k in self._said and not k.endswith("title")]
        if "?" in PLAIN.sub("", sentence) and (not self.plan.ask or self._asked):
            problems.append(Problem("claim", "a question that the plan does not ask"))
        if not _WHOLE.search(sentence.strip()):
            problems.append(Problem("word", "the sentence has no end"))
        return problems

    def _asks(self, sentence: str) -> bool:
        return bool(self.plan.ask) and "?" in PLAIN.sub("", sentence)

    def _joined(self, shown: str, count: int) -> str:
        line = shown.startswith("- ")
        space = "" if not self.words else "\n" if line or self._line or shown.startswith("\n") else " "
        self.words += count
        self._line = line
        return space + shown


PLAIN = re.compile(r"\{[^}]*\}")


def _sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences of a streamed text, with their placeholders, as soon as each is complete."""
    text = ""
    for piece in pieces:
        text += piece
        while found := _END.search(text):
            sentence, text = text[: found.end()], text[found.end() :]
            if sentence.strip():
                yield sentence.strip()
    if text.strip():
        yield text.strip()


def _seed(plan: Plan, conversation: Conversation) -> int:
    """The same turn is phrased the same way each time it is computed."""
    text = plan.model_dump_json() + (conversation.messages[-1].content if conversation.messages else "")
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def facts_of(plan: Plan) -> tuple[Fact, ...]:
    """The facts that a reply to `plan` may refer to."""
    return offered(plan)
