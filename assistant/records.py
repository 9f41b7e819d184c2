"""The records that stages of a turn exchange: FORMATS.md as types. All frozen; JSON in and out by pydantic."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from retrieval.conditions import Condition

Act = Literal[
    "greet", "state_need", "refine_need", "ask_recommendation", "ask_product", "compare", "select", "reject",
    "add_to_cart", "checkout", "order_status", "change_order", "return_refund", "policy", "complaint",
    "ask_human", "thank_bye", "off_topic",
]
SupportIntent = Literal[
    "cancel_order", "change_order", "change_shipping_address", "check_cancellation_fee", "check_invoice",
    "check_payment_methods", "check_refund_policy", "complaint", "contact_customer_service", "contact_human_agent",
    "create_account", "delete_account", "delivery_options", "delivery_period", "edit_account", "get_invoice",
    "get_refund", "newsletter_subscription", "payment_issue", "place_order", "recover_password",
    "registration_problems", "review", "set_up_shipping_address", "switch_account", "track_order", "track_refund",
]
"""What a customer asks of a service desk; the names are those of Bitext's customer-support set."""
Stage = Literal["exploring", "comparing", "deciding", "buying", "after_purchase"]
Strength = Literal["must", "prefer"]
Role = Literal["user", "assistant", "agent"]
Tone = Literal["neutral", "casual", "formal"]
EventName = Literal[
    "view_item_list", "view_item", "select_item", "search", "add_to_cart", "remove_from_cart",
    "add_to_wishlist", "begin_checkout", "purchase", "refund",
]


class Record(BaseModel):
    """Base of all records: frozen, and unknown fields are kept but ignored."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Item(Record):
    """One item of an event, in GA4's names."""

    item_id: str
    item_name: str | None = None
    item_brand: str | None = None
    item_category: str | None = None
    price: float | None = None
    quantity: int | None = None


class Event(Record):
    """One thing a shopper did in the shop. `timestamp` is ISO 8601."""

    event_name: EventName
    timestamp: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    items: tuple[Item, ...] = ()
    search_term: str | None = None
    engagement_time_msec: int | None = None


class Message(Record):
    """One message. `assistant` is the program, `agent` a human colleague."""

    role: Role
    content: str
    timestamp: str | None = None


class Source(Record):
    """Where a constraint comes from: an exact quote of a message, or an event; indices count from 0."""

    message: int | None = None
    quote: str | None = None
    event: int | None = None


class Constraint(Condition):
    """A condition that the shopper set, how strongly, from which words, and how sure the reader is (0 to 1)."""

    model_config = ConfigDict(frozen=True, extra="allow")

    strength: Strength = "must"
    source: Source | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)


class Need(Record):
    """One thing that the shopper wants. `product` is the kind of thing in their words, `None` if not said."""

    product: str | None = None
    active: bool = False
    constraints: tuple[Constraint, ...] = ()


class State(Record):
    """What holds after the last message. At most one need is active."""

    needs: tuple[Need, ...] = ()
    acts: tuple[Act, ...] = ()
    stage: Stage = "exploring"
    purchase_probability: float | None = Field(default=None, ge=0, le=1)

    @property
    def active(self) -> Need | None:
        """The need that the last message is about."""
        return next((need for need in self.needs if need.active), None)

    @model_validator(mode="after")
    def _one_active(self) -> State:
        if sum(need.active for need in self.needs) > 1:
            raise ValueError("at most one need is active: set \"active\" on the one the last message is about")
        return self


class Conversation(Record):
    """A chat with what happened beside it. A label may hold only some of State's keys; `label` is as in the file."""

    id: str
    messages: tuple[Message, ...]
    events: tuple[Event, ...] = ()
    label: dict[str, Any] | None = None


# --- what a reader reports -------------------------------------------------------------------------------------


class Ref(Record):
    """A constraint of the state before the message: its need and its place in it, both from 0."""

    need: int = Field(ge=0)
    constraint: int = Field(ge=0)


class Named(Record):
    """Need `need` is now called `product`. An index past the needs held opens a new need (`product` may be None)."""

    need: int = Field(ge=0)
    product: str | None = None


