"""The desk of a shop that has only a catalogue and a file of past orders, such as the demo shop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from assistant.service.records import (
    Address,
    Customer,
    DeskData,
    Order,
    OrderItem,
    Payment,
    PaymentKind,
    PaymentMethod,
    Product,
    Shipment,
    Variant,
)
from assistant.shop import Order as PastOrder
from assistant.shop import Shop
from retrieval.product import Product as Listed

CHOICES = ("color", "size", "material")


def desk_data(shop: Shop, catalogue: Iterable[Listed]) -> DeskData:
    """The shop's customers, as its orders name them, its orders, and its products by group of variants.

    A customer's address is that of their newest order; a means of payment is one that an order was paid with. Whose
    customer has no id is known by their e-mail address; an order with neither is nobody's, and is left out. A record
    with several sizes is as many variants, with ids such as `boots-1/41`."""
    listed = {product.id: product for product in catalogue}
    owners = _owners(shop.orders.values())
    past = [order for order in shop.orders.values() if order.id in owners]
    past.sort(key=lambda order: order.placed_at or "")
    by_customer: dict[str, list[PastOrder]] = {}
    for order in past:
        by_customer.setdefault(owners[order.id], []).append(order)
    return DeskData(
        customers=tuple(_customer(customer_id, own) for customer_id, own in by_customer.items()),
        orders=tuple(_order(order, owners[order.id], listed) for order in past),
        products=tuple(_products(listed.values())),
    )


def _owners(orders: Iterable[PastOrder]) -> dict[str, str]:
    """The id of each order's customer: the shop's own, also where another order tells whose address it is."""
    orders = list(orders)
    ids = {_address_of(order): order.customer.id for order in orders if order.customer.id and order.customer.email}
    owners = {order.id: order.customer.id or ids.get(_address_of(order)) or _address_of(order) for order in orders}
    return {order_id: owner for order_id, owner in owners.items() if owner}


def _address_of(order: PastOrder) -> str:
    return (order.customer.email or "").strip().lower()


def _customer(customer_id: str, own: Sequence[PastOrder]) -> Customer:
    newest = own[-1]
    first, _, last = newest.customer.name.partition(" ")
    methods = {method.id: method for order in own if (method := _method(order)) is not None}
    return Customer(
        id=customer_id,
        first_name=first,
        last_name=last,
        email=newest.customer.email or "",
        address=_address(newest),
        payment_methods=tuple(methods.values()),
        order_ids=tuple(order.id for order in own),
    )


def _order(order: PastOrder, customer_id: str, listed: Mapping[str, Listed]) -> Order:
    items = tuple(_items(order, listed))
    method = _method(order)
    total = order.total if order.total is not None else sum(item.price for item in items)
    paid = (Payment(kind="payment", amount=total, payment_method_id=method.id),) if method is not None else ()
    parcel = Shipment(tracking_ids=(order.tracking_number or "",), item_ids=tuple(item.item_id for item in items))
    return Order(
        id=order.id,
        customer_id=customer_id,
        address=_address(order),
        items=items,
        status=order.status,
        payments=paid,
        shipments=(parcel,) if order.tracking_number else (),
        currency=order.currency,
        total=order.total,
        placed_at=order.placed_at,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        expected_at=order.expected_at,
    )


def _items(order: PastOrder, listed: Mapping[str, Listed]) -> Iterator[OrderItem]:
    """The pieces of an order: a quantity of two is two of them."""
    for line in order.items:
        product = listed.get(line.item_id)
        pieces = dict(_pieces(product)) if product is not None else {}
        sized = f"{line.item_id}/{line.options.get('size')}"
        known = _options(product) if product is not None else {}
        if len(pieces) > 1:
            known.pop("size", None)  # which of them was bought is not told by the record
        piece = OrderItem(
            item_id=sized if sized in pieces else line.item_id,
            product_id=_group(product) if product is not None else line.item_id,
            name=line.title,
            price=line.price or 0.0,
            options=pieces[sized] if sized in pieces else known | line.options,
            category=product.product_type if product is not None else "",
        )
        yield from [piece] * line.quantity


def _products(listed: Iterable[Listed]) -> Iterator[Product]:
    groups: dict[str, list[Listed]] = {}
    for product in listed:
        groups.setdefault(_group(product), []).append(product)
    for group, members in groups.items():
        variants = tuple(
            Variant(item_id=id, name=m.title, options=options, available=m.availability == "in_stock", price=m.amount)
            for m in members
            if m.amount is not None
            for id, options in _pieces(m)
        )
        yield Product(id=group, name=members[0].title, category=members[0].product_type, variants=variants)


def _group(product: Listed) -> str:
    return product.item_group_id or product.id


def _pieces(product: Listed) -> Iterator[tuple[str, dict[str, str]]]:
    """Id and options of what a record is sold as: itself, or one piece for each of its sizes."""
    options = _options(product)
    if len(product.size) < 2:
        yield product.id, options
        return
    yield from ((f"{product.id}/{size}", options | {"size": size}) for size in product.size)


def _options(product: Listed) -> dict[str, str]:
    return {choice: ", ".join(values) for choice in CHOICES if (values := getattr(product, choice))}


def _address(order: PastOrder) -> Address | None:
    given: Any = (order.model_extra or {}).get("shipping_address")
    if not isinstance(given, Mapping) or not given.get("street") or not given.get("zip"):
        return None
    parts = {name: str(given.get(name) or "") for name in ("city", "state", "country", "zip")}
    return Address(address1=str(given["street"]), **parts)


def _method(order: PastOrder) -> PaymentMethod | None:
    label = (order.model_extra or {}).get("payment")
    if not isinstance(label, str) or not label.strip():
        return None
    id = re.sub(r"\W+", "_", label.lower()).strip("_")
    return PaymentMethod(id=id, kind=_kind(label), label=label)


def _kind(label: str) -> PaymentKind:
    name = label.lower()
    if "gift" in name:
        return "gift_card"
    if "paypal" in name:
        return "paypal"
    return "credit_card" if "card" in name else "other"
