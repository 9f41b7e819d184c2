"""The next actions for a customer: what they asked for, as forms filled from their own records and checked.

Nothing is done here. A complete form is a `Request` for the service desk, which checks it again, and which carries it
out only once somebody confirms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from assistant.copilot.mentions import (
    Piece,
    address_named,
    all_orders_named,
    method_named,
    orders_named,
    other_named,
    pieces_named,
    variant_named,
    without_names,
)
from assistant.copilot.wishes import Turn, Wish, nearest, wishes
from assistant.errors import InvalidInput
from assistant.reasons import Encode
from assistant.records import Record
from assistant.service.desk import ServiceDesk
from assistant.service.records import DELIVERED, PENDING, Customer, Order
from assistant.service.requests import ActionName, Refusal, Request, parse_request

Form = dict[str, Any]
SUMMARY = 500


class ProposedAction(Record):
    """One action with its form as far as it could be filled. `request` is the form where it is complete, `missing` what
    the customer has still to say, `refusal` why the policy does not allow it."""

    name: ActionName
    arguments: dict[str, Any] = Field(default_factory=dict)
    request: Request | None = None
    missing: tuple[str, ...] = ()
    why: str
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Case:
    """A customer at the desk: their records, and what helps to fill a form for them."""

    desk: ServiceDesk
    customer: Customer
    orders: tuple[Order, ...]
    encode: Encode
    turns: tuple[Turn, ...]

    @property
    def said(self) -> str:
        """All that they said."""
        return "\n".join(turn.text for turn in self.turns)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons for which the policy lets an order be cancelled; empty where any will do."""
        rules = [rule for rule in self.desk.policy.rules if rule.kind == "reason" and "cancel_order" in rule.actions]
        return tuple(reason for rule in rules for reason in rule.reasons)

    def with_status(self, status: str) -> tuple[Order, ...]:
        """Their orders of this status."""
        return tuple(order for order in self.orders if order.status == status)


def next_actions(desk: ServiceDesk, customer: Customer, turns: Sequence[Turn], encode: Encode) -> list[ProposedAction]:
    """What the customer's messages ask for, in their order; forms for one action on one order are one.

    `turns` are the customer's messages with the acts that the reader read in them."""
    case = Case(desk, customer, desk.orders(customer.id), encode, tuple(turns))
    forms: dict[tuple[ActionName, str], tuple[Form, Wish]] = {}
    found = wishes(
        turns, encode, about_own=lambda text: _points_at_own(case, text),
        another=lambda text: _names_another(case, text), plain=lambda text: without_names(text, case.orders),
    )  # fmt: skip
    for wish in found:
        for name, form in _FILLERS[wish.action](case, wish):
            key = (name, str(form.get("order_id", "")))
            known = forms.get(key)
            forms[key] = (_merged(known[0], form), known[1]) if known is not None else (form, wish)
    return [_checked(case, name, form, wish) for (name, _), (form, wish) in forms.items()]


def _points_at_own(case: Case, text: str) -> bool:
    """Whether the text names an order of the customer's, or something in one."""
    return bool(orders_named(text, case.orders) or pieces_named(text, case.orders))


def _names_another(case: Case, text: str) -> bool:
    """Whether the text names a variant of something in their orders that is not the one they have."""
    pieces = ((piece, case.desk.product(piece.item.product_id)) for piece in pieces_named(text, case.orders))
    return any(product is not None and other_named(piece.words, piece.item, product) for piece, product in pieces)


def _checked(case: Case, name: ActionName, form: Form, wish: Wish) -> ProposedAction:
    """The form as a request that the desk would take, or what is missing in it, or why it would not."""
    why = f"the customer said {wish.text[:160]!r} (read as {', '.join(wish.acts)}; likeness {wish.similarity:.2f})"
    missing = tuple(field for field, value in form.items() if value is None or value == [])
    if missing:
        return ProposedAction(name=name, arguments=form, missing=missing, why=why)
    try:
        request = parse_request({"name": name, **form})
    except InvalidInput as error:
        return ProposedAction(name=name, arguments=form, missing=("a form that the desk takes",), why=f"{why}; {error}")
    refusal = case.desk.check(case.customer.id, request)
    return ProposedAction(name=name, arguments=form, request=request, why=why, refusal=refusal)


def _merged(form: Form, more: Form) -> Form:
    """Two forms for one action on one order: lists are joined, and the later word counts for the rest."""
    merged = dict(form)
    for field, value in more.items():
        before = merged.get(field)
        if isinstance(before, list) and isinstance(value, list):
            merged[field] = before + [item for item in value if item not in before]
        elif value is not None:
            merged[field] = value
    return merged


# --- one filler an action ------------------------------------------------------------------------------------------

