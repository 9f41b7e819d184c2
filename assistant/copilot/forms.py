"""Forms of service actions, filled from a customer's words and their own records. `None` or an empty list stands for
what they have still to say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from assistant.copilot.asks import Ask
from assistant.copilot.given import address_meant, methods_meant, reason_given, refunded_elsewhere, variant_meant
from assistant.copilot.meant import Case, arrived, by_order, everything, pieces_before, pieces_meant, pieces_of
from assistant.copilot.mentions import all_orders_named, likeness, methods_named, orders_named
from assistant.copilot.pieces import Piece
from assistant.copilot.wishes import Wish
from assistant.service.records import DELIVERED, PENDING, Order
from assistant.service.requests import ActionName

Form = dict[str, Any]
Filled = Iterator[tuple[ActionName, Form]]
SUMMARY = 500
PART = re.compile(r"\b(?:items?|pieces?|things?|part)\b", re.IGNORECASE)
WITHIN = re.compile(r"\b(?:in|from|of|inside|out of|on)\s+(?:\w+\s+){0,4}(?:orders?|purchases?)\b|\binside it\b", re.I)
WHOLE = re.compile(r"\b(?:orders?|purchases?|everything|all|whole|entire)\b", re.IGNORECASE)


def _cancel(case: Case, wish: Wish) -> Filled:
    """Whole orders: those named by number, or that hold what is named, or all that are pending. Of an order of which
    only some pieces are to go, it is still to be said that the whole is meant."""
    named = orders_named(wish.text, case.orders)
    pending = case.with_status(PENDING)
    whole = all_orders_named(wish.text) or (not named and everything(wish.text))
    pieces = pieces_of(case, wish.said, named or pending)
    if not (pieces or named or whole):
        pieces = pieces_before(case, wish, PENDING)
    about = named or (pending if whole and not pieces else tuple(order for order, _ in by_order(pieces)))
    said_whole = not whole and WHOLE.search(WITHIN.sub(" ", wish.text)) is not None
    for order in about or (pending if len(pending) == 1 else ()):
        form: Form = {"order_id": order.id, "reason": reason_given(case, wish)}
        some = any(piece.order.id == order.id for piece in pieces) or PART.search(wish.text) is not None
        if some and not said_whole and not _complete(order, pieces):
            form["whole_order"] = None
        if refunded_elsewhere(case, wish, order):
            form["payment_method_id"] = None
        yield "cancel_order", form


def _complete(order: Order, pieces: Sequence[Piece]) -> bool:
    """Whether the pieces are all that the order holds."""
    return sum(piece.order.id == order.id for piece in pieces) == len(order.items)


def _order_address(case: Case, wish: Wish) -> Filled:
    """Pending orders that go elsewhere so far: those named by number, or all, or the only one."""
    address = address_meant(case, wish)
    pending = case.with_status(PENDING)
    named = [order for order in orders_named(wish.text, case.orders)[:1] if order.status == PENDING]
    described = [order for order in pending if order.address is not None and order.address != address
                 and any(likeness(text, order.address) for text in (wish.text, *wish.earlier[:1]))]  # fmt: skip
    elsewhere = [order for order in pending if address is None or order.address != address]
    if not named and not all_orders_named(wish.text):
        elsewhere = next((some for some in (elsewhere, described) if len(some) == 1), [])
        if not elsewhere and pending:
            yield "change_order_address", {"order_id": None, "address": address and address.model_dump()}
    for order in named or elsewhere:
        if address is None or order.address != address:
            yield "change_order_address", {"order_id": order.id, "address": address and address.model_dump()}


def _customer_address(case: Case, wish: Wish) -> Filled:
    """The profile's address; where it is to be what it is already, an order is meant to go there."""
    address = address_meant(case, wish)
    of_order = replace(wish, ask="order_address")
    same = address == case.customer.address or (address is None and address_meant(case, of_order) is not None)
    if same or all_orders_named(wish.text):
        yield from _order_address(case, of_order)
    if not same:
        yield "change_customer_address", {"address": address and address.model_dump()}


def _payment(case: Case, wish: Wish) -> Filled:
    pending = case.with_status(PENDING)
    for order in orders_named(wish.said, case.orders) or (pending if len(pending) == 1 else ()):
        named = tuple(method.id for method in methods_named(wish.said, case.customer, order.paid_with))
        others = tuple(method_id for method_id in named if method_id != order.paid_with)
        yield "change_payment", {"order_id": order.id, "payment_method_id": others or None}


def _return(case: Case, wish: Wish) -> Filled:
    pieces = pieces_meant(case, wish, DELIVERED, swap=False)
    if pieces is None:
        yield "return_items", {"order_id": None, "item_ids": []}
    for order, own in by_order(pieces or ()):
        ids = [piece.item.item_id for piece in own]
        methods = methods_meant(case, wish, order)
        yield "return_items", {"order_id": order.id, "item_ids": ids, "payment_method_id": methods}


def _swap(case: Case, wish: Wish) -> Filled:
    """Of pending pieces a change of items, of delivered ones an exchange; where pieces of both are named, those of the
    kind that is spoken of, or else none before it is said which."""
    pending, delivered = (pieces_meant(case, wish, status, swap=True) for status in (PENDING, DELIVERED))
    first, second = (delivered, pending) if arrived(wish) else (pending, delivered)
    pieces = first if first != () else second
    if pieces is None:
        numbered = {order.status for order in orders_named(wish.said, case.orders)}
        name: ActionName = "exchange_items" if arrived(wish) or numbered == {DELIVERED} else "change_items"
        yield name, {"order_id": None, "changes": []}
    for order, own in by_order(pieces or ()):
        name = "change_items" if order.status == PENDING else "exchange_items"
        wanted = [(piece, variant_meant(case, wish, piece)) for piece in own]
        changes = [
            {"item_id": piece.item.item_id, "new_item_id": None if variant is None else variant.item_id}
            for piece, variant in wanted
            if variant is None or variant.item_id != piece.item.item_id
        ]
        methods = methods_meant(case, wish, order)
        yield name, {"order_id": order.id, "changes": changes, "payment_method_id": methods}


def _hand_over(case: Case, wish: Wish) -> Filled:
    yield "hand_over", {"summary": wish.text[:SUMMARY]}


def _withdraw(case: Case, wish: Wish) -> Filled:
    return iter(())


FILLERS: dict[Ask, Callable[[Case, Wish], Filled]] = {
    "cancel": _cancel,
    "order_address": _order_address,
    "profile_address": _customer_address,
    "payment": _payment,
    "return": _return,
    "swap": _swap,
    "person": _hand_over,
    "withdraw": _withdraw,
}
"""One filler for each ask that is an action."""
