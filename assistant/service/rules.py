"""What a policy forbids, as data: one rule has a kind, the actions it bears on, and what it allows.

`broken` says in words how a request breaks a rule. Where the rule came from is not its business:
`assistant.service.derive` finds them in clauses, a shop may write them into a clause itself, and `DESK` holds those
that any desk needs to work at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from assistant.records import Record
from assistant.service.kinds import closeness
from assistant.service.records import (
    DELIVERED,
    ITEMS_CHANGED,
    PENDING,
    Customer,
    Order,
    OrderItem,
    PaymentMethod,
    Variant,
    cents,
)
from assistant.service.requests import ActionName, Refund, Request

Kind = Literal[
    "owner", "status", "reason", "once", "same_product", "available", "new_payment", "refund_method", "balance",
    "amount", "window", "never", "condition", "fee", "grant",
]
BEFORE_SHIPPING = (PENDING, ITEMS_CHANGED, "processed")
CHANGES: tuple[ActionName, ...] = ("change_order_address", "change_items", "change_payment")
SWAPS: tuple[ActionName, ...] = ("change_items", "exchange_items")
TAKEN_BACK: tuple[ActionName, ...] = ("return_items", "exchange_items")


class Rule(Record):
    """One rule. `clause` is the id of the clause that says so, `quote` its words; `None` for the desk's own rules.

    `statuses`: those an order may have. `reasons`: those that are accepted. `days`: how long after delivery.
    `categories`: the products it is about, all where empty, but not those in `excluding`. `methods`: where a refund
    may go, `original` or a kind of payment. `named`: of `actions` those that the clause speaks of, where it bears on
    the others only as long as no clause does that speaks of them."""

    kind: Kind
    actions: tuple[ActionName, ...]
    clause: str | None = None
    quote: str | None = None
    statuses: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    days: int | None = None
    categories: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    named: tuple[ActionName, ...] = ()


@dataclass(frozen=True)
class Swap:
    """A piece of an order and what is to take its place; `variant` is `None` where its product has none of that id."""

    item: OrderItem
    new_item_id: str
    variant: Variant | None


@dataclass(frozen=True)
class Case:
    """A request with the records that it is about. `pieces` are the pieces of the order that it names; `method` is
    the means of payment that it names."""

    request: Request
    customer: Customer
    order: Order | None
    now: datetime
    pieces: tuple[OrderItem, ...] = ()
    swaps: tuple[Swap, ...] = ()
    method: PaymentMethod | None = None

    @property
    def difference(self) -> float:
        """What the customer pays more for new variants; negative for a refund."""
        return cents(sum(swap.variant.price - swap.item.price for swap in self.swaps if swap.variant is not None))


def broken(rule: Rule, case: Case) -> str | None:
    """How the case breaks the rule, as a sentence; `None` where it does not, or the rule is not about it."""
    return _CHECKS[rule.kind](rule, case) if case.request.name in rule.actions else None


def about(rule: Rule, item: OrderItem) -> bool:
    """Whether a rule that names categories is about this piece; one that names none is about all but `excluding`."""
    if rule.categories:
        return closeness(item, rule.categories) > 0
    return closeness(item, rule.excluding) == 0


def governing(rules: Sequence[Rule], action: str, item: OrderItem) -> tuple[Rule, ...]:
    """Of these rules those that hold for an action on a piece: where some speak of the action itself only they, and of
    them those whose categories fit the piece most closely."""
    own = [rule for rule in rules if action in rule.actions and about(rule, item)]
    own = [rule for rule in own if action in (rule.named or rule.actions)] or own
    fits = {id(rule): closeness(item, rule.categories) for rule in own}
    return tuple(rule for rule in own if fits[id(rule)] == max(fits.values()))


# --- one check a kind --------------------------------------------------------------------------------------------


def _owner(rule: Rule, case: Case) -> str | None:
    if case.order is not None and case.order.customer_id != case.customer.id:
        return f"Order {case.order.id} is not this customer's."
    return None


def _status(rule: Rule, case: Case) -> str | None:
    if case.order is None or case.order.status in rule.statuses:
        return None
    return f"The status of order {case.order.id} is {case.order.status!r}; it has to be {_either(rule.statuses)}."


def _reason(rule: Rule, case: Case) -> str | None:
    given = getattr(case.request, "reason", "")
    if given in rule.reasons:
        return None
    return f"The reason has to be {_either(rule.reasons)}, not {given[:80]!r}."


def _once(rule: Rule, case: Case) -> str | None:
    if case.order is not None and case.request.name in case.order.done:
        return f"This was done on order {case.order.id} before, and it can be done only once."
    return None


def _same_product(rule: Rule, case: Case) -> str | None:
    for swap in case.swaps:
        if swap.variant is None:
            return f"{swap.new_item_id} is no variant of {swap.item.name or 'the same product'}."
        if swap.item.item_id == swap.new_item_id and case.request.name == "change_items":
            return f"{swap.new_item_id} is the variant that is in the order already."
    return None


def _available(rule: Rule, case: Case) -> str | None:
    gone = next((swap for swap in case.swaps if swap.variant is not None and not swap.variant.available), None)
    return f"{gone.item.name} {gone.new_item_id} is not available." if gone else None


def _new_payment(rule: Rule, case: Case) -> str | None:
    if case.order is None or case.method is None:
        return None
    paid = [payment for payment in case.order.payments if payment.kind == "payment"]
    if len(case.order.payments) != 1 or len(paid) != 1:
        return f"Order {case.order.id} was not paid in a single payment, which could be moved."
    if case.method.id == case.order.paid_with:
        return f"Order {case.order.id} is paid with {case.method.id} already."
    return None


def _refund_method(rule: Rule, case: Case) -> str | None:
    if case.order is None or case.method is None:
        return None
    original = "original" in rule.methods and case.method.id == case.order.paid_with
    if original or case.method.kind in rule.methods:
        return None
    return f"{case.method.id} is not where a refund of order {case.order.id} can go."


def _balance(rule: Rule, case: Case) -> str | None:
    if case.method is None or case.method.kind != "gift_card" or case.order is None:
        return None
    due = case.difference if case.swaps else case.order.balance
    if (case.method.balance or 0.0) < due:
        return f"The gift card {case.method.id} holds {case.method.balance or 0.0:.2f}; {due:.2f} is due."
    return None


def _amount(rule: Rule, case: Case) -> str | None:
    if case.order is None or not isinstance(case.request, Refund) or case.request.amount <= case.order.balance:
        return None
    return f"Of order {case.order.id}, {case.order.balance:.2f} can be refunded, not {case.request.amount:.2f}."


def _window(rule: Rule, case: Case) -> str | None:
    if case.order is None or rule.days is None or not any(about(rule, piece) for piece in case.pieces):
        return None
    if case.order.delivered_at is None:
        return f"When order {case.order.id} was delivered is not known, so a person has to decide."
    delivered = datetime.fromisoformat(case.order.delivered_at)
    delivered = delivered if delivered.tzinfo else delivered.replace(tzinfo=UTC)
    if case.now <= delivered + timedelta(days=rule.days):
        return None
    late = next(piece for piece in case.pieces if about(rule, piece))
    day = f"{delivered.day} {delivered:%B %Y}"
    return f"{late.name or late.item_id} was delivered on {day}, more than {rule.days} days ago."


def _never(rule: Rule, case: Case) -> str | None:
    piece = next((piece for piece in case.pieces if about(rule, piece)), None)
    return f"{piece.name or piece.item_id} cannot be taken back." if piece else None


def _stated(rule: Rule, case: Case) -> str | None:
    """What only a person can tell (unworn, seal unbroken), or what allows rather than forbids: shown, never broken."""
    return None


_CHECKS: dict[Kind, Callable[[Rule, Case], str | None]] = {
    "owner": _owner,
    "status": _status,
    "reason": _reason,
    "once": _once,
    "same_product": _same_product,
    "available": _available,
    "new_payment": _new_payment,
    "refund_method": _refund_method,
    "balance": _balance,
    "amount": _amount,
    "window": _window,
    "never": _never,
    "condition": _stated,
    "fee": _stated,
    "grant": _stated,
}
KINDS = tuple(_CHECKS)
"""All kinds, in the order in which they are checked: the first that is broken is the one told."""

DESK: tuple[Rule, ...] = (
    Rule(kind="owner", actions=("cancel_order", *CHANGES, *TAKEN_BACK, "refund")),
    Rule(kind="status", actions=("cancel_order", "change_items", "change_payment"), statuses=(PENDING, ITEMS_CHANGED)),
    Rule(kind="status", actions=("change_order_address",), statuses=BEFORE_SHIPPING),
    Rule(kind="status", actions=("return_items", "exchange_items"), statuses=(DELIVERED,)),
    Rule(kind="same_product", actions=SWAPS),
    Rule(kind="available", actions=SWAPS),
    Rule(kind="new_payment", actions=("change_payment",)),
    Rule(kind="refund_method", actions=("refund", "return_items"), methods=("original", "gift_card")),
    Rule(kind="balance", actions=(*SWAPS, "change_payment")),
    Rule(kind="amount", actions=("refund",)),
)
"""What no policy can waive: without these an order, a variant or an amount would not add up."""


def _either(choices: Sequence[str]) -> str:
    quoted = [repr(choice) for choice in choices]
    return " or ".join(quoted) if len(quoted) < 3 else f"one of {', '.join(quoted)}"
