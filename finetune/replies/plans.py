"""Random plans of every kind, with plausible facts: any move, tone and topic, any number of picks, reasons, gaps."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from assistant.facts import ASKS, TOPICS
from assistant.receipts import listed, noun
from assistant.records import Fact, Move, Plan

KINDS = ("kettle", "hiking boots", "rain jacket", "desk lamp", "air fryer", "running shoes", "office chair", "tent", "dog bed", "headphones", "backpack", "cutting board", "yoga mat", "monitor",
         "toaster", "sofa", "bike lights", "sunglasses", "puzzle", "coffee grinder", "drill", "curtains", "watering can", "USB hub", "sleeping bag", "phone case", "lunch box", "wool socks")
MAKERS = ("Arden", "Nordhaus", "Velo", "Brightwell", "Kestrel", "Tamsin", "Oakline", "Puro", "Fellside", "Marlow")
SERIES = ("Ridge", "Classic", "Air", "Compact", "Studio", "Trail", "Nova", "Home", "Pro", "Mini", "Harbour", "Loft")
TRAITS = ("waterproof (Waterproof membrane)", "folds flat", "dishwasher safe", "light at 320 g", "$31 under your limit", "in navy blue", "made of oak", "quiet at 38 dB", "holds 1.7 litres",
          "size 42 in stock", "washable cover", "for camping (use: camping, hiking)", "charges in 2 hours", "from Kestrel", "fits 15 inch laptops", "rated 4.7 by buyers", "recycled polyester")
GAPS = ("not in green (comes in grey)", "no lid", "heavier than you asked for: 2.1 kg", "over your budget by $12", "no reviews yet", "not dishwasher safe", "only in size L", "cotton, not linen")
WISHES = ("up to $120", "waterproof", "not black", "size 42", "from Kestrel", "for camping", "at least 16 GB RAM", "wooden", "by Friday", "for my sister", "quiet", "around €40")
SEEN = ("four tents", "the Ridge 2 Tent", "desk lamps in brass", "several kettles", "hiking boots and socks", "the Nova Drill")
REVIEWS = ("kept my feet dry all week", "solid, no wobble", "smaller than I thought but good", "my dog loves it", "bought a second one")
ANSWERS = ("capacity: 1.7 litres", "weight: 450 g", "material: oak", "warranty: 2 years", "battery life: up to 12 hours", "washable: yes, at 30 degrees", "ports: 2 USB-C, 1 HDMI")
ASKED = ("dishwasher safe", "works with an induction hob", "how long the cable is", "made in Europe", "suits wide feet", "noise level")
DIFFS = ("weight", "capacity", "material", "battery life", "warranty", "colour", "power", "width", "rating")
VALUES = ("1.2 kg", "900 g", "oak", "steel", "12 hours", "2 years", "not stated", "black or grey", "60 cm", "1,500 W", "4.5 out of 5")
CLAUSES = ("You may return unworn goods within 30 days of delivery.", "Shipping is free from $50. Below that it costs $4.90.", "We repair or replace faulty goods for two years.",
           "Shoes can be tried on indoors. Keep the box.", "We take cards, PayPal and invoice.")
SOURCES = ("Returns, clause 2", "Shipping, clause 1", "Warranty, clause 4", "Payment, clause 3")
STATUSES = ("on its way", "delivered", "being packed", "cancelled", "waiting for payment")
NAMES = ("screen size", "heel height", "cable length", "mount", "wattage", "connector")
CHOICES = ("black", "brown", "grey", "size S", "size M", "oak", "steel", "under $50", "city", "trail", "indoors")
EXTREMES = ("cheapest", "best rated", "lightest", "smallest", "most powerful")
MOVES: dict[Move, float] = {"recommend": 0.44, "ask": 0.12, "answer": 0.1, "compare": 0.1, "policy": 0.05, "order": 0.05, "basket": 0.06, "handover": 0.02, "chat": 0.06}


def plans(seed: int) -> Iterator[Plan]:
    """Endless random plans, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        yield plan(rng)


