"""Random plans of every kind, with plausible facts: any move, tone and topic, any number of picks, reasons, gaps."""

from __future__ import annotations

import random
from collections.abc import Callable

from assistant.facts import ASKS, TOPICS
from assistant.receipts import listed, noun
from assistant.records import Fact, Move, Plan
from finetune.replies.tables import Lines, tables

MOVES: dict[Move, float] = {
    "recommend": 0.32,
    "ask": 0.14,
    "answer": 0.12,
    "compare": 0.1,
    "policy": 0.06,
    "order": 0.09,
    "basket": 0.08,
    "handover": 0.03,
    "chat": 0.06,
    "note": 0.09,
}


def plan(rng: random.Random) -> Plan:
    """One random plan."""
    move = rng.choices(list(MOVES), list(MOVES.values()))[0]
    if move == "note":
        return _note(rng)
    facts = _MAKERS[move](rng)
    topic = rng.choice((None, *TOPICS[move]))
    if move == "recommend" and rng.random() < 0.6:
        topic = None
    ask = rng.choice(ASKS) if move == "ask" or rng.random() < 0.3 else None
    if ask:
        facts |= _ask_facts(ask, rng)
    greet = topic == "greeting" or rng.random() < 0.2
    if greet and rng.random() < 0.3:
        facts["shop.name"] = "Harbour & Home"
    tone = rng.choices(("neutral", "casual", "formal"), (5, 3, 2))[0]
    return Plan(
        move=move,
        why="sampled",
        facts=tuple(Fact(key=k, text=t) for k, t in facts.items()),
        ask=ask,
        greet=greet,
        tone=tone,
        topic=topic,
    )


def _values(name: str) -> Lines:
    return tables("values").lines(name)


def _some(name: str, values: Lines, most: int, rng: random.Random, least: int = 0) -> dict[str, str]:
    chosen = rng.sample(values, rng.randint(least, most))
    return {f"{name}{n}": value for n, value in enumerate(chosen, start=1)}


def _sometimes(chance: float, rng: random.Random, **facts: str) -> dict[str, str]:
    return {key.replace("__", "."): text for key, text in facts.items() if rng.random() < chance}


def _money(rng: random.Random) -> str:
    return f"${rng.randint(5, 400)}.{rng.choice(('00', '90', '99', '50'))}"


def _title(rng: random.Random, kind: str) -> str:
    return f"{rng.choice(_values('makers'))} {rng.choice(_values('series'))} {kind.title()}" + (
        f" {rng.randint(2, 900)}" if rng.random() < 0.3 else ""
    )


def _rating(rng: random.Random) -> str:
    return f"{rng.randint(20, 50) / 10:g} out of 5" + (
        f" ({rng.randint(2, 900)} reviews)" if rng.random() < 0.8 else ""
    )


def _pick(i: int, rng: random.Random, kind: str, reasons: int = 3, rated: float = 0.6) -> dict[str, str]:
    facts = {f"{i}.title": _title(rng, kind)}
    if rng.random() < 0.95:
        facts[f"{i}.price"] = _money(rng)
        if rng.random() < 0.15:
            facts[f"{i}.was"] = _money(rng)
    if rng.random() < rated:
        facts[f"{i}.rating"] = _rating(rng)
    facts |= _some(f"{i}.reason", _values("traits"), rng.randint(0, reasons), rng)
    if rng.random() < 0.3:
        facts |= _some(f"{i}.tradeoff", _values("gaps"), 2, rng, least=1)
    return facts | (_some(f"{i}.review", _values("reviews"), 1, rng) if rng.random() < 0.15 else {})


def _picks(rng: random.Random, count: int, kind: str, reasons: int = 3) -> dict[str, str]:
    """Facts of `count` picks; now and then the first are left out, as when only the rest is still to be said."""
    first = rng.randint(1, 5 - count) if rng.random() < 0.08 and count < 4 else 1
    rated = rng.choice((0.0, 0.5, 0.95))
    facts: dict[str, str] = {}
    for i in range(first, first + count):
        facts |= _pick(i, rng, kind, reasons, rated)
    return facts


