"""Writing a reply from a plan: a model phrases it with placeholders, each sentence is checked before it is shown.

What a plan may say is in `assistant.facts` (`FACT_KEYS`, `TOPICS`); what the model is told in
`assistant.writer_prompt`; what counts as unsupported in `assistant.verify`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assistant.draft import Draft, sentences
from assistant.errors import ModelError
from assistant.facts import ASKS, FACT_KEYS, TOPICS, offered
from assistant.note_prompt import note_messages
from assistant.phrasebook import Phrasebook
from assistant.records import Conversation, Plan
from assistant.verify import Lexicon
from assistant.writer_prompt import PROMPT_VERSION, writer_messages

if TYPE_CHECKING:
    from assistant.chat_model import ChatModel
    from assistant.generation import Generator

__all__ = [
    "ASKS", "FACT_KEYS", "TOPICS", "CompactWriter", "EndpointWriter", "HubWriter", "ModelWriter", "Writer",
    "WritingError",
]  # fmt: skip

ATTEMPTS = 4
WARMER = 0.25
MAX_TOKENS = 320
NOTE_TEMPERATURE = 0.3


Hold = Callable[[Sequence[str]], Mapping[str, Any]]
"""From the keys of a plan's facts, the options of a `ChatModel` under which it writes no other placeholder."""


class WritingError(ModelError):
    """The model wrote nothing that could be verified, however often it was asked."""


class Writer(Protocol):
    """Phrases the reply that a plan decided on."""

    def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
        """The reply in verified pieces, placeholders filled in; concatenated, they are the reply: plain text under 80
        words or so. Raises `WritingError` where nothing could be verified."""
        ...

    def note(self, plans: Sequence[Plan], conversation: Conversation, words: int) -> Iterator[str]:
        """A note on the conversation for a colleague, of about `words` words, sentence by sentence: what `plans`, of
        the move `note`, tell. A writer that can read the conversation may tell it in its own words, which are then
        to be checked against it. Raises `WritingError`."""
        for plan in plans:
            yield "".join(self.write(plan, conversation))


class ModelWriter(Writer):
    """A writer on a chat model. Sentences that claim what no fact supports are left out and logged; what the plan
    needs and the model did not say is asked for again, each time at a higher temperature.

    `values` shows the model the facts' texts. `hold` keeps it to their placeholders. `phrasebook` is all that a
    writer with a closed vocabulary may say.
    """

    def __init__(
        self,
        generator: ChatModel,
        hold: Hold,
        *,
        values: bool,
        temperature: float,
        top_p: float,
        lexicon: Lexicon | None = None,
        phrasebook: Phrasebook | None = None,
    ) -> None:
        self.generator = generator
        self._hold = hold
        self._values = values
        self._adapter = "writer" if "writer" in generator.adapters else None
        self._temperature = temperature
        self._top_p = top_p
        self._lexicon = lexicon
        self._phrasebook = phrasebook

    def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
        """As `Writer.write`."""
        draft = Draft(plan, conversation, self._lexicon, self._phrasebook)
        for attempt in range(ATTEMPTS):
            missing = draft.missing()
            if draft.words and not missing:
                return
            rest = draft.remainder(missing) if draft.words else plan
            for sentence in sentences(self.pieces(rest, conversation, attempt)):
                if shown := draft.add(sentence):
                    yield shown
        if not draft.words:
            raise WritingError(
                f"Nothing that the model wrote for the move {plan.move!r} could be verified in {ATTEMPTS} attempts; "
                "the log has each sentence and what was wrong with it."
            )

    def note(self, plans: Sequence[Plan], conversation: Conversation, words: int) -> Iterator[str]:
        """As `Writer.note`; a hub model reads the conversation, under none of its adapters."""
        if not self._values:
            yield from super().note(plans, conversation, words)
            return
        messages = note_messages(conversation, words)
        options = {"max_new_tokens": 3 * words, "temperature": NOTE_TEMPERATURE, "top_p": 0.9, "seed": 0}
        told = self.generator.stream(messages, **options)
        yield from (sentence.strip() for sentence in sentences(told))

    def pieces(self, plan: Plan, conversation: Conversation, attempt: int = 0) -> Iterator[str]:
        """What the model writes, unchecked and with placeholders; the same for the same turn and attempt."""
        return self.generator.stream(
            writer_messages(plan, conversation, values=self._values),
            adapter=self._adapter,
            max_new_tokens=MAX_TOKENS,
            temperature=self._temperature + WARMER * attempt,
            top_p=self._top_p,
            seed=_seed(plan, conversation) + attempt,
            **self._hold([fact.key for fact in offered(plan)]),
        )


class CompactWriter(ModelWriter):
    """This project's own small writer. It sees which facts there are, never their words; its vocabulary is closed."""

    generator: Generator

    @classmethod
    def load(cls, path: str | Path) -> CompactWriter:
        """The writer in the directory `path`. Raises `ModelError` where it is not there or does not fit."""
        from assistant.generation import Generator

        folder = Path(path)
        phrasebook = Phrasebook.load(folder)
        generator = Generator.load(
            folder, {"writer": folder / "adapter"}, device="cpu", prompt_versions={"writer": PROMPT_VERSION}
        )
        lexicon = Lexicon(Lexicon().words - phrasebook.words)
        hold = masked(generator, once=True)
        return cls(generator, hold, values=False, temperature=0.4, top_p=0.9, lexicon=lexicon, phrasebook=phrasebook)


class HubWriter(ModelWriter):
    """A chat model of the hub, under its adapter `writer` where it has one. `lexicon` holds the catalogue's words that
    must not be used without a fact."""

    def __init__(self, generator: Generator, lexicon: Lexicon | None = None) -> None:
        hold = masked(generator, once=False)
        super().__init__(generator, hold, values=True, temperature=0.6, top_p=0.9, lexicon=lexicon)


class EndpointWriter(ModelWriter):
    """A chat model behind a server, as `HubWriter`. Where the server cannot be told to keep to the placeholders, a
    sentence with another one is left out."""

    def __init__(self, model: ChatModel, lexicon: Lexicon | None = None) -> None:
        super().__init__(model, patterned, values=True, temperature=0.6, top_p=0.9, lexicon=lexicon)


def masked(generator: Generator, *, once: bool) -> Hold:
    """Keeps a model that runs here to the placeholders token by token; with `once`, to each just once."""
    from assistant.placeholder_mask import PlaceholderMask

    mask = PlaceholderMask(generator.tokenizer, generator.stops)
    return lambda keys: {"logits_processor": mask.processor(keys, once=once)}


def patterned(keys: Sequence[str]) -> Mapping[str, Any]:
    """Keeps a served model to the placeholders by an expression that its whole answer matches: no digit and no brace
    but theirs."""
    named = "|".join(re.escape(key) for key in keys)
    return {"regex": rf"([^{{}}0-9]|\{{({named})\}})*" if named else r"[^{}0-9]*"}


def _seed(plan: Plan, conversation: Conversation) -> int:
    """From the turn itself, so that it is phrased the same way each time it is computed."""
    text = plan.model_dump_json() + (conversation.messages[-1].content if conversation.messages else "")
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