class Added(Record):
    """A constraint that the message sets, and the need it belongs to (held needs first, then new ones)."""

    need: int = Field(ge=0)
    constraint: Constraint


class Reading(Record):
    """What one shopper message changed, given the state before it. All indices refer to the state before it;
    needs that the message opens count on from there, in the order of `named`. Applied by `assistant.state.update`.
    `support` says more closely what is asked where the acts are those of after-sales or service.
    """

    closed: tuple[int, ...] = ()
    named: tuple[Named, ...] = ()
    dropped: tuple[Ref, ...] = ()
    softened: tuple[Ref, ...] = ()
    hardened: tuple[Ref, ...] = ()
    added: tuple[Added, ...] = ()
    active: int | None = None
    acts: tuple[Act, ...] = ()
    stage: Stage = "exploring"
    support: SupportIntent | None = None


# --- what a turn decides and says ------------------------------------------------------------------------------


class Reason(Record):
    """A receipt: why a product is picked. `field` and `value` are the product's own; `constraint` is
    `(need, constraint)` of the state, or `None` where the reason is no constraint (behaviour, reviews)."""

    kind: Literal["match", "tradeoff", "behaviour", "review"]
    text: str
    field: str
    value: str
    constraint: tuple[int, int] | None = None


class Pick(Record):
    """A recommended product with its receipts. `rank` counts from 1; `score` is higher for better, 0 to 1."""

    id: str
    rank: int
    score: float
    reasons: tuple[Reason, ...] = ()


class Citation(Record):
    """What a statement rests on: a policy clause, product field, order line or review, quoted exactly."""

    kind: Literal["policy", "product", "order", "review"]
    id: str
    quote: str


class Driver(Record):
    """One reason for a purchase probability: a feature, its value, and what it adds in log-odds."""

    name: str
    value: float
    effect: float


class Intent(Record):
    """How likely this shopper is to buy in this session: calibrated, with the main drivers, strongest first."""

    probability: float = Field(ge=0, le=1)
    drivers: tuple[Driver, ...] = ()


Move = Literal["recommend", "ask", "answer", "compare", "policy", "order", "basket", "handover", "chat", "note"]


class Fact(Record):
    """Something the reply may say, as a placeholder `{key}` that is filled with `text` from the record it is in.

    Keys: `1.title`, `1.price`, `1.rating`, `1.reason1`, `1.tradeoff1` … for pick 1; `policy1` for a clause's
    words; `order.status`; `need.product`; `need1` … for a constraint in words; `relaxed1` for one given up.
    """

    key: str
    text: str
    citation: Citation | None = None


class Plan(Record):
    """What the policy decided that the reply does, and all that it may say. `why` is kept for those who look."""

    move: Move
    why: str
    picks: tuple[Pick, ...] = ()
    facts: tuple[Fact, ...] = ()
    ask: str | None = None
    relaxed: tuple[Constraint, ...] = ()
    unknown: tuple[str, ...] = ()
    greet: bool = False
    tone: Tone = "neutral"
    topic: str | None = None
    """What the move is about where a move has several: one of `assistant.facts.TOPICS[move]`."""


class Reply(Record):
    """One turn of the assistant, as FORMATS.md has it, with what the policy decided and what it cites. `asked` is
    what its question is about, `rejected` the ids of the products that the shopper turned down in this turn."""

    text: str
    question: str | None = None
    state: State
    picks: tuple[Pick, ...] = ()
    relaxed: tuple[Constraint, ...] = ()
    handover: bool = False
    citations: tuple[Citation, ...] = ()
    move: Move = "chat"
    why: str = ""
    intent: Intent | None = None
    asked: str | None = None
    rejected: tuple[str, ...] = ()


class Edit(Record):
    """One change made by hand in the need card; `undo` takes back the last change of the state by hand."""

    action: Literal["remove", "replace", "strength", "add", "rename", "close", "activate", "undo"]
    need: int = Field(default=0, ge=0)
    constraint: int | None = Field(default=None, ge=0)
    attribute: str | None = None
    op: str | None = None
    value: str | float | None = Field(default=None, union_mode="left_to_right")
    unit: str | None = None
    strength: Strength | None = None
    product: str | None = None