def _context(rng: random.Random, kind: str) -> dict[str, str]:
    facts = _sometimes(0.6, rng, need__product=noun(kind))
    facts |= _some("need", _values("wishes"), 4, rng) if rng.random() < 0.3 else {}
    return facts | (_some("behaviour", _values("seen"), 2, rng, least=1) if rng.random() < 0.2 else {})


def _recommend(rng: random.Random) -> dict[str, str]:
    kind = rng.choice(_values("kinds"))
    facts = _context(rng, kind)
    if rng.random() < 0.25:
        facts |= _some("relaxed", _values("wishes"), 3, rng, least=1)
    if rng.random() < 0.1:
        facts |= {"missing.product": noun(rng.choice(_values("kinds")))} | _sometimes(
            0.6, rng, alternative__product=noun(rng.choice(_values("kinds")))
        )
        facts.pop("need.product", None)
    facts |= _sometimes(0.12, rng, need__superlative=rng.choice(_values("extremes"))) | _sometimes(
        0.06, rng, next__product=noun(rng.choice(_values("kinds")))
    )
    return facts | _picks(rng, rng.choices((0, 1, 2, 3, 4), (2, 5, 5, 9, 2))[0], kind)


def _ask(rng: random.Random) -> dict[str, str]:
    facts = _context(rng, rng.choice(_values("kinds")))
    if rng.random() < 0.08:
        facts |= {"missing.product": noun(rng.choice(_values("kinds")))}
    return facts | _sometimes(0.05, rng, next__product=noun(rng.choice(_values("kinds"))))


def _ask_facts(ask: str, rng: random.Random) -> dict[str, str]:
    if ask not in ("order", "pick", "product") and rng.random() < 0.2:
        return {"ask.confirm": rng.choice(_values("wishes"))}
    facts = {"ask.name": rng.choice(_values("names"))} if ask in ("feature", "other") and rng.random() < 0.7 else {}
    return facts | _sometimes(0.4, rng, ask__options=listed(rng.sample(_values("choices"), rng.randint(2, 3)), "or"))


def _answer(rng: random.Random) -> dict[str, str]:
    count = rng.choices((0, 1, 2, 3), (2, 8, 2, 1))[0]
    facts: dict[str, str] = {}
    for i in range(1, max(count, 1) + 1):
        if count:
            facts |= {f"{i}.title": _title(rng, rng.choice(_values("kinds")))} | _sometimes(
                0.7, rng, **{f"{i}__price": _money(rng)}
            )
        facts |= _some(f"{i}.answer", _values("answers"), 3, rng)
    facts |= _some("1.review", _values("reviews"), 1, rng) if count and rng.random() < 0.15 else {}
    return facts | (_some("unknown", _values("asked"), 2, rng) if rng.random() < 0.6 else {})


def _compare(rng: random.Random) -> dict[str, str]:
    count, kind = rng.choices((2, 3, 4), (6, 3, 1))[0], rng.choice(_values("kinds"))
    facts: dict[str, str] = {}
    for i in range(1, count + 1):
        facts |= (
            {f"{i}.title": _title(rng, kind)}
            | _sometimes(0.85, rng, **{f"{i}__price": _money(rng)})
            | _sometimes(0.4, rng, **{f"{i}__rating": _rating(rng)})
        )
        if rng.random() < 0.2:
            facts |= _some(f"{i}.reason", _values("traits"), 2, rng) | _some(f"{i}.tradeoff", _values("gaps"), 1, rng)
    for n, name in enumerate(rng.sample(_values("diffs"), rng.randint(0, 3)), start=1):
        facts |= {f"diff{n}": name} | {f"{i}.diff{n}": rng.choice(_values("values")) for i in range(1, count + 1)}
    return facts


