"""A small shop for tests: real index, store and policy; reading and writing are stand-ins for slow models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from assistant.assistant import Assistant
from assistant.build import Parts
from assistant.config import ConversationSettings, Settings, ShopSettings, StoreSettings
from assistant.facts import ASKS, TOPICS, known
from assistant.intent import Feature, IntentModel
from assistant.records import Added, Constraint, Conversation, Named, Plan, Reading, State
from assistant.shop import load_shop
from assistant.store import Store
from assistant.vectors import TextVectors
from assistant.writing import Writer
from retrieval.encoder import Encoder
from retrieval.index import Index, build_index
from retrieval.product import Product, Review
from tests.assistant.scripted import asks

BOOTS = "Outdoor > Footwear > Hiking boots"
TENTS = "Outdoor > Camping > Tents"
KETTLES = "Home > Kitchen > Kettles"



def _boot(i: int, color: str, price: float, waterproof: bool, **more: object) -> Product:
    highlight = ("Waterproof membrane",) if waterproof else ("Breathable mesh",)
    return Product(
        id=f"boot-{i}", title=f"Ridge {i} Hiking Boots", brand=("Ridge" if i % 2 else "Fell",), color=(color,),
        price=price, currency="USD", product_type=BOOTS, product_highlight=highlight, rating=4.0 + i / 20,
        review_count=10 * i, size=("42",), product_detail=(("Weight", f"{400 + 10 * i} g"),), **more,
    )


def catalogue() -> list[Product]:
    """Boots in three colours, tents and kettles."""
    colors = ("black", "brown", "grey")
    boots = [_boot(i, colors[i % 3], 60.0 + 10 * i, waterproof=i % 2 == 0) for i in range(1, 13)]
    tents = [
        Product(
            id=f"tent-{i}", title=f"Hollow {i} Tent", brand=("Hollow",), color=("green",), price=100.0 + 20 * i,
            currency="USD", product_type=TENTS, rating=4.2, review_count=50,
            product_detail=(("Sleeps", f"{i} persons"),), product_highlight=("Stands up to heavy rain",),
        )
        for i in range(1, 7)
    ]
    kettles = [
        Product(
            id=f"kettle-{i}", title=f"Brook {i} Kettle", brand=("Brook",), color=("blue" if i == 1 else "white",),
            material=("steel",), price=20.0 + 5 * i, sale_price=19.0 if i == 3 else None, currency="USD",
            product_type=KETTLES, rating=4.5, review_count=30,
            product_detail=(("Capacity", f"1.{i} litres"), ("Dishwasher safe", "no"), ("Included", "a cloth")),
            reviews=(Review(rating=5, text="Boils in two minutes and pours without a drip."),),
        )
        for i in range(1, 5)
    ]
    return boots + tents + kettles


POLICIES = [
    {"id": "returns-1", "topic": "returns", "title": "Returns", "text": "Unused goods can be returned within 30 days."},
    {"id": "returns-2", "topic": "returns", "title": "Shoes", "text": "Shoes can be returned if worn indoors only."},
    {"id": "shipping-1", "topic": "shipping", "title": "Cost", "text": "Shipping is free from 50 USD."},
    {"id": "payment-1", "topic": "payment", "title": "Cards", "text": "We take credit cards and bank transfer."},
]
ORDERS = [
    {
        "id": "Q100", "customer": {"id": "C1", "name": "Ana", "email": "ana@example.org"}, "status": "shipped",
        "placed_at": "2026-10-01T10:00:00Z", "items": [{"item_id": "boot-1", "title": "Ridge 1 Hiking Boots"}],
        "total": 70.0, "currency": "USD", "tracking_number": "TRK1",
    },
    {
        "id": "Q200", "customer": {"id": "C2", "name": "Ben", "email": "ben@example.org"}, "status": "delivered",
        "placed_at": "2026-09-01T10:00:00Z", "delivered_at": "2026-09-05T10:00:00Z", "items": [], "total": 20.0,
    },
]


class ScriptedReader:
    """Gives the reading that was written down for a message; stands in for a slow model."""

    def __init__(self, readings: Mapping[str, Reading]) -> None:
        self.readings = dict(readings)

    def read(self, state: State, conversation: Conversation) -> Reading:
        return self.readings[conversation.messages[-1].content]


class PlainWriter(Writer):
    """Writes a plan's move and facts as they are; stands in for a slow model. Refuses what no writer is told of."""

    def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
        assert all(known(fact.key) for fact in plan.facts), plan.facts
        assert plan.topic is None or plan.topic in TOPICS[plan.move], plan.topic
        assert plan.ask is None or plan.ask in ASKS, plan.ask
        yield f"[{plan.move}{':' + plan.topic if plan.topic else ''}]"
        for fact in plan.facts:
            yield f" {fact.key}={fact.text};"
        for text in plan.unknown:
            yield f" not stated: {text};"
        if plan.ask:
            yield f" And {plan.ask}?"


@cache
def encoder() -> Encoder:
    """The embedded encoder, loaded once."""
    return Encoder.load()


def intent_model() -> IntentModel:
    """A small intent model."""
    return IntentModel(
        base=-1.7,
        features=(
            Feature(name="stage: buying", weight=1.5, mean=0.2, source="test"),
            Feature(name="product views", weight=0.3, mean=1.0, source="test"),
        ),
    )


@cache
def _index(directory: Path) -> Index:
    build_index(catalogue(), directory, encoder())
    return Index.open(directory, encoder())


def make_assistant(
    directory: Path, readings: Mapping[str, Reading], index_directory: Path | None = None, **thresholds: float
) -> Assistant:
    """An assistant over the small shop whose reader gives `readings` by message."""
    policies, orders = directory / "policies.json", directory / "orders.json"
    policies.write_text(json.dumps(POLICIES))
    orders.write_text(json.dumps(ORDERS))
    url = f"sqlite:///{directory / 'sessions.db'}"
    settings = Settings(
        shop=ShopSettings(catalogue=directory / "none.jsonl"),
        store=StoreSettings(url=url),
        conversation=ConversationSettings(**thresholds),
    )
    return Assistant(
        Parts(
            settings=settings, encode=TextVectors(encoder()), index=_index(index_directory or directory / "index"),
            shop=load_shop("Small", "USD", policies, orders), reader=ScriptedReader(readings), writer=PlainWriter(),
            intent=intent_model(), store=Store(url), asks=asks(),
        )
    )


def want(product: str | None, *constraints: Constraint, acts: tuple[str, ...] = ("state_need",)) -> Reading:
    """The reading of a first message that opens one need."""
    return Reading(
        named=(Named(need=0, product=product),), added=tuple(Added(need=0, constraint=c) for c in constraints),
        active=0, acts=acts,
    )


def saying(*acts: str, active: int | None = None, stage: str = "exploring") -> Reading:
    """The reading of a message that changes no need."""
    return Reading(acts=acts, active=active, stage=stage)


def must(attribute: str, op: str, value: str | float, **more: object) -> Constraint:
    """A must."""
    return Constraint(attribute=attribute, op=op, value=value, **more)


def wish(attribute: str, op: str, value: str | float, **more: object) -> Constraint:
    """A wish."""
    return Constraint(attribute=attribute, op=op, value=value, strength="prefer", **more)
