"""What a task's gold actions make of a fresh database: tau2's tools on plain JSON, and how two databases differ.

This is the yardstick, so it shares no code with the service desk that it judges. It departs from tau2's own tools in
two points: of several changed items, theirs gives each the price and options of the last one, this one its own; and a
reason to cancel is taken as the gold action gives it, since which are accepted is the shop's policy.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from finetune.copilot.tasks import GoldAction

Database = dict[str, Any]
SHOWN = 3


class ToolError(ValueError):
    """A tool refused: the database is as it was."""


def replay(database: Database, actions: Sequence[GoldAction]) -> tuple[Database, list[str]]:
    """The database after `actions`, and what was refused on the way; `database` itself stays as it is."""
    after = copy.deepcopy(database)
    problems = []
    for action in actions:
        tool = _TOOLS.get(action.name)
        if tool is None:
            continue
        try:
            tool(after, **action.arguments)
        except (ToolError, KeyError, TypeError) as error:
            problems.append(f"{action.name}: {error}")
    return after, problems


def differences(found: Database, expected: Database) -> list[str]:
    """Where users and orders of two databases differ, amounts compared to the cent; empty where they are the same."""
    return [line for part in ("users", "orders") for line in _differ(part, found[part], expected[part])]


def _differ(where: str, found: Any, expected: Any) -> Iterator[str]:
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in dict.fromkeys((*expected, *found)):
            yield from _differ(f"{where}.{key}", found.get(key), expected.get(key))
    elif isinstance(found, float | int) and isinstance(expected, float | int):
        if abs(found - expected) >= 0.005:
            yield f"{where} is {found:.2f}, expected {expected:.2f}"
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for i, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from _differ(f"{where}[{i}]", one, other)
    elif found != expected:
        yield f"{where} is {_short(found)}, expected {_short(expected)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


# --- the tools ---------------------------------------------------------------------------------------------------


def _order(database: Database, order_id: str, *statuses: str) -> Any:
    order = database["orders"][order_id]
    if order["status"] not in statuses:
        raise ToolError(f"order {order_id} is {order['status']}")
    return order


def _method(database: Database, order: Any, method_id: str) -> Any:
    methods = database["users"][order["user_id"]]["payment_methods"]
    if method_id not in methods:
        raise ToolError(f"payment method {method_id} is not the customer's")
    return methods[method_id]


def _pay(database: Database, order: Any, kind: str, amount: float, method_id: str) -> None:
    """Adds to the payment history and moves a gift card's balance."""
    method = _method(database, order, method_id)
    order["payment_history"].append(
        {"transaction_type": kind, "amount": amount, "payment_method_id": method_id}
    )
    if method["source"] == "gift_card":
        method["balance"] = round(method["balance"] + (amount if kind == "refund" else -amount), 2)


def _pieces(order: Any, item_ids: Sequence[str]) -> list[Any]:
    left = list(order["items"])
    found = []
    for item_id in item_ids:
        piece = next((item for item in left if item["item_id"] == item_id), None)
        if piece is None:
            raise ToolError(f"no item {item_id} left in the order")
        left.remove(piece)
        found.append(piece)
    return found


def _variants(database: Database, pieces: Sequence[Any], new_item_ids: Sequence[str]) -> list[Any]:
    if len(pieces) != len(new_item_ids):
        raise ToolError("as many new items as old ones are needed")
    found = []
    for piece, new in zip(pieces, new_item_ids, strict=True):
        variant = database["products"][piece["product_id"]]["variants"].get(new)
        if variant is None or not variant["available"]:
            raise ToolError(f"item {new} is not available")
        found.append(variant)
    return found


def _difference(
    database: Database, order: Any, pieces: Sequence[Any], variants: Sequence[Any], method_id: str
) -> float:
    extra = round(sum(new["price"] - old["price"] for old, new in zip(pieces, variants, strict=True)), 2)
    method = _method(database, order, method_id)
    if method["source"] == "gift_card" and method["balance"] < extra:
        raise ToolError("the gift card does not cover the difference")
    return extra


def _cancel(database: Database, order_id: str, reason: str) -> None:
    order = _order(database, order_id, "pending")
    for payment in list(order["payment_history"]):
        _pay(database, order, "refund", payment["amount"], payment["payment_method_id"])
    order.update(status="cancelled", cancel_reason=reason)


def _address(database: Database, order_id: str, **address: str) -> None:
    _order(database, order_id, "pending", "pending (item modified)")["address"] = dict(address)


def _user_address(database: Database, user_id: str, **address: str) -> None:
    database["users"][user_id]["address"] = dict(address)


def _items(database: Database, order_id: str, item_ids: list[str], new_item_ids: list[str],
           payment_method_id: str) -> None:
    order = _order(database, order_id, "pending")
    pieces = _pieces(order, item_ids)
    variants = _variants(database, pieces, new_item_ids)
    extra = _difference(database, order, pieces, variants, payment_method_id)
    _pay(database, order, "payment" if extra > 0 else "refund", abs(extra), payment_method_id)
    for piece, variant in zip(pieces, variants, strict=True):
        piece.update(item_id=variant["item_id"], price=variant["price"], options=dict(variant["options"]))
    order["status"] = "pending (item modified)"


def _payment(database: Database, order_id: str, payment_method_id: str) -> None:
    order = _order(database, order_id, "pending", "pending (item modified)")
    if len(order["payment_history"]) != 1 or order["payment_history"][0]["payment_method_id"] == payment_method_id:
        raise ToolError("only a single payment can be moved, and to another method")
    first = order["payment_history"][0]
    method = _method(database, order, payment_method_id)
    if method["source"] == "gift_card" and method["balance"] < first["amount"]:
        raise ToolError("the gift card does not cover the order")
    _pay(database, order, "payment", first["amount"], payment_method_id)
    _pay(database, order, "refund", first["amount"], first["payment_method_id"])


def _return(database: Database, order_id: str, item_ids: list[str], payment_method_id: str) -> None:
    order = _order(database, order_id, "delivered")
    method = _method(database, order, payment_method_id)
    if method["source"] != "gift_card" and payment_method_id != order["payment_history"][0]["payment_method_id"]:
        raise ToolError("a refund goes to the original payment method or a gift card")
    _pieces(order, item_ids)
    order.update(status="return requested", return_items=sorted(item_ids),
                 return_payment_method_id=payment_method_id)


def _exchange(database: Database, order_id: str, item_ids: list[str], new_item_ids: list[str],
              payment_method_id: str) -> None:
    order = _order(database, order_id, "delivered")
    pieces = _pieces(order, item_ids)
    variants = _variants(database, pieces, new_item_ids)
    extra = _difference(database, order, pieces, variants, payment_method_id)
    order.update(
        status="exchange requested", exchange_items=sorted(item_ids), exchange_new_items=sorted(new_item_ids),
        exchange_payment_method_id=payment_method_id, exchange_price_difference=extra,
    )  # fmt: skip


_TOOLS: dict[str, Any] = {
    "cancel_pending_order": _cancel,
    "modify_pending_order_address": _address,
    "modify_pending_order_items": _items,
    "modify_pending_order_payment": _payment,
    "modify_user_address": _user_address,
    "return_delivered_order_items": _return,
    "exchange_delivered_order_items": _exchange,
}
