"""A shop's own systems behind one typed interface: looking up customers and orders, and acting on them by policy."""

from assistant.service.desk import ServiceDesk
from assistant.service.embedded import EmbeddedDesk
from assistant.service.policy import Policy
from assistant.service.requests import (
    Actor,
    AuditEntry,
    CancelOrder,
    ChangeCustomerAddress,
    ChangeItems,
    ChangeOrderAddress,
    ChangePayment,
    ExchangeItems,
    HandOver,
    ItemChange,
    NewAddress,
    Outcome,
    Proposal,
    Refund,
    Refusal,
    Request,
    ReturnItems,
    parse_request,
)

__all__ = [
    "Actor", "AuditEntry", "CancelOrder", "ChangeCustomerAddress", "ChangeItems", "ChangeOrderAddress",
    "ChangePayment", "EmbeddedDesk", "ExchangeItems", "HandOver", "ItemChange", "NewAddress", "Outcome", "Policy",
    "Proposal", "Refund", "Refusal", "Request", "ReturnItems", "ServiceDesk", "parse_request",
]
