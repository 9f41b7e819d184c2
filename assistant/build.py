"""Builds everything that a running assistant needs from settings; the only place that does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assistant.config import ModelSettings, Settings
from assistant.errors import ConfigError, ModelError
from assistant.indexing import build_encoder, prepare
from assistant.shop import Shop, load_shop
from assistant.threads import sleep_while_waiting

if TYPE_CHECKING:
    from assistant.answerability import Answers
    from assistant.chat_model import ChatModel
    from assistant.copilot.asks import Asks
    from assistant.copilot.tickets import Tickets
    from assistant.generation import Generator
    from assistant.intent import IntentModel
    from assistant.reading import Reader
    from assistant.service import EmbeddedDesk, ServiceDesk
    from assistant.store import Store
    from assistant.vectors import TextVectors
    from assistant.writing import Writer
    from retrieval.encoder import Encoder
    from retrieval.index import Index
    from retrieval.product import Product

NEAR = 0.45
PHRASES = Path(__file__).parent / "models" / "writer"


class MadeFor(Protocol):
    """What a model over sentence vectors says of the encoder whose vectors it takes."""

    @property
    def encoder(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...


@dataclass(frozen=True)
class Parts:
    """What an assistant is made of. Shared by all sessions, so nothing in it changes. `desk` is the shop's own systems,
    `None` where `desk.url` names none; `tickets` judges conversations, `answers` tells what answers a question, `None`
    where `tickets.path` and `answers.path` name no model;
    `asks` hears which action of the desk is asked for, and is needed where there is one."""

    settings: Settings
    encode: TextVectors
    index: Index
    shop: Shop
    reader: Reader
    writer: Writer
    intent: IntentModel
    store: Store
    desk: ServiceDesk | None = None
    tickets: Tickets | None = None
    answers: Answers | None = None
    asks: Asks | None = None

    def nearest_kind(self, phrase: str) -> str | None:
        """The shop's category that is nearest in meaning to a kind of thing it does not carry, if one is near."""
        names = sorted({path.split(">")[-1].strip() for path in self.index.categories} - {""})
        if not names:
            return None
        vectors = self.encode([phrase, *names])
        scores = vectors[1:] @ vectors[0]
        best = int(scores.argmax())
        return names[best] if scores[best] >= NEAR else None


def build(settings: Settings) -> Parts:
    """Loads models, index, shop and store as `settings` name them. Raises `ConfigError` or `ModelError`."""
    sleep_while_waiting()
    from assistant.intent import IntentModel
    from assistant.vectors import TextVectors

    prepare(settings)
    generators = Generators(settings)
    encoder = build_encoder(settings)
    index = open_index(settings, encoder)
    shop = build_shop(settings)
    encode = TextVectors(encoder)
    return Parts(
        settings=settings,
        encode=encode,
        index=index,
        shop=shop,
        reader=build_reader(settings.reader, generators),
        writer=build_writer(settings.writer, generators, index.catalogue),
        intent=IntentModel.load(settings.intent.path),
        store=build_store(settings),
        desk=build_desk(settings, shop, index.catalogue),
        tickets=build_tickets(settings, encoder, encode),
        answers=build_answers(settings, encoder),
        asks=build_asks(settings, encoder, encode),
    )


def open_index(settings: Settings, encoder: Encoder) -> Index:
    """The index of the shop's catalogue."""
    from retrieval.index import Index

    return Index.open(settings.index.path, encoder)


def build_shop(settings: Settings) -> Shop:
    """The shop's policies and orders."""
    shop = settings.shop
    return load_shop(shop.name, shop.currency, shop.policies, shop.orders)


def build_store(settings: Settings) -> Store:
    """The store of sessions, made where there is none."""
    from assistant.store import Store

    return Store(settings.store.url)


def build_desk(settings: Settings, shop: Shop, products: Iterable[Product]) -> EmbeddedDesk | None:
    """The service desk, brought up to what the shop's records are now; `None` where the settings name none. Periods of
    its policy count up to now, in the demo shop up to the end of its orders. Raises `ConfigError`."""
    from assistant.service import EmbeddedDesk, Policy
    from assistant.service.shop_desk import desk_data
    from assistant.service.tau2 import read_desk
    from retrieval.demo.orders import NOW

    named = settings.desk
    if named.url is None:
        return None
    policy = Policy.read(named.policy) if named.policy is not None else Policy.of(shop.policies)
    desk = EmbeddedDesk(named.url, policy, as_of=None if settings.shop.demo_seed is None else NOW)
    desk.follow(read_desk(named.data) if named.data is not None else desk_data(shop, products))
    return desk


def build_tickets(settings: Settings, encoder: Encoder, encode: TextVectors) -> Tickets | None:
    """What judges conversations as tickets, with vectors of the encoder that it was made for: `encoder` where it is
    that one. Raises `ModelError`."""
    from assistant.copilot.tickets import TicketModel, Tickets

    if settings.tickets.path is None:
        return None
    model = TicketModel.load(settings.tickets.path)
    vectors = _vectors_for(model.about, encoder, encode)
    if vectors is None:
        raise ModelError(_other_weights(settings.tickets.path, model.about, "tickets"))
    return Tickets(model, vectors)


