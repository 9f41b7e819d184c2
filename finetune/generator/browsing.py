"""What a shopper clicked before they wrote, and what that tells.

Most browsing tells nothing: too little of it, too mixed, or about other things. Where most views of a kind share a
brand, a
colour, a material or a style, or a search names one, and the shopper's words do not decide it themselves, it is a
wish. Its source is the strongest event that shows it: a search, a wish list, a basket, else the last view.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from finetune.generator.amounts import round_price
from finetune.generator.turns import Held, Need
from finetune.generator.vocabulary import Kind
from finetune.generator.wishes import Shopper, Slot, Wish

SHARED: tuple[Slot, ...] = ("brand", "brand", "brand", "colour", "colour", "material", "style", "feature")
STRONG = ("search", "add_to_wishlist", "add_to_cart")


@dataclass(frozen=True)
class Browsing:
    """Events before a conversation, and the wish that they show, with the place of the event that shows it best."""

    events: list[dict[str, Any]]
    wish: Wish | None = None
    event: int = 0


def browse(kind: Kind, shopper: Shopper, rng: random.Random) -> Browsing:
    """Browsing that may show a wish about a kind, or none at all."""
    chance = rng.random()
    if chance < 0.62:
        return _telling(kind, shopper, rng)
    other = rng.choice(shopper.words.kinds)
    return Browsing(_mixed(kind if chance < 0.8 else other, shopper, rng))


def tell(browsing: Browsing, need: Need) -> None:
    """Adds the wish that browsing shows to a need, unless the shopper's own words say something about it."""
    wish = browsing.wish
    if wish is None or wish.slot in need.used or wish.text in need.texts:
        return
    label = {
        "attribute": wish.attribute,
        "op": "is",
        "value": wish.text.lower(),
        "strength": "prefer",
        "source": {"event": browsing.event},
    }
    need.held.append(Held(wish, label))


def _telling(kind: Kind, shopper: Shopper, rng: random.Random) -> Browsing:
    slot = rng.choice(SHARED)
    values = _values(slot, kind, shopper)
    if not values:
        return Browsing(_mixed(kind, shopper, rng))
    text = rng.choice(values)
    attribute = "color" if slot == "colour" else slot
    events = [_view(kind, shopper, rng, slot, text) for _ in range(rng.choice((3, 3, 4)))]
    if rng.random() < 0.6:
        other = kind if rng.random() < 0.6 else rng.choice(shopper.words.kinds)
        events.insert(rng.randrange(len(events) + 1), _view(other, shopper, rng))
    if slot in ("style", "feature", "material") or rng.random() < 0.25:
        events.insert(
            rng.randrange(len(events) + 1),
            {"event_name": "search", "search_term": f"{text.lower()} {rng.choice(kind.names)}"},
        )
    elif rng.random() < 0.6:
        events.append(
            _view(kind, shopper, rng, slot, text)
            | {"event_name": rng.choice(("add_to_wishlist", "add_to_wishlist", "add_to_cart"))}
        )
    _stamp(events, rng)
    wish = Wish(slot, attribute, "is", slot, text.lower(), strength="prefer")  # type: ignore[arg-type]
    return Browsing(events, wish, _strongest(events, text))


def _strongest(events: list[dict[str, Any]], text: str) -> int:
    showing = [i for i, event in enumerate(events) if text.lower() in _words(event).lower()]
    strong = [i for i in showing if events[i]["event_name"] in STRONG]
    return (strong or showing)[-1]


def _words(event: dict[str, Any]) -> str:
    items = " ".join(f"{item['item_name']} {item['item_brand']}" for item in event.get("items", ()))
    return f"{event.get('search_term', '')} {items}"


def _mixed(kind: Kind, shopper: Shopper, rng: random.Random) -> list[dict[str, Any]]:
    events = []
    for _ in range(rng.randint(1, 5)):
        event = _view(kind if rng.random() < 0.5 else rng.choice(shopper.words.kinds), shopper, rng)
        if rng.random() < 0.2:
            event["event_name"] = rng.choice(
                ("add_to_cart", "view_item_list", "select_item", "purchase", "add_to_wishlist")
            )
        events.append(event)
    _stamp(events, rng)
    return events


def _view(kind: Kind, shopper: Shopper, rng: random.Random, slot: Slot | None = None, text: str = "") -> dict[str, Any]:
    brand = text if slot == "brand" else rng.choice(shopper.words.brands(kind))
    colour = text if slot == "colour" else rng.choice(shopper.words.colours(kind))
    parts = [rng.choice(shopper.words.words["models"])]
    if slot in ("material", "style", "feature"):
        parts.append(text)
    if slot == "colour" or (kind.coloured and rng.random() < 0.25):
        parts.append(colour)
    parts.insert(rng.choice((1, len(parts))), rng.choice(kind.names))
    name = " ".join(parts).title()
    item = {
        "item_id": f"sku{rng.randrange(100000)}",
        "item_name": name,
        "item_brand": brand,
        "price": round_price(rng.uniform(*kind.price) * shopper.currency.rate, rng),
    }
    return {"event_name": "view_item", "items": [item]}


def _values(slot: Slot, kind: Kind, shopper: Shopper) -> list[str]:
    if slot == "feature":
        return [f.text for f in kind.features if f.form == "adj"]
    if slot == "colour" and not kind.coloured:
        return []
    values = {
        "brand": shopper.words.brands(kind),
        "colour": shopper.words.colours(kind),
        "material": kind.materials,
        "style": kind.styles,
    }
    return list(values[slot])


def _stamp(events: list[dict[str, Any]], rng: random.Random) -> None:
    minute = rng.randrange(24 * 60)
    day = f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    for event in events:
        minute = min(minute + rng.randint(0, 4), 24 * 60 - 1)
        event["timestamp"] = f"{day}T{minute // 60:02}:{minute % 60:02}:00Z"