Filled = Iterator[tuple[ActionName, Form]]


def _cancel(case: Case, wish: Wish) -> Filled:
    """Pending orders: those named by number, or that hold what is named, or all; what is delivered is returned."""
    pending = case.with_status(PENDING)
    named = orders_named(wish.text, case.orders)
    holding = [order for order, _ in _by_order(pieces_named(wish.text, pending))]
    chosen = [o for o in named if o.status == PENDING] or (holding if not named else [])
    if not named and all_orders_named(wish.text):
        chosen = list(pending)
    for order in chosen or (pending if len(pending) == 1 and not named else ()):
        yield "cancel_order", {"order_id": order.id, "reason": _reason(case, wish)}
    if not chosen and (named or not pending):
        yield from _return(case, wish)


def _order_address(case: Case, wish: Wish) -> Filled:
    address = address_named(wish.text, case.customer, case.orders)
    pending = case.with_status(PENDING)
    named = [order for order in orders_named(wish.text, case.orders) if order.status == PENDING]
    everything = pending if all_orders_named(wish.text) else ()
    for order in named[:1] or everything or (pending if len(pending) == 1 else ()):
        if address is None or order.address != address:
            yield "change_order_address", {"order_id": order.id, "address": address and address.model_dump()}


def _customer_address(case: Case, wish: Wish) -> Filled:
    address = address_named(wish.text, case.customer, case.orders)
    if address != case.customer.address:
        yield "change_customer_address", {"address": address and address.model_dump()}


def _payment(case: Case, wish: Wish) -> Filled:
    method = method_named(wish.text, case.customer)
    for order in orders_named(wish.text, case.orders) or case.with_status(PENDING)[:1]:
        yield "change_payment", {"order_id": order.id, "payment_method_id": method and method.id}


def _return(case: Case, wish: Wish) -> Filled:
    for order, pieces in _by_order(_meant(case, wish, DELIVERED)):
        ids = [piece.item.item_id for piece in pieces]
        yield "return_items", {"order_id": order.id, "item_ids": ids, "payment_method_id": _method(case, order)}


def _swap(case: Case, wish: Wish) -> Filled:
    """Of delivered pieces an exchange, of pending ones a change of items."""
    first, second = (PENDING, DELIVERED) if wish.action == "change_items" else (DELIVERED, PENDING)
    meant = _meant(case, wish, first) or _meant(case, wish, second)
    for order, pieces in _by_order(meant):
        name: ActionName = "change_items" if order.status == PENDING else "exchange_items"
        changes = [change for piece in pieces if (change := _change(case, piece)) is not None]
        form = {"order_id": order.id, "changes": changes, "payment_method_id": _method(case, order)}
        yield name, form


def _hand_over(case: Case, wish: Wish) -> Filled:
    yield "hand_over", {"summary": wish.text[:SUMMARY]}


_FILLERS: dict[ActionName, Callable[[Case, Wish], Filled]] = {
    "cancel_order": _cancel,
    "change_order_address": _order_address,
    "change_customer_address": _customer_address,
    "change_payment": _payment,
    "return_items": _return,
    "change_items": _swap,
    "exchange_items": _swap,
    "hand_over": _hand_over,
}


# --- parts -------------------------------------------------------------------------------------------------------


def _meant(case: Case, wish: Wish, status: str) -> tuple[Piece, ...]:
    """The pieces that the message names, in the orders that it names, or in all of this status."""
    named = orders_named(wish.text, case.orders)
    return pieces_named(wish.text, [order for order in named or case.orders if order.status == status])


def _by_order(pieces: Sequence[Piece]) -> Iterator[tuple[Order, list[Piece]]]:
    for order in dict.fromkeys(piece.order.id for piece in pieces):
        own = [piece for piece in pieces if piece.order.id == order]
        yield own[0].order, own


def _change(case: Case, piece: Piece) -> Form | None:
    product = case.desk.product(piece.item.product_id)
    variant = variant_named(piece.words, piece.item, product) if product is not None else None
    return None if variant is None else {"item_id": piece.item.item_id, "new_item_id": variant.item_id}


def _reason(case: Case, wish: Wish) -> str | None:
    """The accepted reason that the message gives, or any other message does."""
    if not case.reasons:
        return wish.text[:SUMMARY]
    if (quoted := next((reason for reason in case.reasons if reason.lower() in case.said.lower()), None)) is not None:
        return quoted
    others = [turn.text for turn in case.turns]
    return nearest([wish.text], case.reasons, case.encode) or nearest(others, case.reasons, case.encode)


def _method(case: Case, order: Order) -> str | None:
    """The means of payment that the customer names, else the one that the order was paid with."""
    named = method_named(case.said, case.customer)
    return named.id if named is not None else order.paid_with
