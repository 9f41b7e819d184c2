"""What an allowed request does to the records: pure, from records to records, and what it does in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.receipts import money
from assistant.service.records import (
    CANCELLED,
    EXCHANGE_REQUESTED,
    ITEMS_CHANGED,
    RETURN_REQUESTED,
    Customer,
    Exchange,
    Order,
    OrderItem,
    Payment,
    Return,
    cents,
)
from assistant.service.requests import (
    CancelOrder,
    ChangeCustomerAddress,
    ChangeItems,
    ChangeOrderAddress,
    ChangePayment,
    ExchangeItems,
    HandOver,
    NewAddress,
    Refund,
    ReturnItems,
)
from assistant.service.rules import Case


@dataclass(frozen=True)
class Effect:
    """The customer and the order as they are after a request, and what happened, one sentence each."""

    customer: Customer
    order: Order | None
    said: tuple[str, ...]


def effect(case: Case) -> Effect:
    """What the request of `case`, which broke no rule, does."""
    return _EFFECTS[case.request.name](case, case.request)


def _cancel(case: Case, request: CancelOrder) -> Effect:
    order = _order(case)
    refunds = tuple(Payment(kind="refund", amount=left, payment_method_id=method_id)
                    for method_id, left in _paid(order).items() if left > 0)
    customer = case.customer
    for refund in refunds:
        customer = _credited(customer, refund.payment_method_id, refund.amount)
    changed = _changed(order, request.name, status=CANCELLED, cancel_reason=request.reason,
                       payments=order.payments + refunds)
    back = [f"{_money(case, r.amount)} goes back to {_method(case, r.payment_method_id)}." for r in refunds]
    return Effect(customer, changed, (f"Order {order.id} is cancelled ({request.reason.rstrip('.')}).", *back))


def _change_order_address(case: Case, request: ChangeOrderAddress) -> Effect:
    order = _order(case)
    changed = _changed(order, request.name, address=request.address.record())
    return Effect(case.customer, changed, (f"Order {order.id} goes to {_line(request.address)}.",))


def _change_customer_address(case: Case, request: ChangeCustomerAddress) -> Effect:
    customer = case.customer.model_copy(update={"address": request.address.record()})
    return Effect(customer, None, (f"The default address is now {_line(request.address)}.",))


def _change_items(case: Case, request: ChangeItems) -> Effect:
    order, difference = _order(case), case.difference
    paid = Payment(kind="payment" if difference > 0 else "refund", amount=abs(difference),
                   payment_method_id=request.payment_method_id)
    changed = _changed(order, request.name, items=_swapped(case, order.items), status=ITEMS_CHANGED,
                       payments=(*order.payments, paid),
                       total=None if order.total is None else cents(order.total + difference))
    customer = _credited(case.customer, request.payment_method_id, -difference)
    return Effect(customer, changed, (*_swaps_said(case), _difference_said(case, request.payment_method_id)))


def _change_payment(case: Case, request: ChangePayment) -> Effect:
    order = _order(case)
    before, amount = str(order.paid_with), order.balance
    moved = (Payment(kind="payment", amount=amount, payment_method_id=request.payment_method_id),
             Payment(kind="refund", amount=amount, payment_method_id=before))
    customer = _credited(case.customer, request.payment_method_id, -amount)
    customer = _credited(customer, before, amount)
    changed = _changed(order, request.name, payments=order.payments + moved)
    methods = f"{_method(case, request.payment_method_id)} instead of {_method(case, before)}"
    said = f"Order {order.id}, {_money(case, amount)}, is paid with {methods}."
    return Effect(customer, changed, (said,))


def _return_items(case: Case, request: ReturnItems) -> Effect:
    order = _order(case)
    asked = Return(item_ids=tuple(sorted(request.item_ids)), payment_method_id=request.payment_method_id)
    changed = _changed(order, request.name, status=RETURN_REQUESTED, returned=asked)
    back = cents(sum(piece.price for piece in case.pieces))
    names = ", ".join(piece.name or piece.item_id for piece in case.pieces)
    method = _method(case, request.payment_method_id)
    said = f"{names} of order {order.id} can be returned; {_money(case, back)} then goes to {method}."
    return Effect(case.customer, changed, (said,))


def _exchange_items(case: Case, request: ExchangeItems) -> Effect:
    order = _order(case)
    asked = Exchange(
        item_ids=tuple(sorted(swap.item.item_id for swap in case.swaps)),
        new_item_ids=tuple(sorted(swap.new_item_id for swap in case.swaps)),
        payment_method_id=request.payment_method_id,
        price_difference=case.difference,
    )
    changed = _changed(order, request.name, status=EXCHANGE_REQUESTED, exchange=asked)
    said = (*_swaps_said(case), _difference_said(case, request.payment_method_id))
    return Effect(case.customer, changed, said)


def _refund(case: Case, request: Refund) -> Effect:
    order, amount = _order(case), cents(request.amount)
    paid = Payment(kind="refund", amount=amount, payment_method_id=request.payment_method_id)
    customer = _credited(case.customer, request.payment_method_id, amount)
    changed = _changed(order, request.name, payments=(*order.payments, paid))
    method = _method(case, request.payment_method_id)
    said = f"{_money(case, amount)} of order {order.id} goes back to {method} ({request.reason.rstrip('.')})."
    return Effect(customer, changed, (said,))


def _hand_over(case: Case, request: HandOver) -> Effect:
    return Effect(case.customer, None, ("A person takes over.",))


_EFFECTS: dict[str, Callable[[Case, Any], Effect]] = {
    "cancel_order": _cancel,
    "change_order_address": _change_order_address,
    "change_customer_address": _change_customer_address,
    "change_items": _change_items,
    "change_payment": _change_payment,
    "return_items": _return_items,
    "exchange_items": _exchange_items,
    "refund": _refund,
    "hand_over": _hand_over,
}


# --- parts -------------------------------------------------------------------------------------------------------


def _order(case: Case) -> Order:
    assert case.order is not None, f"{case.request.name} is about an order"
    return case.order


def _paid(order: Order) -> dict[str, float]:
    """What each means of payment paid and did not get back."""
    paid: dict[str, float] = {}
    for payment in order.payments:
        amount = payment.amount if payment.kind == "payment" else -payment.amount
        paid[payment.payment_method_id] = cents(paid.get(payment.payment_method_id, 0.0) + amount)
    return paid


def _changed(order: Order, action: str, **fields: Any) -> Order:
    return order.model_copy(update={**fields, "done": (*order.done, action)})


def _credited(customer: Customer, method_id: str, amount: float) -> Customer:
    """A gift card's balance moves at once; other means of payment keep none here."""
    methods = tuple(
        method.model_copy(update={"balance": cents((method.balance or 0.0) + amount)})
        if method.id == method_id and method.kind == "gift_card" else method
        for method in customer.payment_methods
    )
    return customer.model_copy(update={"payment_methods": methods})


