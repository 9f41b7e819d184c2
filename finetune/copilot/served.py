"""The models that the copilot serves with, loaded for judging without the shop around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.reading import Reader
from assistant.reasons import Encode

if TYPE_CHECKING:
    from assistant.answerability import Answers
    from assistant.config import Settings
    from assistant.copilot.asks import Asks
    from assistant.copilot.tickets import Tickets
    from assistant.intent import IntentModel
    from assistant.writing import Writer


@dataclass(frozen=True)
class Served:
    """Reader, writer, encoder, purchase intent and ticket model of a configuration; `tickets` is `None` without one."""

    settings: Settings
    reader: Reader
    writer: Writer
    encode: Encode
    intent: IntentModel
    tickets: Tickets | None
    asks: Asks
    answers: Answers | None = None

    @classmethod
    def load(cls, settings: Settings) -> Served:
        """Those that the settings name. Raises `ModelError`."""
        from assistant.build import (
            Generators,
            build_answers,
            build_asks,
            build_encoder,
            build_reader,
            build_tickets,
            build_writer,
        )
        from assistant.intent import IntentModel
        from assistant.vectors import TextVectors

        encoder = build_encoder(settings)
        generators = Generators(settings)
        encode = TextVectors(encoder)
        return cls(
            settings=settings,
            reader=build_reader(settings.reader, generators),
            writer=build_writer(settings.writer, generators, ()),
            encode=encode,
            intent=IntentModel.load(settings.intent.path),
            tickets=build_tickets(settings, encoder, encode),
            asks=build_asks(settings, encoder, encode),
            answers=build_answers(settings, encoder),
        )
