"""Turns each decision into its plan: gathers the facts that the move needs from what the turn found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from assistant import plans
from assistant.behaviour import Behaviour
from assistant.build import Parts
from assistant.compare import Row
from assistant.offer import Offer
from assistant.ordering import extreme_in
from assistant.plans import BasketLine, Shown
from assistant.policy import Decision, Situation
from assistant.records import Constraint, Fact, Move, Pick, Plan
from assistant.search import is_extreme
from assistant.session import Session
from assistant.shop import Clause, Order
from assistant.statements import answer, similarity, subject
from assistant.tone import tone_of

MOST_COMPARED = 4


@dataclass(frozen=True)
class Materials:
    """What plans are made of: the turn's situation and all that was found for it."""

    parts: Parts
    session: Session
    situation: Situation
    message: str
    offer: Offer | None
    seen: Behaviour
    clauses: tuple[Clause, ...] = ()
    order: Order | None = None

    @property
    def currency(self) -> str:
        """The shop's currency."""
        return self.parts.settings.shop.currency

    @property
    def table(self) -> tuple[Shown, ...]:
        """The picks in view, with their products."""
        return plans.shown_of(self.session.picks, self.parts.index)

    @property
    def pointed_at(self) -> tuple[Shown, ...]:
        """The picks in view that the message points at, or all of them where it points at none."""
        table = self.table
        chosen = tuple(table[i] for i in self.situation.meant if i < len(table))
        return chosen or table


@dataclass(frozen=True)
class Composed:
    """A plan, the picks that are in view from now on (`None`: as before), and changes of the basket."""

    plan: Plan
    table: tuple[Pick, ...] | None = None
    basket: tuple[tuple[str, int], ...] = ()


def compose(decision: Decision, materials: Materials) -> Composed:
    """The plan that carries out a decision, in the shopper's tone."""
    composed = COMPOSERS[decision.move](decision, materials)
    tone = tone_of(materials.session.conversation)
    return replace(composed, plan=composed.plan.model_copy(update={"tone": tone}))


def _plan(
    decision: Decision,
    facts: Iterable[Fact] = (),
    picks: tuple[Pick, ...] = (),
    relaxed: tuple[Constraint, ...] = (),
    unknown: tuple[str, ...] = (),
) -> Plan:
    unique = {fact.key: fact for fact in facts}
    return Plan(
        move=decision.move,
        why=decision.why,
        topic=decision.topic,
        ask=decision.ask,
        facts=tuple(unique.values()),
        picks=picks,
        relaxed=relaxed,
        unknown=unknown,
    )


def _recommend(decision: Decision, materials: Materials) -> Composed:
    offer, currency = materials.offer, materials.currency
    if offer is None:
        return Composed(_plan(decision))
    found = offer.found
    if not found.known:
        alternative = materials.parts.nearest_kind(found.need.product or "")
        facts = list(plans.missing_facts(found, alternative))
        return Composed(_plan(decision, facts, unknown=(found.need.product or "",)), table=())
    shown = plans.shown_of(offer.picks, materials.parts.index)
    extreme = offer.ordering is not None and bool(shown) and is_extreme(shown[0].product, found, offer.ordering)
    facts = list(plans.need_facts(found.need, offer.ordering if extreme else None, currency, found.relaxed))
    facts += plans.relaxed_facts(found.relaxed, currency)
    if materials.situation.browsed:
        facts += plans.behaviour_facts(materials.seen)
    facts += plans.pick_facts(shown, currency)
    if decision.ask is not None:
        facts += plans.question_facts(materials.situation.question, currency)
    return Composed(_plan(decision, facts, offer.picks, found.relaxed), table=offer.picks)


def _ask(decision: Decision, materials: Materials) -> Composed:
    need = materials.situation.state.active
    facts = list(plans.need_facts(need, None, materials.currency)) if need else []
    return Composed(_plan(decision, facts))


