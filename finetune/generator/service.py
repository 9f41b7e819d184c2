"""Messages about orders, deliveries, returns, rules of the shop and everything that is no shopping."""

from __future__ import annotations

from assistant.records import Act, Stage
from finetune.generator.grammar import phrases
from finetune.generator.openings import next_need
from finetune.generator.saying import surround
from finetune.generator.talk import Talk, questioned
from finetune.generator.turns import Turn

OPENINGS: tuple[tuple[Act, ...], ...] = (
    ("order_status",), ("change_order",), ("return_refund",), ("complaint",), ("complaint", "return_refund"),
    ("order_status", "complaint"), ("complaint", "policy"), ("complaint", "ask_human"), ("ask_human",),
    ("return_refund", "policy"),
)  # fmt: skip
OPENING_WEIGHTS = (9, 7, 7, 11, 9, 5, 3, 3, 2, 2)
ASKING = ("order_status", "policy")


def start_service(talk: Talk, turn: Turn) -> None:
    """A conversation that begins with an order."""
    acts = talk.rng.choices(OPENINGS, OPENING_WEIGHTS)[0]
    _serve(talk, turn, acts, greet=talk.rng.random() < max(0.2, talk.shopper.voice.greets))


def go_on(talk: Talk, turn: Turn) -> None:
    """The next message of a conversation about an order; now and then it turns to shopping."""
    rng = talk.rng
    act: tuple[Act, ...] = rng.choices(
        (("return_refund",), ("change_order",), ("policy",), ("complaint",), ("ask_human",), ("order_status",),
        ("thank_bye",),
         ("complaint", "ask_human"), ("thank_bye", "policy")),
        (6, 4, 3, 3, 4, 1.5, 3, 2.5, 1.5),
    )[0]  # fmt: skip
    _serve(talk, turn, act, greet=False)


def from_service(talk: Talk, turn: Turn) -> None:
    """Thanks for the help with an order, or not, and then something new is wanted."""
    if talk.rng.random() < 0.35:
        turn.act("thank_bye")
        turn.say(phrases("phrases").pick("thank", talk.rng, talk.shopper.voice.register))
    next_need(talk, turn)


def policy(talk: Talk, turn: Turn) -> None:
    """A question about the rules of the shop."""
    turn.act("policy")
    said = [questioned(talk.words("policy"), talk.rng)]
    if talk.rng.random() < 0.12:
        said.append(questioned(talk.words("policy"), talk.rng))
    if talk.focus and not talk.focus.bought and talk.focus.chosen:
        turn.active = talk.focus
    turn.stage = _stage(talk)
    surround(said, talk, turn, greet=talk.phase == "start" and talk.rng.random() < 0.25)


def off_topic(talk: Talk, turn: Turn) -> None:
    """Something that has nothing to do with the shop."""
    turn.act("off_topic")
    turn.stage = _stage(talk)
    said = talk.rng.choice(talk.shopper.words.words["offtopic"])
    surround([questioned(said, talk.rng)], talk, turn, greet=talk.phase == "start" and talk.rng.random() < 0.15)


def human(talk: Talk, turn: Turn) -> None:
    """Asks for a colleague in the middle of shopping."""
    turn.act("ask_human")
    turn.stage = _stage(talk)
    surround([talk.words("ask_human")], talk, turn, greet=talk.phase == "start" and talk.rng.random() < 0.2)


def thanks(talk: Talk, turn: Turn) -> None:
    """Thanks, or a good-bye; nothing is active any more."""
    turn.act("thank_bye")
    turn.stage = _stage(talk)
    table, voice = phrases("phrases"), talk.shopper.voice
    said = [table.pick("thank", talk.rng, voice.register)]
    if talk.rng.random() < 0.45:
        said.append(table.pick("bye", talk.rng, voice.register))
    if talk.basket and talk.rng.random() < 0.12:
        said.append(questioned(talk.words("policy"), talk.rng))
        turn.act("policy")
    turn.say(*said)
    talk.phase = "closed"


def checkout(talk: Talk, turn: Turn) -> None:
    """Pays for what is in the basket."""
    turn.act("checkout")
    turn.stage = "buying"
    said = [talk.words("checkout")]
    if talk.rng.random() < 0.25:
        said.append(phrases("phrases").pick("thank", talk.rng, talk.shopper.voice.register))
        turn.act("thank_bye")
    talk.ordered = True
    surround(said, talk, turn, greet=False)


def _stage(talk: Talk) -> Stage:
    """The stage that goes on where a message changes nothing."""
    if talk.ordered or talk.phase in ("service", "human"):
        return "after_purchase"
    if talk.basket:
        return "buying"
    if talk.focus is None or not talk.focus.shown:
        return "exploring"
    return "deciding" if talk.focus.picked or len(talk.focus.shown) == 1 else "comparing"


def _serve(talk: Talk, turn: Turn, acts: tuple[Act, ...], greet: bool) -> None:
    turn.act(*acts)
    turn.stage = "after_purchase"
    said = []
    for act in acts:
        if act == "thank_bye":
            said.append(phrases("phrases").pick("thank", talk.rng, talk.shopper.voice.register))
        else:
            text = talk.words(act)
            said.append(questioned(text, talk.rng) if act in ASKING else text)
    if "{o}" not in said[0] and talk.rng.random() < 0.25 and acts[0] != "thank_bye":
        said.append(
            talk.rng.choice(("order {o}", "order number {o}", "it's {o}", "no. {o}", "#{o}")).replace("{o}", talk.order)
        )
    surround(said, talk, turn, greet=greet)
    talk.phase = "service"
