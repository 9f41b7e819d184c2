"""One turn, without saving it and without its words: read, update, intent, search, rank, decide, plan."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from assistant.behaviour import behaviour
from assistant.build import Parts
from assistant.compose import Materials, compose
from assistant.offer import Offer, offer_for, with_browsed
from assistant.ordering import Ordering, comparative_in, ordered, singled_out
from assistant.policy import Decision, Identified, Situation, constrained, decide
from assistant.questions import Question, best_question
from assistant.records import Act, Intent, Pick, Plan, Reply, State
from assistant.search import Found, hard
from assistant.service.shop_now import shop_now
from assistant.session import Session, asked, read_last, rejected, shown
from assistant.shop import Clause, Order, emails_in
from assistant.state import resumed
from assistant.statements import clauses, meant, order_meant, placed, similarity
from retrieval.product import Product

OTHERS = ("show me other options", "something else instead", "do you have any more?", "what else is there?")
TAKING = frozenset({"select", "add_to_cart"})
FURTHER = (
    "cheaper", "anything smaller?", "do you have something lighter?", "a bit bigger please", "a cheaper one",
    "that is too expensive", "too big for me",
)  # fmt: skip
BETWEEN = (
    "which one is cheaper?",
    "which of these is lighter?",
    "is the first smaller than the second?",
    "why is it cheaper?",
)
ONE_OF_THESE = ("which one would you recommend?", "which is the best of these?", "what do you suggest?")
RULED = frozenset({"policy", "return_refund", "change_order"})
UNDER_WAY = frozenset({"pending", "pending (item modified)", "processed", "shipped", "in transit"})
QUESTION = re.compile(r"[^.!?\n]*\?")


@dataclass(frozen=True)
class Thought:
    """All that a turn settled before its words. `table` are the picks that stay in view after it; `basket` holds
    product ids with their new quantities."""

    state: State
    intent: Intent
    plans: tuple[Plan, ...]
    table: tuple[Pick, ...]
    asked: str | None = None
    rejected: tuple[str, ...] = ()
    basket: tuple[tuple[str, int], ...] = ()


def current(parts: Parts, session: Session) -> Parts:
    """The parts with policy and orders as the shop's own systems have them at this moment, for one session."""
    return replace(parts, shop=shop_now(parts.shop, parts.desk, session.user_id, session.messages))


def think(parts: Parts, session: Session, *, attended: bool = False, known: State | None = None) -> Thought:
    """What the reply to the session's last message, a shopper's, does and may say; `parts` are `current` for it.
    `attended`: an agent says it, who hands nothing over. `known` is the state after the message where it was read
    before, and perhaps corrected by hand since."""
    before, conversation = session.state, session.conversation
    message = conversation.messages[-1].content
    seen = behaviour(session.events, parts.index.catalogue)
    read = known if known is not None else resumed(read_last(parts.reader, session), before)
    state = with_browsed(read, seen)
    intent = parts.intent.predict(conversation, state)
    state = state.model_copy(update={"purchase_probability": intent.probability})

    table = _table(session, parts)
    meant_places = meant(message, table, _focus(session))
    if set(state.acts) & TAKING:
        meant_places = singled_out(message, table) or meant_places
    others = _wants_others(parts, state, before, message, table)
    further = _further(parts, message, table, meant_places or _in_view(session))
    gone = () if further else _turned_down(parts, state, before, table, meant_places)
    exclude = rejected(session) | set(gone) | (shown(session) if others else set())
    offer = offer_for(parts, state, seen, message, exclude | _ids(table) if further else exclude, further)
    orders, order = _order(parts, session, message)
    pending = _pending(session, message, orders, meant_places)
    named = orders == "yes" and order is not None and order.id in parts.shop.named_in(message)
    rules = _rules(parts, message, {*state.acts, pending}, named)

    situation = Situation(
        before=before,
        state=state,
        found=offer.found if offer else None,
        question=_question(parts, session, state, offer),
        table=len(table),
        meant=meant_places,
        orders=orders,
        clauses=len(rules),
        basket=sum(session.basket.values()),
        others=others,
        further=further is not None,
        placed=len(placed(message, len(table))) == 1,
        browsed=state.needs != read.needs,
        pending=pending,
        named=named,
        under_way=order is not None and order.status in UNDER_WAY,
        attended=attended,
    )
    decisions = decide(situation)
    materials = Materials(parts, session, situation, message, offer, seen, tuple(rules), order)
    return _settle(decisions, materials, intent, gone)


