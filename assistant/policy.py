"""What the reply does: decided from what was read and found, by rules that each give their reason.

A message can call for two things at once ("is shipping free? and show me tents"): first what serves, then what sells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.questions import Question
from assistant.records import Act, Constraint, Move, Need, State
from assistant.search import Found

Identified = Literal["yes", "unnamed", "no"]

ORDER_ACTS: tuple[Act, ...] = ("change_order", "return_refund", "order_status")
ORDER_TOPIC = {"order_status": "status", "change_order": "change", "return_refund": "return"}
NEED_ACTS = frozenset({"state_need", "refine_need", "ask_recommendation", "reject", "compare"})
SERVICE_ACTS = frozenset({*ORDER_ACTS, "policy", "complaint", "ask_human", "checkout"})


@dataclass(frozen=True)
class Situation:
    """What a decision rests on.

    `table` counts the products shown now, `meant` are the places of those that the message points at, `placed` tells
    whether it names just one by its order ("the second"). `orders` says whether the shopper may see an order: `yes`,
    `no` (an order was named that is not known to be theirs), or `unnamed` (neither order nor shopper is known).
    `pending` is the act that the last question left open and that this message settles: a bare "Q10400" or "the second"
    says no act of its own. `further`: something cheaper, smaller and so on than what is shown is asked for. `attended`:
    an agent is to say the reply, so that nothing is handed over.
    """

    before: State
    state: State
    found: Found | None = None
    question: Question | None = None
    table: int = 0
    meant: tuple[int, ...] = ()
    orders: Identified = "unnamed"
    clauses: int = 0
    basket: int = 0
    others: bool = False
    further: bool = False
    placed: bool = False
    browsed: bool = False
    pending: Act | None = None
    named: bool = False
    under_way: bool = False
    attended: bool = False


@dataclass(frozen=True)
class Decision:
    """One move, with the reason for it. `topic` is one of `assistant.facts.TOPICS[move]`, `ask` one of `ASKS`."""

    move: Move
    why: str
    topic: str | None = None
    ask: str | None = None
    asked: str | None = None


def decide(situation: Situation) -> tuple[Decision, ...]:
    """One or two moves for the reply, in the order in which they are said."""
    acts: set[Act] = {situation.pending} if situation.pending else set(situation.state.acts)
    if "ask_human" in acts and not situation.attended:
        return (Decision("handover", "the shopper asked for a person", "asked"),)
    service = _serve(situation, acts)
    if service and (service[0].move == "handover" or _only_order(situation, acts)):
        return service
    shopping = _shop(situation, acts, served=bool(service))
    moves = service if shopping is None else (*service, shopping)
    return moves or (_chat(situation, acts),)


# --- serving ---------------------------------------------------------------------------------------------------


def _serve(situation: Situation, acts: set[Act]) -> tuple[Decision, ...]:
    order_act = next((act for act in ORDER_ACTS if act in acts), None)
    if order_act is not None and not (situation.orders == "unnamed" and _policy_question(situation, acts)):
        order = _order(situation, order_act)
        ruled = order.topic == "status" and bool(situation.clauses)
        return (order, Decision("policy", "and a clause bears on it")) if ruled else (order,)
    if _policy_question(situation, acts):
        if situation.clauses:
            return (Decision("policy", "the shopper asks about the shop's rules, and a clause covers it"),)
        return (Decision("policy", "the shopper asks about the shop's rules, and no clause covers it", "none"),)
    if "complaint" in acts and not acts & (NEED_ACTS | {"ask_product", "select", "add_to_cart"}):
        if not situation.attended:
            return (Decision("handover", "a complaint that no record settles", "complaint"),)
        sorry = Decision("chat", "a complaint that no record settles, and an agent answers it", "complaint")
        return _of_order(situation) or (sorry,)
    return _of_order(situation) if _only_order(situation, acts) else ()


def _only_order(situation: Situation, acts: set[Act]) -> bool:
    """Whether a message names an order of the shopper's and asks for nothing that is on sale: whatever it asks is then
    asked of what they have."""
    return situation.named and not acts & (NEED_ACTS | SERVICE_ACTS | {"select", "add_to_cart", "thank_bye"})


def _of_order(situation: Situation) -> tuple[Decision, ...]:
    """What the records say of the shopper's order, and the clauses that bear on the message; nothing where there is no
    such order."""
    if situation.orders != "yes":
        return ()
    order = Decision("order", "the message is about an order of the shopper's own", "status")
    return (order, Decision("policy", "and a clause bears on it")) if situation.clauses else (order,)


def _policy_question(situation: Situation, acts: set[Act]) -> bool:
    """A question about the rules: said so, or a return where no order is at hand and a clause covers it."""
    return "policy" in acts or ("return_refund" in acts and situation.clauses > 0)


def _order(situation: Situation, act: Act) -> Decision:
    if situation.orders == "yes":
        topic = "status" if act == "return_refund" and situation.under_way else ORDER_TOPIC[act]
        return Decision("order", f"{act}: the order is the shopper's own", topic)
    if situation.orders == "no":
        return Decision("order", f"{act}: an order was named, but nothing shows that it is theirs", "not_found")
    why = f"{act}: which order is not known, or not whose it is"
    return Decision("ask", why, ask="order", asked=f"order:{act}")


# --- selling ---------------------------------------------------------------------------------------------------


def _shop(situation: Situation, acts: set[Act], *, served: bool) -> Decision | None:
    if "checkout" in acts and "add_to_cart" not in acts:
        topic = "checkout" if situation.basket else "empty"
        return Decision("basket", "the shopper wants to pay", topic)
    changed = _wishes(situation.state) != _wishes(situation.before)
    onward = situation.further and not situation.meant and "add_to_cart" not in acts
    if situation.table and acts & {"add_to_cart", "select"} and not onward:
        return _take(situation, acts)
    if "compare" in acts and situation.table and situation.placed and not changed:
        return Decision("answer", "a question about one of the products shown, answered from its record")
    if "compare" in acts and situation.table > 1 and not changed and not situation.further:
        return Decision("compare", "the shopper weighs the products shown")
    if "ask_product" in acts and situation.table and not situation.further and (not changed or situation.meant):
        return Decision("answer", "a question about a product shown, answered from its record")
    moved = situation.state.needs != situation.before.needs
    if acts & NEED_ACTS or situation.further or (moved and situation.state.active is not None):
        return _recommend(situation, acts, changed)
    if served or acts & {"greet", "thank_bye", "off_topic"}:
        return None
    if acts & {"ask_product", "select", "add_to_cart"} or (situation.state.active is not None and situation.found):
        return _recommend(situation, acts, changed)
    return None


def _wishes(state: State) -> list[tuple[str | None, tuple[Constraint, ...]]]:
    """What is wanted of which product, whichever need the last message was about."""
    return [(need.product, need.constraints) for need in state.needs]


def _take(situation: Situation, acts: set[Act]) -> Decision:
    act: Act = "add_to_cart" if "add_to_cart" in acts else "select"
    if situation.table > 1 and len(situation.meant) != 1:
        return Decision("ask", f"{act}: which of the products shown is not clear", ask="pick", asked=f"pick:{act}")
    if act == "add_to_cart":
        return Decision("basket", "the shopper wants it in the basket", "added")
    return Decision("basket", "the shopper picked one", "selected")


def _recommend(situation: Situation, acts: set[Act], changed: bool) -> Decision:
    need, found, question = situation.state.active, situation.found, situation.question
    if need is None or found is None or _nothing_said(need):
        return Decision("ask", "nothing is known yet of what they want", ask="product", asked="product")
    topic = _topic(situation, acts, changed)
    why = _because(situation, found)
    if not found.known or question is None:
        return Decision("recommend", why, topic)
    if question.ask == "product" and not _searchable(need):
        return Decision("ask", question.why, ask="product", asked=question.key)
    return Decision("recommend", f"{why}; asks, for {question.why}", topic, ask=question.ask, asked=question.key)


def _nothing_said(need: Need) -> bool:
    return need.product is None and not need.constraints


def _searchable(need: Need) -> bool:
    """Whether a need without a product says enough to look for something: more than a price or a number."""
    return need.product is not None or any(isinstance(c.value, str) and c.op == "is" for c in need.constraints)


def _topic(situation: Situation, acts: set[Act], changed: bool) -> str | None:
    if "reject" in acts:
        return "rejected"
    if changed and situation.before.needs and "refine_need" in acts:
        return "changed"
    return "more" if situation.others or situation.further else None


def _because(situation: Situation, found: Found) -> str:
    if not found.known:
        return f"the shop has nothing that is called {found.need.product!r}"
    if found.relaxed:
        gone = ", ".join(f"{c.attribute} {c.op} {c.value}" for c in found.relaxed)
        return f"no product meets every must; the fewest to give up: {gone}"
    said = "the need was read from clicks; " if situation.browsed else ""
    return f"{said}{found.total} products meet every must"


# --- chatting --------------------------------------------------------------------------------------------------


def _chat(situation: Situation, acts: set[Act]) -> Decision:
    if "off_topic" in acts:
        return Decision("chat", "not about shopping here", "off_topic")
    if "thank_bye" in acts:
        return Decision("chat", "the shopper thanks or takes leave", "thanks")
    if "greet" in acts:
        return Decision("chat", "only a greeting", "greeting")
    if "ask_human" in acts:
        return Decision("chat", "the shopper asked for a person, and an agent answers", "greeting")
    return Decision("chat", "nothing was read that can be acted on", "unclear")


def constrained(states: Sequence[State]) -> frozenset[str]:
    """Attributes that the shopper spoke of in any of these states; those no longer held were let go."""
    return frozenset(c.attribute for state in states for need in state.needs for c in need.constraints)
