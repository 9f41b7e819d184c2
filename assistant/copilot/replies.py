"""Replies that an agent may send: the same plan in several tones, each fact with the record that it stands in."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence

from assistant.build import Parts
from assistant.copilot.records import SuggestedReply, Tone
from assistant.facts import offered
from assistant.plans import policy_facts
from assistant.receipts import listed
from assistant.records import Citation, Conversation, Fact, Plan
from assistant.shop import Clause, Shop
from assistant.writing import WritingError

LOG = logging.getLogger(__name__)

WRITTEN: tuple[Tone, ...] = ("neutral", "casual", "formal")
NOT_COVERED = "This is not covered by our policy."
NOT_POSSIBLE = "I am sorry, this is not possible."
ASKED_FOR = ("change", "return")
"""The topics of an order that something is asked for."""
MOST = 3
ORDER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "order.id": ("id",), "order.status": ("status",), "order.date": ("placed_at",),
    "order.delivery": ("delivered_at", "expected_at"), "order.tracking": ("tracking_number",),
    "order.total": ("total",),
}  # fmt: skip
"""The fields of an order's record that a fact about it tells, the first that is there."""


def replies(
    parts: Parts, plans: Sequence[Plan], conversation: Conversation, tones: Sequence[Tone], seconds: float,
    *, refused: bool = False,
) -> Iterator[SuggestedReply]:  # fmt: skip
    """One to three replies, the quickest first: a brief one of the records' own words where there are any, then those
    of the writer in `tones`. None but the first is begun once `seconds` have passed.

    A reply that states a clause cites it. Where the policy has none, every reply says so plainly; where it forbids what
    is asked for (`refused`), the brief one does."""
    begun = time.perf_counter()
    said: set[str] = set()
    if (brief := brief_reply(parts, plans, refused=refused)) is not None:
        said.add(brief.text)
        yield brief
    for tone in tones[: MOST - len(said)]:
        if said and time.perf_counter() - begun > seconds:
            return
        reply = written_reply(parts, plans, conversation, tone)
        if reply is not None and reply.text not in said:
            said.add(reply.text)
            yield reply


def written_reply(parts: Parts, plans: Sequence[Plan], conversation: Conversation, tone: Tone) -> SuggestedReply | None:
    """The reply that the writer phrases in a tone; `None` where nothing that it wrote could be verified. A model that
    fails otherwise, such as a server that is down, raises its `ModelError`."""
    try:
        texts = ["".join(parts.writer.write(_in_tone(plan, tone), conversation)) for plan in plans]
    except WritingError as error:
        LOG.info("No suggested reply in the tone %s: %s", tone, error)
        return None
    text = "\n\n".join(texts)
    if not _covered(plans):
        text = f"{NOT_COVERED} {text}"
    return SuggestedReply(text=text, tone=tone, citations=cited(text, plans, parts.shop), covered=_covered(plans))


def brief_reply(parts: Parts, plans: Sequence[Plan], *, refused: bool = False) -> SuggestedReply | None:
    """The facts of the plans in the records' own words, without a model; `None` for a plan that has none to tell."""
    text = " ".join(sentence for plan in plans for sentence in _brief(plan, refused))
    if not text:
        return None
    return SuggestedReply(text=text, tone="brief", citations=cited(text, plans, parts.shop), covered=_covered(plans))


def ruled(plans: Sequence[Plan], clauses: Sequence[Clause]) -> tuple[Plan, ...]:
    """The plans, of what is asked for an order with the clauses that decide it, where there are any, in place of those
    that are like the words."""
    if not clauses:
        return tuple(plans)
    deciding = tuple(policy_facts(clauses))
    return tuple(
        plan.model_copy(update={"facts": (*(f for f in plan.facts if not f.key.startswith("policy")), *deciding)})
        if plan.move == "order" and plan.topic in ASKED_FOR else plan
        for plan in plans
    )  # fmt: skip


def cited(text: str, plans: Sequence[Plan], shop: Shop) -> tuple[Citation, ...]:
    """What the text rests on: the record of each fact whose words it holds, quoted as it stands there."""
    facts = [fact for plan in plans for fact in plan.facts if fact.citation is not None and fact.text in text]
    return tuple(dict.fromkeys(citation for fact in facts for citation in _exact(fact, shop)))


def _exact(fact: Fact, shop: Shop) -> Iterator[Citation]:
    """The citation of a fact. Of an order, a fact tells what the record holds in other words (`on its way`); what is
    quoted is the record's own value, and a line of it by `ORDER/ITEM`."""
    citation = fact.citation
    if citation is None:
        return
    order = shop.orders.get(citation.id) if citation.kind == "order" else None
    if order is None:
        yield citation
    elif fact.key == "order.items":
        yield from (Citation(kind="order", id=f"{order.id}/{i.item_id}", quote=i.title) for i in order.items if i.title)
    else:
        values = [getattr(order, field) for field in ORDER_FIELDS.get(fact.key, ())]
        value = next((value for value in values if value is not None), None)
        if value is not None:
            yield Citation(kind="order", id=order.id, quote=str(value))


def _in_tone(plan: Plan, tone: Tone) -> Plan:
    return plan.model_copy(update={"tone": tone})


def _covered(plans: Sequence[Plan]) -> bool:
    return not any(plan.move == "policy" and plan.topic == "none" for plan in plans)


def _brief(plan: Plan, refused: bool) -> Iterator[str]:
    facts = {fact.key: fact for fact in offered(plan)}
    if plan.move == "policy" and plan.topic == "none":
        yield NOT_COVERED
    if plan.move == "order" and plan.topic == "not_found":
        yield "I cannot find that order among yours."
    if (order := facts.get("order.id")) is not None and (status := facts.get("order.status")) is not None:
        delivery = facts.get("order.delivery")
        delivered = f", {delivery.text}" if delivery is not None and not delivery.text.startswith(status.text) else ""
        yield f"Order {order.text} is {status.text}{delivered}."
    if refused and plan.topic in ASKED_FOR:
        yield NOT_POSSIBLE
    yield from (fact.text for key, fact in facts.items() if key in ("policy1", "policy2"))
    if plan.move == "recommend":
        yield from _offer(facts, plan)
    if plan.move == "answer":
        yield from (f"{_title(facts, key)}: {fact.text}." for key, fact in facts.items() if ".answer" in key)


def _offer(facts: dict[str, Fact], plan: Plan) -> Iterator[str]:
    named = []
    for place in range(1, len(plan.picks) + 1):
        title, price = facts.get(f"{place}.title"), facts.get(f"{place}.price")
        if title is not None:
            named.append(f"{title.text}{f' ({price.text})' if price is not None else ''}")
    if named:
        yield f"I can offer you {listed(named, 'or')}."


def _title(facts: dict[str, Fact], key: str) -> str:
    title = facts.get(f"{key.partition('.')[0]}.title")
    return title.text if title is not None else "It"
