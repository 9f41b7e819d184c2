"""A request with the records that it is about, or why there are none such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from assistant.service.records import Customer, Order, OrderItem, Product
from assistant.service.requests import ItemChange, Refusal, Request
from assistant.service.rules import Case, Swap

FindOrder = Callable[[str], Order | None]
FindProduct = Callable[[str], Product | None]


def case_of(request: Request, customer: Customer, order_of: FindOrder, product_of: FindProduct,
            now: datetime) -> Case | Refusal:
    """The case that `request` of `customer` makes. An order, a piece or a means of payment that the customer does not
    have is refused here; whose an order is, and all else, is left to the rules.

    Of an order that is someone else's, nothing is looked up: the case then holds no pieces."""
    order_id = getattr(request, "order_id", None)
    order = order_of(order_id) if order_id is not None else None
    if order_id is not None and order is None:
        return Refusal(reason=f"There is no order {order_id[:80]!r}.")
    if order is not None and order.customer_id != customer.id:
        return Case(request, customer, order, now)
    method_id = getattr(request, "payment_method_id", None)
    method = customer.payment_method(method_id) if method_id is not None else None
    if method_id is not None and method is None:
        return Refusal(reason=f"The customer has no means of payment {method_id[:80]!r}.")
    changes: tuple[ItemChange, ...] = getattr(request, "changes", ())
    wanted = tuple(change.item_id for change in changes) or getattr(request, "item_ids", ())
    pieces = _pieces(order, wanted) if order is not None else ()
    if isinstance(pieces, Refusal):
        return pieces
    swaps = tuple(_swap(piece, change, product_of) for piece, change in zip(pieces, changes, strict=False))
    return Case(request, customer, order, now, pieces=pieces, swaps=swaps, method=method)


def _pieces(order: Order, wanted: Sequence[str]) -> tuple[OrderItem, ...] | Refusal:
    """One piece of the order for each id: the same id twice needs two pieces."""
    left = list(order.items)
    found = []
    for item_id in wanted:
        piece = next((item for item in left if item.item_id == item_id), None)
        if piece is None:
            more = " more" if order.item(item_id) is not None else ""
            return Refusal(reason=f"Order {order.id} holds no{more} item {item_id[:80]!r}.")
        left.remove(piece)
        found.append(piece)
    return tuple(found)


def _swap(piece: OrderItem, change: ItemChange, product_of: FindProduct) -> Swap:
    product = product_of(piece.product_id)
    return Swap(piece, change.new_item_id, product.variant(change.new_item_id) if product is not None else None)
