"""What the service desk can do next for a suggestion: the first form that the customer's words fill, what they asked
for that the policy forbids, and the clauses that decided either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.copilot.actions import ProposedAction, next_actions
from assistant.copilot.case import Case
from assistant.copilot.records import Forbidden, NextAction
from assistant.copilot.wishes import turns_of
from assistant.receipts import listed
from assistant.service.desk import ServiceDesk
from assistant.service.records import OrderItem
from assistant.service.requests import Request
from assistant.shop import Clause

ASKED: Mapping[str, str] = {
    "changes": "which other variant", "item_ids": "which items", "address": "the new address",
    "payment_method_id": "how to pay", "reason": "the reason",
    "order_id": "which order", "whole_order": "whether the whole order is meant",
}  # fmt: skip
"""What the customer is asked for where an argument is missing."""


@dataclass(frozen=True)
class NextStep:
    """What to do next, `None` where nothing can be; what is `forbidden` of all that was asked for, the latest first;
    the clauses that decide what the open request asks for, and whether they forbid it."""

    action: NextAction | None = None
    forbidden: tuple[Forbidden, ...] = ()
    clauses: tuple[Clause, ...] = ()
    refused: bool = False


def next_step(case: Case) -> NextStep:
    """What the customer asked for and the policy allows, complete forms before those that lack something, and what it
    forbids. Nothing where nobody is known. Handing over is no step: an agent looks already."""
    desk, asks = case.parts.desk, case.parts.asks
    if desk is None or asks is None or case.customer is None:
        return NextStep()
    proposed = [action for action in next_actions(desk, case.customer, turns_of(case.session), case.parts.encode, asks)
                if action.name != "hand_over"]  # fmt: skip
    allowed = sorted((a for a in proposed if a.refusal is None), key=lambda action: action.request is None)
    message = case.open.messages[-1].content if case.open is not None else ""
    now = [action for action in proposed if action.said in message]
    refused = any(action.refusal is not None for action in now)
    return NextStep(
        action=_next(allowed[0]) if allowed else None,
        forbidden=tuple(_forbidden(reversed(proposed))),
        clauses=_deciding(desk, now, refused=refused),
        refused=refused,
    )


def _next(action: ProposedAction) -> NextAction:
    asked = listed([ASKED.get(name, name.replace("_", " ")) for name in action.missing])
    lacks = f"; still to be asked: {asked}" if asked else ""
    arguments = {name: value for name, value in action.arguments.items() if value is not None and value != []}
    return NextAction(name=action.name, arguments=arguments, why=f"{action.why}{lacks}", missing=action.missing)


def _forbidden(actions: Iterable[ProposedAction]) -> Iterable[Forbidden]:
    for action in actions:
        if action.refusal is not None:
            yield Forbidden(name=action.name, reason=action.refusal.reason, citation=action.refusal.citation,
                            why=action.why)  # fmt: skip


def _deciding(desk: ServiceDesk, actions: Sequence[ProposedAction], *, refused: bool) -> tuple[Clause, ...]:
    """The clauses that forbid any of the actions, else those that bear on them."""
    if refused:
        cited = [a.refusal.citation for a in actions if a.refusal is not None]
    else:
        cited = [citation for action in actions if action.request is not None
                 for citation in desk.policy.bearing_on(action.name, _pieces(desk, action.request))]  # fmt: skip
    ids = dict.fromkeys(citation.id for citation in cited if citation is not None)
    return tuple(clause for id in ids if (clause := desk.policy.clause(id)) is not None)


def _pieces(desk: ServiceDesk, request: Request) -> tuple[OrderItem, ...]:
    """The pieces of the order that a request names; all of them where it names none."""
    order = desk.order(getattr(request, "order_id", ""))
    named = {*getattr(request, "item_ids", ()), *(change.item_id for change in getattr(request, "changes", ()))}
    return tuple(item for item in order.items if not named or item.item_id in named) if order is not None else ()
