"""What a shop's own systems hold about customers, orders and products, as the service desk sees it. All frozen.

Amounts are in the order's currency, rounded to cents. Times are ISO 8601, UTC where no offset is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from assistant.records import Record

PaymentKind = Literal["gift_card", "credit_card", "paypal", "other"]

PENDING = "pending"
ITEMS_CHANGED = "pending (item modified)"
CANCELLED = "cancelled"
DELIVERED = "delivered"
RETURN_REQUESTED = "return requested"
EXCHANGE_REQUESTED = "exchange requested"


def cents(amount: float) -> float:
    """An amount without the noise of binary fractions, and without a negative zero."""
    return round(amount, 2) + 0.0


class Address(Record):
    """Where parcels go."""

    address1: str
    address2: str = ""
    city: str
    state: str = ""
    country: str = ""
    zip: str


class PaymentMethod(Record):
    """A customer's means of payment. `balance` is a gift card's, `None` where it is not known."""

    id: str
    kind: PaymentKind = "other"
    label: str = ""
    balance: float | None = None


class Customer(Record):
    """A customer's profile; `payment_methods` and `order_ids` in the order in which the shop lists them."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    address: Address | None = None
    payment_methods: tuple[PaymentMethod, ...] = ()
    order_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    def payment_method(self, method_id: str) -> PaymentMethod | None:
        """The customer's means of payment of that id."""
        return next((method for method in self.payment_methods if method.id == method_id), None)


class OrderItem(Record):
    """One piece in an order; two of a kind are two of these. `price` is what was paid for it."""

    item_id: str
    product_id: str = ""
    name: str = ""
    price: float = 0.0
    options: dict[str, str] = Field(default_factory=dict)
    category: str = ""


class Payment(Record):
    """Money that moved for an order."""

    kind: Literal["payment", "refund"]
    amount: float
    payment_method_id: str


class Shipment(Record):
    """A parcel: its tracking numbers and what is in it."""

    tracking_ids: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()


class Exchange(Record):
    """A requested exchange. A positive `price_difference` is for the customer to pay."""

    item_ids: tuple[str, ...]
    new_item_ids: tuple[str, ...]
    payment_method_id: str
    price_difference: float


class Return(Record):
    """A requested return, and where its refund goes."""

    item_ids: tuple[str, ...]
    payment_method_id: str


class Order(Record):
    """An order as it stands. `total` is what it comes to, whatever of it was refunded; `done` names the actions that
    were carried out on it, oldest first."""

    id: str
    customer_id: str
    address: Address | None = None
    items: tuple[OrderItem, ...] = ()
    status: str = "unknown"
    payments: tuple[Payment, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    currency: str | None = None
    total: float | None = None
    placed_at: str | None = None
    shipped_at: str | None = None
    delivered_at: str | None = None
    expected_at: str | None = None
    cancel_reason: str | None = None
    exchange: Exchange | None = None
    returned: Return | None = None
    done: tuple[str, ...] = ()

    @property
    def paid_with(self) -> str | None:
        """The means of payment that the order was first paid with."""
        return next((payment.payment_method_id for payment in self.payments if payment.kind == "payment"), None)

    @property
    def balance(self) -> float:
        """What was paid and not refunded."""
        return cents(sum(p.amount if p.kind == "payment" else -p.amount for p in self.payments))

    def item(self, item_id: str) -> OrderItem | None:
        """The first piece of that id."""
        return next((item for item in self.items if item.item_id == item_id), None)


class Variant(Record):
    """What a product is sold as: one choice of its options. `name` is its own, where the shop gives it one."""

    item_id: str
    name: str = ""
    options: dict[str, str] = Field(default_factory=dict)
    available: bool = True
    price: float = 0.0


class Product(Record):
    """A kind of product with its variants."""

    id: str
    name: str
    category: str = ""
    variants: tuple[Variant, ...] = ()

    def variant(self, item_id: str) -> Variant | None:
        """The variant of that item id."""
        return next((variant for variant in self.variants if variant.item_id == item_id), None)


@dataclass(frozen=True)
class DeskData:
    """The records of one desk."""

    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    products: tuple[Product, ...]
