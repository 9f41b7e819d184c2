"""The layout of tau2-bench's retail desk: `{"users", "orders", "products"}`, each an object by id. Read and written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.errors import ConfigError
from assistant.service.records import (
    Address,
    Customer,
    DeskData,
    Exchange,
    Order,
    OrderItem,
    Payment,
    PaymentMethod,
    Product,
    Return,
    Shipment,
    Variant,
)

KINDS = ("gift_card", "credit_card", "paypal")


def read_desk(path: Path) -> DeskData:
    """The desk in a JSON file, also gzipped. Raises `ConfigError` where it is not in this layout."""
    try:
        packed = path.read_bytes()
        data = json.loads(gzip.decompress(packed) if path.suffix == ".gz" else packed)
    except (OSError, EOFError, ValueError) as error:
        raise ConfigError(f"The desk {path} cannot be read as JSON: {error}") from error
    return desk_of(data, str(path))


def desk_of(data: Any, name: str = "the desk") -> DeskData:
    """The records of a desk that was read as JSON. Raises `ConfigError`, which names what was expected and found."""
    parts = {}
    for part in ("users", "orders", "products"):
        value = data.get(part) if isinstance(data, dict) else None
        if not isinstance(value, dict):
            raise ConfigError(f"{name}: expected an object of {part} by id, found {type(value).__name__}.")
        parts[part] = value
    try:
        return DeskData(
            customers=tuple(_customer(user) for user in parts["users"].values()),
            orders=tuple(_order(order) for order in parts["orders"].values()),
            products=tuple(_product(product) for product in parts["products"].values()),
        )
    except KeyError as error:
        raise ConfigError(f"{name}: a record lacks {error}.") from error
    except (ValidationError, TypeError, AttributeError) as error:
        raise ConfigError(f"{name} is not in tau2's layout: {str(error).splitlines()[0]}") from error


def as_json(customers: Iterable[Customer], orders: Iterable[Order]) -> dict[str, Any]:
    """Users and orders as tau2 writes them; products never change."""
    return {
        "users": {customer.id: _user_json(customer) for customer in customers},
        "orders": {order.id: _order_json(order) for order in orders},
    }


# --- reading -----------------------------------------------------------------------------------------------------


def _customer(user: Mapping[str, Any]) -> Customer:
    return Customer(
        id=user["user_id"],
        first_name=user["name"]["first_name"],
        last_name=user["name"]["last_name"],
        email=user["email"],
        address=Address(**user["address"]),
        payment_methods=tuple(_method(method) for method in user["payment_methods"].values()),
        order_ids=tuple(user["orders"]),
    )


def _method(method: Mapping[str, Any]) -> PaymentMethod:
    kind = method["source"]
    label = " ".join(str(method[key]) for key in ("brand", "last_four") if method.get(key))
    return PaymentMethod.model_validate(
        {"id": method["id"], "kind": kind if kind in KINDS else "other", "label": label,
         "balance": method.get("balance"), "given": dict(method)}
    )  # fmt: skip


def _order(order: Mapping[str, Any]) -> Order:
    return Order(
        id=order["order_id"],
        customer_id=order["user_id"],
        address=Address(**order["address"]),
        items=tuple(OrderItem(**item) for item in order["items"]),
        status=order["status"],
        payments=tuple(_payment(payment) for payment in order["payment_history"]),
        shipments=tuple(
            Shipment(tracking_ids=tuple(parcel["tracking_id"]), item_ids=tuple(parcel["item_ids"]))
            for parcel in order["fulfillments"]
        ),
        cancel_reason=order.get("cancel_reason"),
        exchange=_exchange(order),
        returned=_return(order),
    )


def _payment(payment: Mapping[str, Any]) -> Payment:
    return Payment(
        kind=payment["transaction_type"], amount=payment["amount"], payment_method_id=payment["payment_method_id"]
    )


def _exchange(order: Mapping[str, Any]) -> Exchange | None:
    if not order.get("exchange_items"):
        return None
    return Exchange(
        item_ids=tuple(order["exchange_items"]),
        new_item_ids=tuple(order["exchange_new_items"]),
        payment_method_id=order["exchange_payment_method_id"],
        price_difference=order["exchange_price_difference"],
    )


def _return(order: Mapping[str, Any]) -> Return | None:
    if not order.get("return_items"):
        return None
    return Return(item_ids=tuple(order["return_items"]), payment_method_id=order["return_payment_method_id"])


def _product(product: Mapping[str, Any]) -> Product:
    variants = tuple(Variant(**variant) for variant in product["variants"].values())
    return Product(id=product["product_id"], name=product["name"], variants=variants)


# --- writing -----------------------------------------------------------------------------------------------------


def _user_json(customer: Customer) -> dict[str, Any]:
    return {
        "user_id": customer.id,
        "name": {"first_name": customer.first_name, "last_name": customer.last_name},
        "address": None if customer.address is None else customer.address.model_dump(),
        "email": customer.email,
        "payment_methods": {method.id: _method_json(method) for method in customer.payment_methods},
        "orders": list(customer.order_ids),
    }


def _method_json(method: PaymentMethod) -> dict[str, Any]:
    given: dict[str, Any] = dict((method.model_extra or {}).get("given", {"source": method.kind, "id": method.id}))
    return given if method.balance is None else {**given, "balance": method.balance}


def _order_json(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "user_id": order.customer_id,
        "address": None if order.address is None else order.address.model_dump(),
        "items": [item.model_dump(exclude={"category"}) for item in order.items],
        "status": order.status,
        "fulfillments": [
            {"tracking_id": list(parcel.tracking_ids), "item_ids": list(parcel.item_ids)} for parcel in order.shipments
        ],
        "payment_history": [
            {"transaction_type": p.kind, "amount": p.amount, "payment_method_id": p.payment_method_id}
            for p in order.payments
        ],
        **dict(_taken_json(order)),
    }


def _taken_json(order: Order) -> Iterator[tuple[str, Any]]:
    """What tau2 writes into an order only once it has happened."""
    if order.cancel_reason is not None:
        yield "cancel_reason", order.cancel_reason
    if order.exchange is not None:
        yield "exchange_items", list(order.exchange.item_ids)
        yield "exchange_new_items", list(order.exchange.new_item_ids)
        yield "exchange_payment_method_id", order.exchange.payment_method_id
        yield "exchange_price_difference", order.exchange.price_difference
    if order.returned is not None:
        yield "return_items", list(order.returned.item_ids)
        yield "return_payment_method_id", order.returned.payment_method_id
