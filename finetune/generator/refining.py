"""Changes of mind: a value replaced, a price moved, a must that becomes a wish, something forgotten altogether."""

from __future__ import annotations

from dataclasses import replace

from finetune.generator.clauses import clause, fill
from finetune.generator.openings import new_need
from finetune.generator.saying import gather, state
from finetune.generator.talk import Talk
from finetune.generator.turns import Held, Need, Turn
from finetune.generator.wishes import ONCE, must, price_wish, wish

CHANGES = ("add", "replace", "price", "soften", "drop", "harden")
WEIGHTS = (8, 6, 6, 6, 6, 2.5)


def refine(talk: Talk, turn: Turn, need: Need) -> list[str]:
    """One change to a need, in words; where nothing can be changed, something is added."""
    kind = talk.rng.choices(CHANGES, WEIGHTS)[0]
    said = _CHANGE[kind](talk, turn, need)
    if not said:
        said = add(talk, turn, need) or [talk.words("dontcare")]
    turn.act("refine_need")
    turn.active = need
    return said


def add(talk: Talk, turn: Turn, need: Need) -> list[str]:
    """One or two more constraints."""
    return [clause(w, turn, need) for w in gather(need, talk.rng.choice((1, 1, 2, 2, 3)), talk)]


def _replace(talk: Talk, turn: Turn, need: Need) -> list[str]:
    old = _any(
        talk,
        [
            h
            for h in need.held
            if _plain(h) and h.wish.slot in ("size", "colour", "brand", "style", "material", "quantity")
        ],
    )
    if old is None:
        return []
    new = wish(old.wish.slot, need.kind, talk.shopper, talk.rng, need.texts)
    if new is None or new.op != "is" or new.second is not None:
        return []
    need.drop(old)
    for twin in need.says(old.wish.slot) if old.wish.slot in ONCE else []:
        if twin.label["op"] != "is_not":
            need.drop(twin)
    new = must(new)
    pattern = talk.words("replace").replace("{u}", old.words)
    return [fill(pattern, new, [turn.add(need, new, 0, False)])]


def _price(talk: Talk, turn: Turn, need: Need) -> list[str]:
    held = need.says("price")
    top = next((h for h in held if h.label["op"] in ("at_most", "about")), None)
    if top is None:
        made = wish("price", need.kind, talk.shopper, talk.rng) if not held else None
        return [clause(made, turn, need)] if made else []
    if talk.rng.random() < 0.12:
        for old in held:
            need.drop(old)
        return [talk.words("drop.price")]
    factor = talk.rng.choice((1.1, 1.2, 1.25, 1.5, 0.8, 0.75, 0.66))
    new = price_wish(float(round(top.label["value"] * factor)) or 1.0, talk.shopper, talk.rng, "at_most")
    if new.number == top.label["value"]:
        return []
    for old in held:
        if old.label["op"] in ("at_most", "about") or factor < 1:
            need.drop(old)
    pattern = talk.words("raise" if factor > 1 else "lower")
    new = replace(new, strength="must")
    return [fill(pattern, new, [turn.add(need, new, 0, False)])]


def _soften(talk: Talk, turn: Turn, need: Need) -> list[str]:
    old = _any(
        talk, [h for h in need.held if h.label["strength"] == "must" and h.label["op"] in ("is", "at_least", "at_most")]
    )
    if old is None or old.wish.slot in ("recipient", "occasion", "worn", "quantity", "use"):
        return []
    if old.wish.slot == "price":
        return _again(old, need, turn, talk.words("soften.price").replace("{money}", old.wish.text), "prefer")
    return _again(old, need, turn, talk.words("soften"), "prefer")


def _harden(talk: Talk, turn: Turn, need: Need) -> list[str]:
    old = _any(
        talk,
        [h for h in need.held if h.label["strength"] == "prefer" and h.wish.form in ("adj", "noun", "colour", "brand")],
    )
    if old is None or old.label["op"] != "is":
        return []
    return _again(old, need, turn, talk.words("harden"), "must")


def _again(old: Held, need: Need, turn: Turn, pattern: str, strength: str) -> list[str]:
    """Says a constraint again with another strength; its value stays as it was first typed."""
    made = replace(old.wish, text=old.words, second=None, ops=(old.label["op"],), number=_number(old), form="again")
    need.drop(old)
    mark = turn.add(need, made, 0, prefer=strength == "prefer", text=old.words)
    return [fill(pattern, made, [mark])]


def _drop(talk: Talk, turn: Turn, need: Need) -> list[str]:
    old = _any(talk, [h for h in need.held if h.wish.slot not in ("price", "recipient", "occasion", "worn")])
    if old is None or len(need.held) < 2:
        return []
    need.drop(old)
    return [talk.words("drop").replace("{v}", old.words)]


def drop_need(talk: Talk, turn: Turn, need: Need) -> list[str]:
    """Takes back a whole need; the one that is left, if any, comes into focus."""
    talk.remove(need)
    turn.act("refine_need")
    rest = [n for n in talk.needs if not n.bought]
    talk.focus = rest[-1] if rest else None
    turn.active = talk.focus
    return [talk.words("drop.need").replace("{p}", (need.product or "present").split()[-1])]


def swap_need(talk: Talk, turn: Turn, need: Need) -> list[str]:
    """Something else in place of a need: the old one goes, a new one comes."""
    old = (need.product or "present").split()[-1]
    talk.remove(need)
    fresh = new_need(talk)
    turn.act("refine_need", "state_need") if talk.rng.random() < 0.6 else turn.act("state_need")
    sentences = state(fresh, "swap.need", gather(fresh, talk.rng.choice((1, 2, 2, 3)), talk), talk, turn)
    talk.focus = turn.active = fresh
    return [s.replace("{u}", old).replace("[", "").replace("]", "") for s in sentences]


def _any(talk: Talk, held: list[Held]) -> Held | None:
    return talk.rng.choice(held) if held else None


def _plain(held: Held) -> bool:
    return held.label["op"] == "is" and held.label["strength"] == "must" and held.wish.second is None


def _number(held: Held) -> float | None:
    return held.label["value"] if not isinstance(held.label["value"], str) else None


_CHANGE = {"add": add, "replace": _replace, "price": _price, "soften": _soften, "drop": _drop, "harden": _harden}