def _answer(decision: Decision, materials: Materials) -> Composed:
    threshold = materials.parts.settings.conversation.answer_similarity
    encode, answers = materials.parts.encode, materials.parts.answers
    answered = [(s, answer(materials.message, s.product, encode, threshold, answers)) for s in materials.pointed_at]
    told = [(shown, found) for shown, found in answered if found] or answered[:1]
    facts: list[Fact] = []
    for place, (shown, found) in enumerate(told, start=1):
        facts += plans.answer_facts(place, shown, found, materials.currency)
    chosen = [shown for shown, _ in told]
    missing = () if any(found for _, found in told) else (subject(materials.message),)
    return Composed(_plan(decision, facts, tuple(shown.pick for shown in chosen), unknown=missing))


def _compare(decision: Decision, materials: Materials) -> Composed:
    chosen = materials.pointed_at if len(materials.pointed_at) > 1 else materials.table
    chosen = chosen[:MOST_COMPARED]
    by = extreme_in(materials.message)
    facts = list(plans.compare_facts(chosen, materials.currency, _asked_of(materials), by))
    return Composed(_plan(decision, facts, tuple(shown.pick for shown in chosen)))


def _asked_of(materials: Materials) -> Callable[[Row], bool]:
    """Whether a property is what the message asks about ("which of these is dishwasher safe?")."""
    threshold = materials.parts.settings.conversation.answer_similarity

    def asked(row: Row) -> bool:
        texts = [f"{row.label}: {value}" for value in row.values if value]
        return bool(texts) and float(similarity(materials.message, texts, materials.parts.encode).max()) >= threshold

    return asked


def _policy(decision: Decision, materials: Materials) -> Composed:
    if decision.topic == "none":
        return Composed(_plan(decision, unknown=(subject(materials.parts.shop.unnumbered(materials.message)),)))
    return Composed(_plan(decision, plans.policy_facts(materials.clauses)))


def _order(decision: Decision, materials: Materials) -> Composed:
    order = materials.order
    facts = list(plans.order_facts(order, materials.currency)) if order is not None else []
    if decision.topic in ("change", "return") and order is not None:
        facts += plans.policy_facts(materials.clauses)
    return Composed(_plan(decision, facts))


def _basket(decision: Decision, materials: Materials) -> Composed:
    held = materials.session.basket
    changes: dict[str, int] = {}
    touched = None
    picks: tuple[Pick, ...] = ()
    if decision.topic in ("added", "selected"):
        shown = materials.pointed_at[0]
        picks = (shown.pick,)
        quantity = _quantity(materials) if decision.topic == "added" else 0
        if quantity:
            changes = {shown.product.id: held.get(shown.product.id, 0) + quantity}
        touched = BasketLine(shown.product, changes.get(shown.product.id, 0))
    lines = _lines({**held, **changes}, materials.parts)
    facts = list(plans.basket_facts(lines, touched, materials.currency))
    if decision.topic == "added":
        facts += plans.next_facts(materials.situation.state)
    return Composed(_plan(decision, facts, picks), basket=tuple(changes.items()))


def _quantity(materials: Materials) -> int:
    """How many the shopper wants, as the active need says; one where it does not."""
    need = materials.situation.state.active
    wanted = [c.value for c in need.constraints if c.attribute == "quantity" and c.op == "is"] if need else []
    return max(1, int(wanted[-1])) if wanted and isinstance(wanted[-1], int | float) else 1


def _lines(basket: dict[str, int], parts: Parts) -> list[BasketLine]:
    products = ((parts.index.catalogue.get(product_id), quantity) for product_id, quantity in basket.items())
    return [BasketLine(product, quantity) for product, quantity in products if product is not None]


def _plain(decision: Decision, materials: Materials) -> Composed:
    return Composed(_plan(decision, [Fact(key="shop.name", text=materials.parts.shop.name)]))


COMPOSERS: dict[Move, Callable[[Decision, Materials], Composed]] = {
    "recommend": _recommend,
    "ask": _ask,
    "answer": _answer,
    "compare": _compare,
    "policy": _policy,
    "order": _order,
    "basket": _basket,
    "handover": _plain,
    "chat": _plain,
}