def hear(parts: Parts, session: Session) -> State:
    """The state after the session's last message, a shopper's, where nothing is to be said: an agent does."""
    conversation = session.conversation
    read = resumed(read_last(parts.reader, session), session.state)
    state = with_browsed(read, behaviour(session.events, parts.index.catalogue))
    return state.model_copy(update={"purchase_probability": parts.intent.predict(conversation, state).probability})


def silence(state: State) -> Reply:
    """The reply that says nothing, while an agent holds the conversation."""
    return Reply(text="", state=state, handover=True, move="handover", why="an agent holds the conversation")


def rank_again(parts: Parts, session: Session, state: State) -> tuple[tuple[Pick, ...], Found | None]:
    """The picks for a state that was changed by hand, and the search behind them."""
    seen = behaviour(session.events, parts.index.catalogue)
    message = next((m.content for m in reversed(session.messages) if m.role == "user"), "")
    offer = offer_for(parts, state, seen, message, rejected(session))
    return (offer.picks, offer.found) if offer else ((), None)


def reply_of(thought: Thought, text: str) -> Reply:
    """The reply that a thought and its words make."""
    plans = thought.plans
    questions = [found.strip() for found in QUESTION.findall(text)] if any(plan.ask for plan in plans) else []
    facts = [fact for plan in plans for fact in plan.facts if fact.citation is not None and fact.text in text]
    picks = {pick.id: pick for plan in plans for pick in plan.picks}
    return Reply(
        text=text,
        question=questions[-1] if questions else None,
        state=thought.state,
        picks=tuple(picks.values()),
        relaxed=tuple(dict.fromkeys(c for plan in plans for c in plan.relaxed)),
        handover=any(plan.move == "handover" for plan in plans),
        citations=tuple(dict.fromkeys(fact.citation for fact in facts if fact.citation is not None)),
        move=plans[0].move,
        why="; then ".join(plan.why for plan in plans),
        intent=thought.intent,
        asked=thought.asked,
        rejected=thought.rejected,
    )


# --- what the situation is ---------------------------------------------------------------------------------------


def _table(session: Session, parts: Parts) -> tuple[Product, ...]:
    products = (parts.index.catalogue.get(pick.id) for pick in session.picks)
    return tuple(product for product in products if product is not None)


def _focus(session: Session) -> int:
    """The place on the table of the product that the last reply was about, if it was about one; else the first."""
    last = _last_reply(session)
    if last is not None and len(last.picks) == 1:
        places = [i for i, pick in enumerate(session.picks) if pick.id == last.picks[0].id]
        return places[0] if places else 0
    return 0


def _in_view(session: Session) -> tuple[int, ...]:
    """The place of the product that the last reply was about, or all places where it was about several."""
    last = _last_reply(session)
    one = last is not None and len(last.picks) == 1
    return (_focus(session),) if one else tuple(range(len(session.picks)))


def _last_reply(session: Session) -> Reply | None:
    return session.replies[max(session.replies)] if session.replies else None


def _turned_down(
    parts: Parts, state: State, before: State, table: Sequence[Product], places: Sequence[int]
) -> tuple[str, ...]:
    """The products that the message turns down: those it points at, or all that are shown. Where it also compares
    them or takes one, or says a new condition that some of them fail, it turns down none by themselves."""
    if "reject" not in state.acts:
        return ()
    if places:
        return tuple(table[i].id for i in places)
    need = state.active
    if set(state.acts) & (TAKING | {"compare"}):
        return ()
    if need is not None and state.needs != before.needs:
        fitting = _ids(parts.index.allowed(need.product, hard(need)))
        if any(product.id not in fitting for product in table):
            return ()
    return tuple(product.id for product in table)


def _wants_others(parts: Parts, state: State, before: State, message: str, table: Sequence[Product]) -> bool:
    """Whether advice is sought on products other than these: by the kind of request that it is closest to."""
    if "ask_recommendation" not in state.acts or not table or state.needs != before.needs:
        return False
    scores = similarity(message, [*OTHERS, *ONE_OF_THESE], parts.encode)
    return float(scores[: len(OTHERS)].max()) > float(scores[len(OTHERS) :].max())