def build_asks(settings: Settings, encoder: Encoder, encode: TextVectors) -> Asks:
    """What hears which action a customer asks for, with vectors of the encoder that it was made for. Raises
    `ModelError`."""
    from assistant.copilot.asks import AskModel, Asks

    model = AskModel.load(settings.asks.path)
    vectors = _vectors_for(model.about, encoder, encode)
    if vectors is None:
        raise ModelError(_other_weights(settings.asks.path, model.about, "asks"))
    return Asks(model, vectors)


def _vectors_for(about: MadeFor, encoder: Encoder, encode: TextVectors) -> TextVectors | None:
    """Vectors of the encoder that a model was made for: `encoder` where it is that one; `None` where its weights are
    others by now."""
    from assistant.vectors import TextVectors
    from retrieval.encoder import Encoder as Encoders

    if about.fingerprint == encoder.fingerprint:
        return encode
    own = Encoders.load(about.encoder)
    return TextVectors(own) if own.fingerprint == about.fingerprint else None


def _other_weights(path: Path, about: MadeFor, name: str) -> str:
    return (
        f"The model in {path} was made for an encoder {about.encoder!r} with other weights than the one that is here. "
        f"Train it again: shopkeeper train {name}."
    )


def build_answers(settings: Settings, encoder: Encoder) -> Answers | None:
    """What tells whether a passage answers a question, with the encoder that it was made for: `encoder` where it is
    that one. Raises `ModelError`."""
    from assistant.answerability import AnswerModel, Answers
    from retrieval.encoder import Encoder as Encoders

    if settings.answers.path is None:
        return None
    model = AnswerModel.load(settings.answers.path)
    if model.about.fingerprint == encoder.fingerprint:
        return Answers(model, encoder)
    own = Encoders.load(model.about.encoder)
    if own.fingerprint != model.about.fingerprint:
        raise ModelError(
            f"The answer model in {settings.answers.path} was made for an encoder {model.about.encoder!r} with other "
            "weights than the one that is here. Train it again: shopkeeper train answers."
        )
    return Answers(model, own)


def build_reader(settings: ModelSettings, generators: Generators) -> Reader:
    """The reader: what shoppers' messages change."""
    if settings.kind == "compact":
        from assistant.compact_reader import CompactReader

        return CompactReader.load(_path(settings, "reader"))
    from assistant.hub_reader import HubReader

    return HubReader(generators.get(settings))


def build_writer(settings: ModelSettings, generators: Generators, products: Iterable[Product]) -> Writer:
    """The writer of replies. One with an open vocabulary is held to the facts by the words of the catalogue, less those
    that replies are made of anyway: the phrasebook's."""
    from assistant.phrasebook import Phrasebook
    from assistant.verify import Lexicon
    from assistant.writing import CompactWriter, EndpointWriter, HubWriter

    if settings.kind == "compact":
        return CompactWriter.load(_path(settings, "writer"))
    lexicon = Lexicon.of(products, ordinary=Phrasebook.load(PHRASES).words)
    if settings.kind == "endpoint":
        return EndpointWriter(generators.get(settings), lexicon)
    return HubWriter(generators.load(settings), lexicon)


class Generators:
    """Chat models of the hub or of servers: one of the hub that serves both roles is loaded once, with both adapters.
    """

    def __init__(self, settings: Settings) -> None:
        self._roles = {"reader": settings.reader, "writer": settings.writer}
        self._loaded: dict[tuple[str | None, str, str], Generator] = {}

    def get(self, settings: ModelSettings) -> ChatModel:
        """The model that `settings` name, loaded or asked for on first use. Raises `ModelError` where it cannot be
        had."""
        return connect(settings) if settings.kind == "endpoint" else self.load(settings)

    def load(self, settings: ModelSettings) -> Generator:
        """The model of the hub that `settings` name, loaded on first use. Errors as in `get`."""
        from assistant.generation import Generator

        if settings.model is None:
            raise ConfigError("A model of kind `hub` needs `model`: a hub name such as Qwen/Qwen3-4B, or a directory.")
        key = _identity(settings)
        if key not in self._loaded:
            self._loaded[key] = Generator.load(
                settings.model, adapters=dict(self._adapters(key)), device=settings.device, dtype=settings.dtype
            )
        return self._loaded[key]

    def _adapters(self, key: tuple[str | None, str, str]) -> Iterator[tuple[str, Path]]:
        for role, settings in self._roles.items():
            if settings.kind == "hub" and settings.adapter is not None and _identity(settings) == key:
                yield role, settings.adapter


def connect(settings: ModelSettings) -> ChatModel:
    """The model of a server. Raises `ModelError` where the server is down or does not serve it."""
    from assistant.endpoint import Endpoint, EndpointOptions

    if settings.url is None or settings.model is None:
        raise ConfigError(
            "A model of kind `endpoint` needs `url`, such as http://host:8000/v1, and `model`, a name that is served "
            "there: the base model's, or that of a LoRA adapter."
        )
    wanted = EndpointOptions.__dataclass_fields__.keys()
    return Endpoint.connect(EndpointOptions(**{name: getattr(settings, name) for name in wanted}))


def _identity(settings: ModelSettings) -> tuple[str | None, str, str]:
    return settings.model, settings.device, settings.dtype


def _path(settings: ModelSettings, role: str) -> Path:
    if settings.path is None:
        raise ConfigError(f"{role}.path is missing: a compact {role} needs the directory of its weights.")
    return settings.path
