"""Which action a customer's message asks for: the reader says that it is about an order, the encoder which action.

The reader's acts tell a change from a return; within those, the message is compared with a few ways in which each
action is asked for, and the nearest in meaning is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.reasons import Encode
from assistant.records import Act, Stage, State
from assistant.service.requests import ActionName
from assistant.store.records import StoredSession

ASKED: dict[ActionName, tuple[str, ...]] = {
    "cancel_order": (
        "please cancel my order", "I no longer need what I ordered", "I want to cancel everything that is pending",
        "I ordered it by mistake, cancel it",
    ),
    "change_order_address": (
        "send my order to another address", "change the shipping address of the order", "it should go to my new home",
    ),
    "change_customer_address": (
        "change my default address", "update the address in my profile", "my user address has changed",
    ),
    "change_items": (
        "change the item in my order to another colour", "modify my pending order to a different size",
        "switch it to the cheapest option", "I would rather have it in another material",
    ),
    "change_payment": (
        "pay my order with another card", "change the payment method of my order",
    ),
    "return_items": (
        "I want to return what I received", "send it back and get the money back", "return everything in the order",
        "I would like my money back",
    ),
    "exchange_items": (
        "exchange it for another size", "swap what I received for a different colour",
        "I want to exchange it for a bigger one", "exchange it for the same one with other options",
        "the one I bought is not right, I would like another one instead",
        "can I get the one I ordered in another colour or size?",
    ),
    "hand_over": ("I want to talk to a person", "let me speak to a human"),
}  # fmt: skip
"""How each action is asked for. Refunds without a return are left to people."""
SHOPPING = (
    "I am looking for something new", "show me what you have", "which one would you recommend?",
    "how many options are there, and what do they cost?", "it should be cheap and good", "I am looking for it",
    "do you have it in another colour?", "I need one, in this colour if possible", "I would like to buy it",
)  # fmt: skip
"""How something to buy is asked for."""
SERVICE: frozenset[Act] = frozenset({"change_order", "return_refund", "complaint", "ask_human"})
GOES_ON: frozenset[Act] = frozenset({"refine_need", "state_need"})
ADMITS: dict[Act, tuple[ActionName, ...]] = {
    "change_order": (
        "cancel_order", "change_order_address", "change_customer_address", "change_items", "change_payment",
        "exchange_items",
    ),
    "return_refund": ("return_items", "exchange_items", "change_items", "cancel_order"),
    "complaint": ("return_items", "exchange_items"),
    "ask_human": ("hand_over",),
}  # fmt: skip
AFTER_PURCHASE: tuple[ActionName, ...] = ("cancel_order", "change_items", "return_items", "exchange_items")
SWAPS: frozenset[ActionName] = frozenset({"change_items", "exchange_items"})
NEAR, SAID, SWAP = 0.3, 0.45, 0.15
"""Cosines from which a message asks for an action, and from which it gives a reason; and how much nearer to a swap one
about an order counts that names another variant of what was ordered."""


@dataclass(frozen=True)
class Turn:
    """A customer's message with the acts and the stage that the reader read in it."""

    text: str
    acts: tuple[Act, ...]
    stage: Stage = "exploring"


@dataclass(frozen=True)
class Wish:
    """What one message asks for, with the similarity that speaks for it, from -1 to 1."""

    action: ActionName
    text: str
    acts: tuple[Act, ...]
    similarity: float


def turns_of(session: StoredSession) -> tuple[Turn, ...]:
    """The shopper's messages of a session, each with the acts that were read in it."""
    read: dict[int, State] = {}
    for entry in session.states:
        asked = [i for i, m in enumerate(session.messages[: entry.after_message + 1]) if m.role == "user"]
        if entry.source == "reading" and asked:
            read[asked[-1]] = entry.state
    said = [(m.content, read.get(i, State())) for i, m in enumerate(session.messages) if m.role == "user"]
    return tuple(Turn(text, state.acts, state.stage) for text, state in said)


def wishes(
    turns: Sequence[Turn],
    encode: Encode,
    about_own: Callable[[str], bool],
    another: Callable[[str], bool] = lambda _: False,
    plain: Callable[[str], str] = str,
) -> tuple[Wish, ...]:
    """What each message asks for, of those that are about an order.

    The acts say so; a message that was read as a need, as "I want the red one instead" may be, is about an order where
    it goes on with one that was, or where `about_own` finds the customer's own orders in it, and it comes nearer to
    asking for an action than to looking for something to buy. `another` finds a variant named that they do not have of
    something they ordered, which speaks for a swap. `plain` takes the names of what they ordered out of a message,
    before it is compared with ways of asking."""
    found: list[Wish] = []
    about_orders = False
    for turn in turns:
        admitted = {action for act in turn.acts for action in ADMITS.get(act, ())}
        swap = another(turn.text)
        wanted = swap or bool(GOES_ON & set(turn.acts))
        goes_on = wanted and (about_orders or turn.stage == "after_purchase" or about_own(turn.text))
        actions = sorted(admitted) or (sorted(AFTER_PURCHASE) if goes_on else [])
        lift, instead = (SWAP if swap else 0.0, ()) if admitted else (0.0, SHOPPING)
        wish = _nearest(turn, plain(turn.text), actions, encode, instead, lift) if actions else None
        if wish is None and actions and about_orders and found and about_own(turn.text):
            wish = Wish(found[-1].action, turn.text, turn.acts, 0.0)
        about_orders = bool(SERVICE & set(turn.acts)) or wish is not None
        found += [wish] if wish is not None else []
    return tuple(found)


def nearest(texts: Sequence[str], choices: Sequence[str], encode: Encode) -> str | None:
    """The one of `choices` that any of the texts comes nearest to in meaning; `None` where none comes near."""
    if not choices or not texts:
        return None
    vectors = encode([*texts, *choices])
    scores = (vectors[: len(texts)] @ vectors[len(texts) :].T).max(axis=0)
    best = int(scores.argmax())
    return choices[best] if float(scores[best]) >= SAID else None


def _nearest(
    turn: Turn, said: str, actions: Sequence[ActionName], encode: Encode, instead: Sequence[str], lift: float
) -> Wish | None:
    """The action that what was `said` is nearest to asking for, swaps lifted; `None` where none is near, or one of
    `instead` nearer."""
    phrases = [(action, phrase) for action in actions for phrase in ASKED[action]]
    vectors = encode([said, *(phrase for _, phrase in phrases), *instead])
    scores = vectors[1:] @ vectors[0]
    scores[: len(phrases)] += [lift * (action in SWAPS) for action, _ in phrases]
    best = int(scores.argmax())
    if best >= len(phrases) or float(scores[best]) < NEAR:
        return None
    return Wish(phrases[best][0], turn.text, turn.acts, float(scores[best]))
