"""A small shop for the page's own tests: real index, store, policy and ranking. Reading is scripted and writing
slowed down, so that a test knows what was understood and sees the answer arrive; one product's text is hostile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from assistant.api.agents import hashed
from assistant.assistant import Assistant
from assistant.build import Parts
from assistant.config import DeskSettings, ServerSettings, Settings, ShopSettings, StoreSettings
from assistant.errors import ModelError
from assistant.records import Added, Constraint, Conversation, Plan, Reading, Ref, Source, State
from assistant.shop import load_shop
from assistant.store import Store
from assistant.vectors import TextVectors
from retrieval.index import Index, build_index
from retrieval.product import Product
from tests.assistant import small_shop
from tests.assistant.scripted import asks
from tests.assistant.service.small_desk import open_desk
from tests.assistant.small_shop import saying, want

TOKEN = "staff-token-for-tests"
BOOTS = "waterproof hiking boots under 120, not black"
UP_TO_150 = "actually up to 150"
POLICY = "what is your return policy for shoes?"
BREAK = "break the model once"
HOSTILE = "<img src=x onerror=window.hacked=1> **bold** [link](javascript:window.hacked=2)"
MULTI = "a kettle <script>window.hacked=3</script> {{7*7}} ${window.hacked=4}"
KETTLE = "a kettle"
EXCHANGE = "I am ada@example.com, may the red lamp of order A3 be a gold one?"
PERSON = "can I talk to a person, please?"
THANKS = "thank you, that is all"
STATUS = "where is my order A3 now?"
AGENTS = {"ines": "a long password of ines", "otto": "a long password of otto"}


def _said(attribute: str, op: str, value: str | float, quote: str, message: int = 0, sure: float = 0.9) -> Constraint:
    source = Source(message=message, quote=quote)
    return Constraint.model_validate(
        {"attribute": attribute, "op": op, "value": value, "source": source, "confidence": sure}
    )


READINGS = {
    BOOTS: want(
        "hiking boots",
        _said("price", "at_most", 120.0, "under 120", sure=0.97),
        _said("feature", "is", "waterproof", "waterproof"),
        _said("color", "is_not", "black", "not black", sure=0.6),
    ),
    UP_TO_150: Reading(
        dropped=(Ref(need=0, constraint=0),),
        added=(Added(need=0, constraint=_said("price", "at_most", 150.0, "up to 150", message=2)),),
        active=0, acts=("refine_need",),
    ),
    POLICY: saying("policy"),
    KETTLE: want("kettle"),
    MULTI: want("kettle"),
    HOSTILE: saying("greet"),
    EXCHANGE: saying("return_refund"),
    PERSON: saying("ask_human"),
    THANKS: saying("thank_bye"),
    STATUS: saying("order_status"),
}  # fmt: skip


class Reader:
    """Gives the readings written down above; fails on BREAK the first time that it is asked."""

    def __init__(self) -> None:
        self.broken = False

    def read(self, state: State, conversation: Conversation) -> Reading:
        text = conversation.messages[-1].content
        if text == BREAK and not self.broken:
            self.broken = True
            raise ModelError("/secret/model.safetensors is damaged")
        return READINGS[KETTLE if text == BREAK else text]


class SlowWriter(small_shop.PlainWriter):
    """Writes like `PlainWriter`, a piece every 50 ms."""

    def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
        for piece in super().write(plan, conversation):
            time.sleep(0.05)
            yield piece


def products() -> list[Product]:
    """The small shop's products and one whose every field tries to get out of the page."""
    hostile = Product(
        id='h"><script>', title=f"Kettle {HOSTILE}", description=MULTI, price=25.0, currency="USD", brand=(HOSTILE,),
        product_type=small_shop.KETTLES, image_link="javascript:window.hacked=5", link="javascript:window.hacked=6",
        product_highlight=(HOSTILE,), product_detail=((HOSTILE, MULTI),), rating=5.0, review_count=999,
    )  # fmt: skip
    return [*small_shop.catalogue(), hostile]


def small_assistant(home: Path) -> Assistant:
    """An assistant over the small shop whose files lie in `home`."""
    for name, records in (("policies", small_shop.POLICIES), ("orders", small_shop.ORDERS)):
        (home / f"{name}.json").write_text(json.dumps(records))
    settings = Settings(
        shop=ShopSettings(name="Small & Co", catalogue=home / "none.jsonl"),
        store=StoreSettings(url=f"sqlite:///{home / 'sessions.db'}"),
        server=ServerSettings(staff_token=TOKEN),
        desk=DeskSettings(agents={name: hashed(password) for name, password in AGENTS.items()}),
    )
    encoder = small_shop.encoder()
    build_index(products(), home / "index", encoder)
    return Assistant(
        Parts(
            settings=settings, encode=TextVectors(encoder), index=Index.open(home / "index", encoder),
            shop=load_shop("Small & Co", "USD", home / "policies.json", home / "orders.json"),
            reader=Reader(), writer=SlowWriter(), intent=small_shop.intent_model(), store=Store(settings.store.url),
            desk=open_desk(home / "desk.db"), asks=asks(),
        )
    )  # fmt: skip