def _swapped(case: Case, items: Sequence[OrderItem]) -> tuple[OrderItem, ...]:
    changed = list(items)
    for swap in case.swaps:
        assert swap.variant is not None, "a variant that does not exist breaks a rule"
        place = changed.index(swap.item)
        changed[place] = swap.item.model_copy(
            update={"item_id": swap.new_item_id, "name": swap.variant.name or swap.item.name,
                    "price": swap.variant.price, "options": swap.variant.options}
        )  # fmt: skip
    return tuple(changed)


def _swaps_said(case: Case) -> tuple[str, ...]:
    return tuple(
        f"{swap.item.name or swap.item.item_id} ({_options(swap.item.options)}) becomes "
        f"{_options(swap.variant.options) if swap.variant else swap.new_item_id}."
        for swap in case.swaps
    )


def _difference_said(case: Case, method_id: str) -> str:
    if case.difference == 0:
        return "The price stays the same."
    verb = "is paid with" if case.difference > 0 else "goes back to"
    return f"The difference of {_money(case, abs(case.difference))} {verb} {_method(case, method_id)}."


def _money(case: Case, amount: float) -> str:
    """An amount in the order's currency, bare where it is not known."""
    currency = case.order.currency if case.order is not None else None
    return money(amount, currency) if currency else f"{amount:.2f}"


def _method(case: Case, method_id: str) -> str:
    """A means of payment as the customer knows it."""
    method = case.customer.payment_method(method_id)
    return method.label if method is not None and method.label else method_id


def _options(options: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in options.items()) or "no options"


def _line(address: NewAddress) -> str:
    place = f"{address.state} {address.zip}".strip()
    parts = (address.address1, address.address2, address.city, place, address.country)
    return ", ".join(part for part in parts if part)