def _further(
    parts: Parts, message: str, table: Sequence[Product], places: Sequence[int]
) -> tuple[Ordering, Product] | None:
    """Where to go from which product shown, the furthest on of those at `places`, if the message asks for something
    cheaper, smaller and so on: by the kind of request that it is closest to."""
    ordering = comparative_in(message) if table else None
    chosen = [table[place] for place in places if place < len(table)]
    than = ordered(chosen, ordering)[0] if ordering is not None and chosen else None
    if ordering is None or than is None or ordering.key(than) is None:
        return None
    scores = similarity(message, [*FURTHER, *BETWEEN], parts.encode)
    if float(scores[: len(FURTHER)].max()) <= float(scores[len(FURTHER) :].max()):
        return None
    return ordering, than


def _ids(products: Sequence[Product]) -> set[str]:
    return {product.id for product in products}


def _question(parts: Parts, session: Session, state: State, offer: Offer | None) -> Question | None:
    need = state.active
    if offer is None or need is None or not offer.found.known:
        return None
    if offer.ordering is not None:
        return None
    past = [entry.state for entry in session.states]
    same = [State(needs=(held,)) for past_state in past for held in past_state.needs if held.product == need.product]
    return best_question(need, offer.found, constrained(same), asked(session), parts.settings.conversation)


def _order(parts: Parts, session: Session, message: str) -> tuple[Identified, Order | None]:
    """Whether the shopper may see an order, and which: the one they named last, or of a shopper whom the shop has
    identified the one with the things that they name, else the newest. An e-mail address alone opens nothing: anyone
    can type another's."""
    emails = emails_in(session.messages)
    own = parts.shop.orders_of(session.user_id, emails)
    words = [m.content for m in session.messages if m.role == "user"]
    named = next((ids[-1] for text in reversed(words) if (ids := parts.shop.named_in(text))), None)
    if named is not None and parts.shop.orders[named] in own:
        return "yes", parts.shop.orders[named]
    if named is None and own and session.user_id is not None:
        return "yes", order_meant(message, own)
    known = session.user_id is not None or (bool(emails) and named is not None)
    return ("no" if known else "unnamed"), None


def _rules(parts: Parts, message: str, acts: Collection[Act | None], named: bool) -> list[Clause]:
    """The policy clauses that bear on a message that asks for the rules or about an order; where it asks for the rules,
    or a question of an order that it names, those that answer it."""
    if not ((named and QUESTION.search(message)) or set(acts) & RULED):
        return []
    plainly = bool({"return_refund", "change_order"} & set(acts)) and "policy" not in acts
    threshold, answers = parts.settings.conversation.policy_similarity, None if plainly else parts.answers
    return clauses(parts.shop.unnumbered(message), parts.shop.policies, parts.encode, threshold, answers)


def _pending(session: Session, message: str, orders: Identified, places: Sequence[int]) -> Act | None:
    """The act that the last question left open, if this message settles it: an order made known, a product named."""
    last = _last_reply(session)
    if last is None or last.asked is None:
        return None
    about, _, act = last.asked.partition(":")
    if about == "order" and (orders != "unnamed"):
        return act  # type: ignore[return-value]
    return act if about == "pick" and len(places) == 1 else None  # type: ignore[return-value]


# --- what comes of it --------------------------------------------------------------------------------------------


def _settle(
    decisions: Sequence[Decision], materials: Materials, intent: Intent, gone: tuple[str, ...]
) -> Thought:
    composed = [compose(decision, materials) for decision in decisions]
    greet = "greet" in materials.situation.state.acts and not materials.session.replies
    plans = [part.plan for part in composed]
    plans[0] = plans[0].model_copy(update={"greet": greet})
    offered = next((part.table for part in composed if part.table is not None), None)
    return Thought(
        state=materials.situation.state,
        intent=intent,
        plans=tuple(plans),
        table=materials.session.picks if offered is None else offered,
        asked=next((decision.asked for decision in decisions if decision.asked is not None), None),
        rejected=gone,
        basket=tuple(change for part in composed for change in part.basket),
    )