def _policy(rng: random.Random) -> dict[str, str]:
    if rng.random() < 0.25:
        return _some("unknown", _values("asked"), 1, rng)
    facts = _some("policy", _values("clauses"), 2, rng)
    return facts | {f"{key}.source": rng.choice(_values("sources")) for key in facts if rng.random() < 0.8}


def _order(rng: random.Random) -> dict[str, str]:
    facts = _sometimes(
        0.75, rng, order__id=f"A-{rng.randint(1000, 9999)}", order__status=rng.choice(_values("statuses"))
    )
    chance = rng.choice((0.3, 0.9))
    facts |= _sometimes(
        chance,
        rng,
        order__items=listed([noun(k) for k in rng.sample(_values("kinds"), rng.randint(1, 2))]),
        order__date="3 May 2025",
        order__delivery="expected on 6 May 2025",
    )
    facts |= _sometimes(chance, rng, order__tracking="1Z999", order__total=_money(rng))
    return facts | (_policy(rng) if rng.random() < 0.3 else {})


def _basket(rng: random.Random) -> dict[str, str]:
    facts = _sometimes(
        0.6,
        rng,
        basket__title=_title(rng, rng.choice(_values("kinds"))),
        basket__count="3 items",
        basket__total=_money(rng),
    ) | _sometimes(0.3, rng, basket__quantity="2")
    return facts | (_picks(rng, 1, rng.choice(_values("kinds")), 0) if rng.random() < 0.25 else {})


def _handover(rng: random.Random) -> dict[str, str]:
    return _sometimes(0.2, rng, order__id="A-1042")


def _chat(rng: random.Random) -> dict[str, str]:
    return _sometimes(
        0.1, rng, need__product=noun(rng.choice(_values("kinds"))), next__product=noun(rng.choice(_values("kinds")))
    )


def _note(rng: random.Random) -> Plan:
    """Of a note, a plan tells the case or what was said once; it asks nothing and has one tone."""
    topics: tuple[str | None, ...]
    if rng.random() < 0.5:
        facts = _exchange(rng)
        topics = (None, "first", "then", "last") if "told" in facts else (None, "first", "then", "last", "open")
    elif rng.random() < 0.2:
        facts, topics = {"need.product": noun(rng.choice(_values("kinds")))}, ("about",)
    else:
        facts = _note_of_case(rng)
        topics = (None, "person", "complaint") if facts else ("person", "complaint")
    told = tuple(Fact(key=key, text=text) for key, text in facts.items())
    return Plan(move="note", why="sampled", facts=told, topic=rng.choice(topics))


def _exchange(rng: random.Random) -> dict[str, str]:
    facts = {"said": rng.choice(_values("asked"))} if rng.random() < 0.9 else {}
    if not facts or rng.random() < 0.6:
        facts |= {"told": rng.choice(_values("answers"))} | _sometimes(0.8, rng, told__by="assistant")
    return facts


def _note_of_case(rng: random.Random) -> dict[str, str]:
    kind = rng.choice(_values("kinds"))
    facts = _sometimes(0.75, rng, need__product=noun(kind))
    facts |= _some("need", _values("wishes"), 4, rng) if rng.random() < 0.7 else {}
    if rng.random() < 0.4:
        facts |= {f"{i}.title": _title(rng, kind) for i in range(1, rng.randint(1, 3) + 1)}
    facts |= _sometimes(0.2, rng, order__id=f"A-{rng.randint(1000, 9999)}", basket__title=_title(rng, kind))
    return facts | _sometimes(0.15, rng, next__product=noun(rng.choice(_values("kinds"))))


_MAKERS: dict[Move, Callable[[random.Random], dict[str, str]]] = {
    "recommend": _recommend,
    "ask": _ask,
    "answer": _answer,
    "compare": _compare,
    "policy": _policy,
    "order": _order,
    "basket": _basket,
    "handover": _handover,
    "chat": _chat,
}
