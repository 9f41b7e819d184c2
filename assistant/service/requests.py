"""What the service desk is asked to do, and what comes of it. Requests know no more fields than these."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assistant.errors import InvalidInput
from assistant.records import Citation, Record
from assistant.service.records import Address

ActionName = Literal[
    "cancel_order", "change_order_address", "change_customer_address", "change_items", "change_payment",
    "return_items", "exchange_items", "refund", "hand_over",
]
Role = Literal["customer", "assistant", "agent"]

Id = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(max_length=2000)]


class Strict(BaseModel):
    """Base of requests: frozen, and a field that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ItemChange(Strict):
    """One piece of an order and the variant that takes its place."""

    item_id: Id
    new_item_id: Id


class NewAddress(Strict):
    """An address as a customer gives it."""

    address1: Annotated[str, Field(min_length=1, max_length=200)]
    address2: Annotated[str, Field(max_length=200)] = ""
    city: Annotated[str, Field(min_length=1, max_length=100)]
    state: Annotated[str, Field(max_length=100)] = ""
    country: Annotated[str, Field(max_length=100)] = ""
    zip: Annotated[str, Field(min_length=1, max_length=20)]

    def record(self) -> Address:
        """The same as the desk keeps it."""
        return Address(**self.model_dump())


class CancelOrder(Strict):
    """Cancel a whole order. The reason is one that the shop's policy accepts."""

    name: Literal["cancel_order"] = "cancel_order"
    order_id: Id
    reason: Words


class ChangeOrderAddress(Strict):
    """Send a pending order elsewhere."""

    name: Literal["change_order_address"] = "change_order_address"
    order_id: Id
    address: NewAddress


class ChangeCustomerAddress(Strict):
    """Change the customer's default address."""

    name: Literal["change_customer_address"] = "change_customer_address"
    address: NewAddress


class ChangeItems(Strict):
    """Change pieces of a pending order to other variants of the same products; the difference is paid or refunded."""

    name: Literal["change_items"] = "change_items"
    order_id: Id
    changes: Annotated[tuple[ItemChange, ...], Field(min_length=1, max_length=100)]
    payment_method_id: Id


class ChangePayment(Strict):
    """Pay a pending order with another of the customer's means of payment."""

    name: Literal["change_payment"] = "change_payment"
    order_id: Id
    payment_method_id: Id


class ReturnItems(Strict):
    """Return pieces of a delivered order; an id given twice stands for two pieces."""

    name: Literal["return_items"] = "return_items"
    order_id: Id
    item_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=100)]
    payment_method_id: Id
    reason: Words = ""


class ExchangeItems(Strict):
    """Exchange pieces of a delivered order for other variants of the same products."""

    name: Literal["exchange_items"] = "exchange_items"
    order_id: Id
    changes: Annotated[tuple[ItemChange, ...], Field(min_length=1, max_length=100)]
    payment_method_id: Id
    reason: Words = ""


class Refund(Strict):
    """Pay money back without a return. `clause` is the id of the one that provides for it; an agent confirms."""

    name: Literal["refund"] = "refund"
    order_id: Id
    amount: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    payment_method_id: Id
    reason: Words
    clause: Words = ""


class HandOver(Strict):
    """Pass the customer on to a person, with a summary of what they need."""

    name: Literal["hand_over"] = "hand_over"
    summary: Words


Request = Annotated[
    CancelOrder | ChangeOrderAddress | ChangeCustomerAddress | ChangeItems | ChangePayment | ReturnItems
    | ExchangeItems | Refund | HandOver,
    Field(discriminator="name"),
]
_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)


def parse_request(data: Any) -> Request:
    """The request that JSON-like `data` is, `{"name": "cancel_order", ...}`. Raises `InvalidInput`."""
    try:
        return _REQUEST.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "request"
        raise InvalidInput(f"This is no request that the service desk knows: {where}: {first['msg']}.") from error


class Actor(Record):
    """Who asks: a customer for themselves, or the assistant or an agent on a customer's behalf."""

    role: Role
    id: str


class Refusal(Record):
    """Why a request is not carried out. `citation` quotes the clause that forbids it; without one, it is the desk
    itself that cannot (no such order), or the policy says nothing that covers it (`covered` is then false)."""

    reason: str
    citation: Citation | None = None
    covered: bool = True


class Proposal(Record):
    """A request that may be carried out once it is confirmed. `effects` say in words what will happen; `clauses`
    are those that bear on it, with conditions that no record can tell (unworn, seal unbroken)."""

    token: str
    customer_id: str
    request: Request
    effects: tuple[str, ...] = ()
    clauses: tuple[Citation, ...] = ()
    expires: str


class Outcome(Record):
    """What came of a confirmed request: done, or refused after all (the order changed in between), or declined."""

    status: Literal["done", "refused", "declined"]
    request: Request
    refusal: Refusal | None = None
    effects: tuple[str, ...] = ()
    audit_id: int | None = None


class AuditEntry(Record):
    """One line of the audit log. `before` and `after` hold the records that changed, by kind; `actor` asked for it and
    `confirmed_by` agreed."""

    id: int
    at: str
    event: Literal["proposed", "refused", "declined", "done"]
    actor: Actor
    confirmed_by: Actor | None = None
    customer_id: str
    order_id: str | None = None
    action: ActionName
    why: str = ""
    token: str | None = None
    request: dict[str, Any]
    refusal: Refusal | None = None
    before: dict[str, Any] = Field(default_factory=dict)
    after: dict[str, Any] = Field(default_factory=dict)
