"""The shop as its own systems have it at this moment: what the service desk holds in place of what files said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assistant.records import Message
from assistant.service.desk import ServiceDesk
from assistant.service.records import Customer, OrderItem
from assistant.service.records import Order as DeskOrder
from assistant.shop import Customer as Owner
from assistant.shop import Order, Shop, emails_in, numbers_in
from assistant.shop import OrderItem as PastItem

MOST_NUMBERS = 200


def shop_now(shop: Shop, desk: ServiceDesk | None, user_id: str | None, messages: Sequence[Message]) -> Shop:
    """The shop with the policy and the orders of its service desk, as it is where it has none.

    `orders` are those that a conversation can be about: the shopper's own, who is signed in or wrote an e-mail address,
    and those whose numbers they wrote. Of an order that is somebody else's, nothing is in it but whose it is."""
    if desk is None:
        return shop
    orders = {order.id: past_order(order, whose) for whose in _shoppers(desk, user_id, messages)
              for order in desk.orders(whose.id)}  # fmt: skip
    if numbers := list(numbers_in(messages))[-MOST_NUMBERS:]:
        named = (order for order in desk.orders_numbered(numbers) if order.id not in orders)
        orders |= {order.id: Order(id=order.id, customer=Owner(id=order.customer_id)) for order in named}
    return shop.model_copy(update={"policies": desk.policy.clauses, "orders": orders})


def past_order(order: DeskOrder, customer: Customer) -> Order:
    """An order of the desk as the shopper is told of it."""
    return Order(
        id=order.id,
        customer=Owner(id=customer.id, name=customer.name, email=customer.email or None),
        status=order.status,
        items=tuple(_lines(order.items)),
        total=order.total if order.total is not None else order.balance or None,
        currency=order.currency,
        placed_at=order.placed_at,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        expected_at=order.expected_at,
        tracking_number=next((id for parcel in order.shipments for id in parcel.tracking_ids), None),
    )


def _shoppers(desk: ServiceDesk, user_id: str | None, messages: Iterable[Message]) -> Iterator[Customer]:
    """The customer who is signed in, else all those whose e-mail addresses the shopper wrote."""
    if user_id is not None:
        found = [desk.customer(user_id)]
    else:
        found = [desk.customer_by_email(address) for address in dict.fromkeys(emails_in(messages))]
    yield from (customer for customer in found if customer is not None)


def _lines(items: Sequence[OrderItem]) -> Iterator[PastItem]:
    """Pieces of one kind as one line."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item.item_id] = counts.get(item.item_id, 0) + 1
    first = {item.item_id: item for item in reversed(items)}
    for item_id, count in counts.items():
        piece = first[item_id]
        yield PastItem(
            item_id=item_id, title=piece.name or item_id, quantity=count, price=piece.price, options=piece.options
        )
