"""Whose conversation it is: the customer in the shop's own systems, with their orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.service import ServiceDesk
from assistant.service.records import Customer, Order
from assistant.session import Session
from assistant.shop import emails_in


@dataclass(frozen=True)
class CustomerContext:
    """The customer of a conversation and their orders, newest first. `identified` tells a shopper whom the shop has
    signed in from one who only wrote an e-mail address, which the agent has yet to believe."""

    customer: Customer
    orders: tuple[Order, ...]
    identified: bool

    def order(self, order_id: str) -> Order | None:
        """The customer's order of that id."""
        return next((order for order in self.orders if order.id == order_id), None)


def customer_at(desk: ServiceDesk, addresses: Sequence[str]) -> Customer | None:
    """The customer of the last of these e-mail addresses that the shop knows."""
    found = (desk.customer_by_email(address) for address in reversed(addresses))
    return next((customer for customer in found if customer is not None), None)


def customer_of(desk: ServiceDesk | None, session: Session) -> CustomerContext | None:
    """The customer who is signed in, else the one whose e-mail address the shopper wrote last; `None` where neither is
    known to the shop. A shopper who is signed in as somebody unknown is not looked for by address."""
    if desk is None:
        return None
    if session.user_id is not None:
        customer = desk.customer(session.user_id)
    else:
        customer = customer_at(desk, emails_in(session.messages))
    if customer is None:
        return None
    orders = sorted(desk.orders(customer.id), key=lambda order: order.placed_at or "", reverse=True)
    return CustomerContext(customer, tuple(orders), session.user_id is not None)