def plan(rng: random.Random) -> Plan:
    """One random plan."""
    move = rng.choices(list(MOVES), list(MOVES.values()))[0]
    facts = _MAKERS[move](rng)
    topic = rng.choice((None, *TOPICS[move]))
    if move == "recommend" and rng.random() < 0.6:
        topic = None
    ask = rng.choice(ASKS) if move == "ask" or rng.random() < 0.15 else None
    if ask:
        facts |= _ask_facts(ask, rng)
    greet = topic == "greeting" or rng.random() < 0.2
    if greet and rng.random() < 0.3:
        facts["shop.name"] = "Harbour & Home"
    tone = rng.choices(("neutral", "casual", "formal"), (5, 3, 2))[0]
    return Plan(move=move, why="sampled", facts=tuple(Fact(key=k, text=t) for k, t in facts.items()), ask=ask, greet=greet, tone=tone, topic=topic)


def _some(name: str, values: tuple[str, ...], most: int, rng: random.Random, least: int = 0) -> dict[str, str]:
    chosen = rng.sample(values, rng.randint(least, most))
    return {f"{name}{n}": value for n, value in enumerate(chosen, start=1)}


def _sometimes(chance: float, rng: random.Random, **facts: str) -> dict[str, str]:
    return {key.replace("__", "."): text for key, text in facts.items() if rng.random() < chance}


def _money(rng: random.Random) -> str:
    return f"${rng.randint(5, 400)}.{rng.choice(('00', '90', '99', '50'))}"


def _title(rng: random.Random, kind: str) -> str:
    return f"{rng.choice(MAKERS)} {rng.choice(SERIES)} {kind.title()}" + (f" {rng.randint(2, 900)}" if rng.random() < 0.3 else "")


def _rating(rng: random.Random) -> str:
    return f"{rng.randint(20, 50) / 10:g} out of 5" + (f" ({rng.randint(2, 900)} reviews)" if rng.random() < 0.8 else "")


def _pick(i: int, rng: random.Random, kind: str, reasons: int = 3, rated: float = 0.6) -> dict[str, str]:
    facts = {f"{i}.title": _title(rng, kind)}
    if rng.random() < 0.95:
        facts[f"{i}.price"] = _money(rng)
        if rng.random() < 0.15:
            facts[f"{i}.was"] = _money(rng)
    if rng.random() < rated:
        facts[f"{i}.rating"] = _rating(rng)
    facts |= _some(f"{i}.reason", TRAITS, rng.randint(0, reasons), rng)
    if rng.random() < 0.3:
        facts |= _some(f"{i}.tradeoff", GAPS, 2, rng, least=1)
    return facts | (_some(f"{i}.review", REVIEWS, 1, rng) if rng.random() < 0.15 else {})


def _picks(rng: random.Random, count: int, kind: str, reasons: int = 3) -> dict[str, str]:
    """Facts of `count` picks; now and then some of the first are left out, as when only the rest is still to be said."""
    first = rng.randint(1, 5 - count) if rng.random() < 0.08 and count < 4 else 1
    rated = rng.choice((0.0, 0.5, 0.95))
    facts: dict[str, str] = {}
    for i in range(first, first + count):
        facts |= _pick(i, rng, kind, reasons, rated)
    return facts


def _context(rng: random.Random, kind: str) -> dict[str, str]:
    facts = _sometimes(0.6, rng, need__product=noun(kind))
    facts |= _some("need", WISHES, 4, rng) if rng.random() < 0.3 else {}
    return facts | (_some("behaviour", SEEN, 2, rng, least=1) if rng.random() < 0.2 else {})


def _recommend(rng: random.Random) -> dict[str, str]:
    kind = rng.choice(KINDS)
    facts = _context(rng, kind)
    if rng.random() < 0.25:
        facts |= _some("relaxed", WISHES, 3, rng, least=1)
    if rng.random() < 0.1:
        facts |= {"missing.product": noun(rng.choice(KINDS))} | _sometimes(0.6, rng, alternative__product=noun(rng.choice(KINDS)))
        facts.pop("need.product", None)
    facts |= _sometimes(0.12, rng, need__superlative=rng.choice(EXTREMES)) | _sometimes(0.06, rng, next__product=noun(rng.choice(KINDS)))
    return facts | _picks(rng, rng.choices((0, 1, 2, 3, 4), (2, 5, 5, 9, 2))[0], kind)


