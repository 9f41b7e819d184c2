"""A service action as a form: what it asks for, filled from a proposed request, and back into the request's layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from assistant.errors import InvalidInput
from assistant.records import Citation
from assistant.service import ServiceDesk
from assistant.service.records import Order, OrderItem, Variant
from assistant.service.requests import ActionName
from assistant.web.desk.context import CustomerContext

TITLES: dict[str, str] = {
    "cancel_order": "Cancel the order", "change_order_address": "Change where the order is sent",
    "change_customer_address": "Change the customer's address", "change_items": "Change items of the order",
    "change_payment": "Change how the order is paid", "return_items": "Return items",
    "exchange_items": "Exchange items", "refund": "Refund without a return", "hand_over": "Pass on to a colleague",
}  # fmt: skip
OF_ORDER: tuple[str, ...] = (
    "exchange_items", "return_items", "cancel_order", "change_items", "change_order_address", "change_payment",
    "refund",
)  # fmt: skip
ADDRESSES = frozenset({"change_order_address", "change_customer_address"})
SWAPS = frozenset({"change_items", "exchange_items"})
PAID = frozenset({"change_items", "exchange_items", "change_payment", "return_items", "refund"})
REASONED = frozenset({"cancel_order", "return_items", "exchange_items", "refund"})
ADDRESS_FIELDS = ("address1", "address2", "city", "state", "country", "zip")


@dataclass(frozen=True)
class Line:
    """One piece of an order, the variants it may be swapped for, and what the form has for it so far."""

    item: OrderItem
    variants: tuple[Variant, ...] = ()
    chosen: bool = False
    new_item_id: str = ""


@dataclass(frozen=True)
class ActionForm:
    """A form for one action. `values` are its fields of plain text, `reasons` those that the policy accepts,
    `clauses` what it says of this action and this order."""

    name: str
    title: str
    why: str = ""
    order: Order | None = None
    lines: tuple[Line, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    clauses: tuple[Citation, ...] = ()

    @property
    def has_address(self) -> bool:
        """Whether the form asks for an address."""
        return self.name in ADDRESSES

    @property
    def has_payment(self) -> bool:
        """Whether the form asks for a means of payment."""
        return self.name in PAID

    @property
    def has_reason(self) -> bool:
        """Whether the form asks for a reason."""
        return self.name in REASONED


def form_for(
    desk: ServiceDesk, context: CustomerContext, name: str, filled: Mapping[str, Any], why: str = ""
) -> ActionForm:
    """The form for action `name`, filled with the arguments that are known. Raises `InvalidInput` for an action that
    there is not, or an order that is not this customer's."""
    if name not in get_args(ActionName):
        raise InvalidInput(f"The service desk knows no action {name[:40]!r}.")
    order = context.order(str(filled.get("order_id", "")))
    if order is None and name in OF_ORDER:
        raise InvalidInput("Choose one of this customer's orders first.")
    about = (rule for rule in desk.policy.rules if rule.kind == "reason" and name in rule.actions)
    reasons = (reason for rule in about for reason in rule.reasons)
    return ActionForm(
        name=name, title=TITLES[name], why=why, order=order, lines=_lines(desk, name, order, filled),
        values=_values(context, name, order, filled), reasons=tuple(dict.fromkeys(reasons)),
        clauses=desk.policy.bearing_on(name, order.items if order is not None else ()),
    )  # fmt: skip


def request_from(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The request that a form's fields say, as `assistant.service.parse_request` takes it. Raises `InvalidInput` where
    no item was chosen.

    `fields` are as the browser sends them: text, but `item` and `swap` lists, the pieces and in the same order what
    each is swapped for ("" for a piece that stays).
    """
    request: dict[str, Any] = {"name": name}
    kept = ("order_id", "payment_method_id", "reason", "clause", "amount", "summary")
    request |= {field: value for field in kept if (value := str(fields.get(field, "")).strip())}
    if name in ADDRESSES:
        request["address"] = {field: str(fields.get(field, "")).strip() for field in ADDRESS_FIELDS}
    if name in SWAPS:
        swaps = zip(_listed(fields, "item"), _listed(fields, "swap"), strict=False)
        request["changes"] = [{"item_id": str(old), "new_item_id": str(new)} for old, new in swaps if new]
    if name == "return_items":
        request["item_ids"] = [str(item) for item in _listed(fields, "item")]
    if request.get("changes") == [] or request.get("item_ids") == []:
        raise InvalidInput("Choose at least one item first" + (", and what it becomes." if name in SWAPS else "."))
    return request


def _listed(fields: Mapping[str, Any], name: str) -> list[Any]:
    found = fields.get(name, [])
    return found if isinstance(found, list) else [found]


def _lines(desk: ServiceDesk, name: str, order: Order | None, filled: Mapping[str, Any]) -> tuple[Line, ...]:
    if order is None or name not in SWAPS | {"return_items"}:
        return ()
    returned = [str(item) for item in filled.get("item_ids", ())]
    changes = [(str(c.get("item_id", "")), str(c.get("new_item_id", ""))) for c in filled.get("changes", ())]
    lines = []
    for item in order.items:
        change = next((pair for pair in changes if pair[0] == item.item_id), None)
        chosen = item.item_id in returned
        if change is not None:
            changes.remove(change)
        if chosen:
            returned.remove(item.item_id)
        variants = _others(desk, item) if name in SWAPS else ()
        lines.append(Line(item, variants, chosen, change[1] if change is not None else ""))
    return tuple(lines)


def _others(desk: ServiceDesk, item: OrderItem) -> tuple[Variant, ...]:
    product = desk.product(item.product_id)
    return tuple(v for v in product.variants if v.item_id != item.item_id) if product is not None else ()


def _values(context: CustomerContext, name: str, order: Order | None, filled: Mapping[str, Any]) -> dict[str, str]:
    values = {key: str(value) for key, value in filled.items() if isinstance(value, str | int | float)}
    if name in ADDRESSES:
        known = order.address if order is not None else context.customer.address
        given = filled.get("address")
        address = known.model_dump() if known is not None else {}
        address |= given if isinstance(given, Mapping) else {}
        values |= {field: str(address.get(field) or "") for field in ADDRESS_FIELDS}
    if name in PAID and name != "change_payment" and order is not None:
        values.setdefault("payment_method_id", order.paid_with or "")
    return values
