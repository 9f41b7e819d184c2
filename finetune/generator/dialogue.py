"""One conversation from greeting to good-bye: who says what next, and the label after each shopper message."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from finetune.generator import answers, openings, reactions, service, shopside
from finetune.generator.amounts import sample_currency
from finetune.generator.browsing import Browsing, browse, tell
from finetune.generator.talk import Talk
from finetune.generator.turns import Need, Turn
from finetune.generator.vocabulary import Vocabulary
from finetune.generator.voices import sample_voice
from finetune.generator.wishes import Shopper

Move = Callable[[Talk, Turn], None]
NeedMove = Callable[[Talk, Turn, Need], None]
TURNS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
TURN_WEIGHTS = (12, 10, 18, 15, 12, 15, 9, 5, 2, 2)
BROWSED = 0.38
STARTS: tuple[tuple[Move, float], ...] = (
    (openings.open_need, 68), (openings.open_two, 8), (openings.open_gift, 6), (openings.greet_only, 1.2),
    (service.start_service, 12), (service.policy, 2), (service.off_topic, 1), (service.human, 0.7),
)  # fmt: skip
AFTER_SHOWN: tuple[tuple[NeedMove, float], ...] = (
    (reactions.reject, 24), (reactions.change, 20), (reactions.select, 22), (reactions.ask, 15), (reactions.compare,
    11),
    (reactions.recommend, 4), (reactions.buy, 6), (reactions.leave, 3),
)  # fmt: skip
AFTER_ANSWER: tuple[tuple[NeedMove, float], ...] = (
    (reactions.select, 30), (reactions.ask, 20), (reactions.change, 22), (reactions.buy, 18), (reactions.reject, 12),
    (reactions.compare, 5), (reactions.leave, 3),
)  # fmt: skip

AFTER_PICK: tuple[tuple[NeedMove, float], ...] = (
    (reactions.buy, 45), (reactions.ask, 22), (reactions.change, 18), (reactions.pay, 9), (reactions.leave, 3),
    (reactions.reject, 3),
)  # fmt: skip


def converse(identity: str, words: Vocabulary, rng: random.Random) -> dict[str, Any]:
    """A conversation: `messages`, `events` and `states`, one label for each shopper message, in order."""
    shopper = Shopper(sample_voice(rng), sample_currency(rng), words, rng.choice((0.4, 0.8, 0.95)))
    talk = Talk(rng, shopper, order=_order(rng))
    _new_topic(talk)
    messages: list[dict[str, str]] = []
    states: list[tuple[int, dict[str, Any]]] = []
    browsing: Browsing | None = None
    left = rng.choices(TURNS, TURN_WEIGHTS)[0]
    while left > 0 and talk.phase != "closed":
        turn = Turn(rng, shopper, len(messages))
        _shopper_turn(talk, turn)
        messages.append({"role": "user", "content": turn.finish()})
        if browsing is None:
            browsing = _browsed(talk, turn, bool(states))
        states.append((len(messages), _label(talk, turn)))
        left -= 1
        if (
            left
            and talk.phase != "closed"
            and not (rng.random() < 0.03 and turn.acts[-1] in ("state_need", "refine_need"))
        ):
            role = "agent" if talk.phase == "human" else "assistant"
            messages.append({"role": role, "content": _shop_turn(talk, tuple(turn.acts))})
    return {"id": identity, "messages": messages, "events": browsing.events if browsing else [], "states": states}


def _shopper_turn(talk: Talk, turn: Turn) -> None:
    move = _move(talk)
    if talk.phase == "start" and move is service.start_service:
        _new_topic(talk)
    move(talk, turn)
    if not turn.sentences or not turn.acts:
        service.policy(talk, turn)
    turn.acts = sorted(turn.acts, key=lambda act: act != "greet")


def _move(talk: Talk) -> Move:
    rng = talk.rng
    if talk.phase == "start":
        return rng.choices(*zip(*STARTS, strict=True))[0]
    if talk.phase == "hello":
        return rng.choices(
            (openings.open_need, openings.open_gift, service.start_service, service.policy), (80, 8, 8, 4)
        )[0]
    talk.close_bought()
    if talk.phase in ("service", "human"):
        return rng.choices((service.go_on, service.from_service, service.thanks), (56, 38, 6))[0]
    if talk.phase == "basket":
        return _after_basket(talk)
    if talk.focus is None:
        if talk.others:
            return reactions.back
        return rng.choices(
            (openings.next_need, service.policy, service.thanks, service.start_service), (72, 12, 6, 10)
        )[0]
    aside = rng.random()
    if aside < 0.035:
        return rng.choices((service.off_topic, service.policy, service.human, service.thanks), (25, 45, 12, 18))[0]
    if talk.others and rng.random() < 0.12:
        return reactions.back
    if not talk.others and talk.focus.shown and rng.random() < 0.05:
        return openings.next_need
    return _about_focus(talk, talk.focus)


def _about_focus(talk: Talk, need: Need) -> Move:
    rng = talk.rng
    if talk.asked is not None and not (talk.asked.about == "add" and need.chosen is None) and rng.random() < 0.92:
        return answers.answer
    if talk.phase == "variant" and rng.random() < 0.9:
        return lambda t, turn: reactions.pick_variant(t, turn, need)
    if need.picked:
        chosen = rng.choices(*zip(*AFTER_PICK, strict=True))[0]
        return lambda t, turn: chosen(t, turn, need)
    table = AFTER_SHOWN if talk.phase == "shown" else AFTER_ANSWER if need.shown else ((reactions.change, 1.0),)
    chosen = rng.choices(*zip(*table, strict=True))[0]
    return lambda t, turn: chosen(t, turn, need)


def _after_basket(talk: Talk) -> Move:
    rng = talk.rng
    if talk.others and rng.random() < 0.65:
        return reactions.back
    if talk.ordered:
        return rng.choices((service.thanks, openings.next_need, service.policy, service.off_topic), (50, 25, 20, 5))[0]
    moves = (openings.next_need, service.checkout, service.thanks, service.policy)
    return rng.choices(moves, (38, 32, 16, 14))[0]


def _shop_turn(talk: Talk, acts: tuple[str, ...]) -> str:
    rng, need = talk.rng, talk.focus
    talk.asked = None
    if talk.phase == "hello":
        return shopside.line("hello", talk)
    if need is None or need.bought or talk.phase in ("service", "human", "closed"):
        return shopside.respond(talk, acts)
    if {"add_to_cart", "checkout", "off_topic", "ask_human"} & set(acts) and "state_need" not in acts:
        return shopside.respond(talk, acts)
    if "policy" in acts and len(acts) == 1:
        return shopside.respond(talk, acts)
    if "select" in acts and "state_need" not in acts:
        return _after_select(talk, need, acts)
    if "ask_recommendation" in acts and need.shown and rng.random() < 0.7:
        return shopside.advise(talk, need)
    if ("ask_product" in acts or "compare" in acts) and need.shown:
        return shopside.respond(talk, ("ask_product",))
    if len(talk.others) and not need.shown and not talk.others[0].shown and "state_need" in acts and rng.random() < 0.4:
        return shopside.ask_first(talk)
    if need.nameless and rng.random() < 0.85:
        return shopside.ask_gift(talk, need)
    more = not need.shown and rng.random() < (0.5, 0.2, 0.05)[min(need.questions, 2)]
    return shopside.ask(talk, need) if more else shopside.show(talk, need)


def _after_select(talk: Talk, need: Need, acts: tuple[str, ...]) -> str:
    if need.kind.coloured and talk.rng.random() < 0.4 and not need.says("colour"):
        return shopside.offer_variant(talk, need)
    if talk.rng.random() < 0.3:
        need.bought = talk.basket = True
        return shopside.respond(talk, ("add_to_cart",))
    return shopside.respond(
        talk, ("ask_product",) if "ask_product" in acts else ("policy",) if "policy" in acts else ("ask_product",)
    )


def _browsed(talk: Talk, turn: Turn, later: bool) -> Browsing | None:
    if later or talk.rng.random() >= BROWSED or turn.active is None or turn.active.product is None:
        return Browsing([])
    browsing = browse(turn.active.kind, talk.shopper, talk.rng)
    if "compare" not in turn.acts:
        tell(browsing, turn.active)
    return browsing


def _label(talk: Talk, turn: Turn) -> dict[str, Any]:
    needs = [
        {
            "product": need.product,
            "active": need is turn.active,
            "constraints": [dict(held.label) for held in need.held],
        }
        for need in talk.needs
    ]
    return {"needs": needs, "acts": list(turn.acts), "stage": turn.stage}


def _new_topic(talk: Talk) -> None:
    kind = talk.rng.choice(talk.shopper.words.kinds)
    talk.topic = talk.rng.choice(kind.names)


def _order(rng: random.Random) -> str:
    layout = rng.choice(("{:05}", "{:04}", "#{:05}", "A-{:04}", "{:06}", "KL{:05}", "{:04}-B", "UK{:06}"))
    return layout.format(rng.randrange(1000, 99999))