def _ask(rng: random.Random) -> dict[str, str]:
    facts = _context(rng, rng.choice(KINDS))
    if rng.random() < 0.08:
        facts |= {"missing.product": noun(rng.choice(KINDS))}
    return facts | _sometimes(0.05, rng, next__product=noun(rng.choice(KINDS)))


def _ask_facts(ask: str, rng: random.Random) -> dict[str, str]:
    if ask not in ("order", "pick", "product") and rng.random() < 0.12:
        return {"ask.confirm": rng.choice(WISHES)}
    facts = {"ask.name": rng.choice(NAMES)} if ask in ("feature", "other") and rng.random() < 0.7 else {}
    return facts | _sometimes(0.4, rng, ask__options=listed(rng.sample(CHOICES, rng.randint(2, 3)), "or"))


def _answer(rng: random.Random) -> dict[str, str]:
    count = rng.choices((0, 1, 2, 3), (2, 8, 2, 1))[0]
    facts: dict[str, str] = {}
    for i in range(1, max(count, 1) + 1):
        if count:
            facts |= {f"{i}.title": _title(rng, rng.choice(KINDS))} | _sometimes(0.7, rng, **{f"{i}__price": _money(rng)})
        facts |= _some(f"{i}.answer", ANSWERS, 3, rng)
    facts |= _some("1.review", REVIEWS, 1, rng) if count and rng.random() < 0.15 else {}
    return facts | (_some("unknown", ASKED, 2, rng) if rng.random() < 0.6 else {})


def _compare(rng: random.Random) -> dict[str, str]:
    count, kind = rng.choices((2, 3, 4), (6, 3, 1))[0], rng.choice(KINDS)
    facts: dict[str, str] = {}
    for i in range(1, count + 1):
        facts |= {f"{i}.title": _title(rng, kind)} | _sometimes(0.85, rng, **{f"{i}__price": _money(rng)}) | _sometimes(0.4, rng, **{f"{i}__rating": _rating(rng)})
        if rng.random() < 0.2:
            facts |= _some(f"{i}.reason", TRAITS, 2, rng) | _some(f"{i}.tradeoff", GAPS, 1, rng)
    for n, name in enumerate(rng.sample(DIFFS, rng.randint(0, 3)), start=1):
        facts |= {f"diff{n}": name} | {f"{i}.diff{n}": rng.choice(VALUES) for i in range(1, count + 1)}
    return facts


def _policy(rng: random.Random) -> dict[str, str]:
    if rng.random() < 0.25:
        return _some("unknown", ASKED, 1, rng)
    facts = _some("policy", CLAUSES, 2, rng)
    return facts | {f"{key}.source": rng.choice(SOURCES) for key in facts if rng.random() < 0.8}


def _order(rng: random.Random) -> dict[str, str]:
    facts = _sometimes(0.75, rng, order__id=f"A-{rng.randint(1000, 9999)}", order__status=rng.choice(STATUSES))
    chance = rng.choice((0.3, 0.9))
    facts |= _sometimes(chance, rng, order__items=listed([noun(k) for k in rng.sample(KINDS, rng.randint(1, 2))]), order__date="3 May 2025", order__delivery="expected on 6 May 2025")
    facts |= _sometimes(chance, rng, order__tracking="1Z999", order__total=_money(rng))
    return facts | (_policy(rng) if rng.random() < 0.3 else {})


def _basket(rng: random.Random) -> dict[str, str]:
    facts = _sometimes(0.6, rng, basket__title=_title(rng, rng.choice(KINDS)), basket__count="3 items", basket__total=_money(rng)) | _sometimes(0.3, rng, basket__quantity="2")
    return facts | (_picks(rng, 1, rng.choice(KINDS), 0) if rng.random() < 0.25 else {})


def _handover(rng: random.Random) -> dict[str, str]:
    return _sometimes(0.2, rng, order__id="A-1042")


def _chat(rng: random.Random) -> dict[str, str]:
    return _sometimes(0.1, rng, need__product=noun(rng.choice(KINDS)), next__product=noun(rng.choice(KINDS)))


_MAKERS: dict[Move, Callable[[random.Random], dict[str, str]]] = {
    "recommend": _recommend, "ask": _ask, "answer": _answer, "compare": _compare, "policy": _policy, "order": _order, "basket": _basket, "handover": _handover, "chat": _chat,
}
