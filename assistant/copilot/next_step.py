"""The next best action at the service desk for a suggestion: the first form that the customer's words fill."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.copilot.actions import next_actions
from assistant.copilot.case import Case
from assistant.copilot.records import NextAction
from assistant.copilot.wishes import turns_of
from assistant.receipts import listed

ASKED: Mapping[str, str] = {
    "changes": "which other variant", "item_ids": "which items", "address": "the new address",
    "payment_method_id": "how to pay", "reason": "the reason",
    "order_id": "which order", "whole_order": "whether the whole order is meant",
}  # fmt: skip
"""What the customer is asked for where an argument is missing."""


def next_action(case: Case) -> NextAction | None:
    """What the customer asked for and the policy allows, complete forms before those that lack something; `None` where
    nobody is known, nothing was asked for, or all of it is forbidden. Handing over is none: an agent looks already."""
    desk, asks = case.parts.desk, case.parts.asks
    if desk is None or asks is None or case.customer is None:
        return None
    proposed = next_actions(desk, case.customer, turns_of(case.session), case.parts.encode, asks)
    allowed = (action for action in proposed if action.refusal is None and action.name != "hand_over")
    possible = sorted(allowed, key=lambda action: action.request is None)
    if not possible:
        return None
    first = possible[0]
    asked = listed([ASKED.get(name, name.replace("_", " ")) for name in first.missing])
    lacks = f"; still to be asked: {asked}" if asked else ""
    arguments = {name: value for name, value in first.arguments.items() if value is not None and value != []}
    return NextAction(name=first.name, arguments=arguments, why=f"{first.why}{lacks}", missing=first.missing)
