"""What requests hold and answers look like. A field that is not known is refused here, and kept inside records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.records import Constraint, Conversation, Edit, Event, Message, Pick, Reply, State
from assistant.store import Feedback

MAX_EVENTS = 500
MAX_MESSAGES = 200
MAX_EDITS = 20


def _timed(event: Event) -> Event:
    if event.timestamp is not None:
        try:
            datetime.fromisoformat(event.timestamp)
        except ValueError:
            raise ValueError(f"timestamp must be ISO 8601, found {event.timestamp[:40]!r}") from None
    return event


CheckedEvent = Annotated[Event, AfterValidator(_timed)]
SessionId = Annotated[str, Field(max_length=64, description="An id that this API gave out")]
Events = Annotated[
    tuple[CheckedEvent, ...],
    Field(max_length=MAX_EVENTS, description="What the shopper did since the last message, oldest first"),
]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("the message is empty: write what you are looking for")
    return text


class Body(BaseModel):
    """Base of all request bodies: frozen, and a field that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NewSession(Body):
    """A session to begin."""

    user_id: str | None = Field(
        default=None, max_length=200, description="The shopper, as the shop knows them; only with the staff token"
    )


class SessionCreated(BaseModel):
    """The session that was begun."""

    session_id: str = Field(examples=["q1X0r3yJ5m8nUe2wKc7tVb4hLs9aPd6gZf0iRoYxEuM"])


class ChatRequest(Body):
    """A message of the shopper, and what they did since the last one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"message": "waterproof hiking boots under 120, not black"},
                {
                    "session_id": "q1X0r3yJ5m8nUe2wKc7tVb4hLs9aPd6gZf0iRoYxEuM",
                    "message": "what would you recommend?",
                    "events": [{"event_name": "view_item", "items": [{"item_id": "tent-0012"}]}],
                },
            ]
        }
    )

    session_id: SessionId | None = Field(default=None, description="Absent or null to begin a session")
    message: Annotated[str, AfterValidator(_not_blank)]
    events: Events = ()


class ChatReply(Reply):
    """A Reply, its session, and the index of its message there (what feedback refers to); without text and index
    while a person of the shop holds the conversation."""

    session_id: str
    message_index: int | None


class EventsRequest(Body):
    """What the shopper did, without a message."""

    session_id: SessionId
    events: Events = Field(min_length=1)


class Recorded(BaseModel):
    """How many events were kept."""

    recorded: int


class EditsRequest(Body):
    """Changes by hand to what the shopper needs, all or none of them. `undo` stands alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"edits": [{"action": "remove", "need": 0, "constraint": 2}]},
                {"edits": [{"action": "replace", "need": 0, "constraint": 0, "value": 150}]},
                {"edits": [{"action": "undo"}]},
            ]
        }
    )

    edits: tuple[Edit, ...] = Field(min_length=1, max_length=MAX_EDITS)


class BasketRequest(Body):
    """How many of a product are to be in the basket; 0 takes it out."""

    product_id: str = Field(min_length=1, max_length=500)
    quantity: int = Field(ge=0, le=9999, strict=True)


class FeedbackRequest(Body):
    """A thumb on one answer. `message_index` counts all messages of the session from 0."""

    session_id: SessionId
    message_index: int = Field(ge=0, le=1_000_000, strict=True)
    value: Literal["up", "down"]
    comment: str = Field(default="", max_length=2000)


class BasketLine(BaseModel):
    """A product in the basket."""

    product_id: str
    quantity: int


class SessionView(BaseModel):
    """A session as it stands. `replies` is by index of the assistant's message; `picks` are those on the table."""

    id: str
    user_id: str | None = None
    created: str
    updated: str
    revision: int
    holder: Literal["assistant", "agent"] = "assistant"
    messages: tuple[Message, ...]
    events: tuple[Event, ...]
    replies: dict[int, Reply]
    state: State
    picks: tuple[Pick, ...]
    relaxed: tuple[Constraint, ...]
    basket: tuple[BasketLine, ...]
    feedback: tuple[Feedback, ...]
    can_undo: bool


class ReadRequest(Conversation):
    """A whole conversation; only its messages and events are read."""

    id: str = ""
    messages: tuple[Message, ...] = Field(min_length=1, max_length=MAX_MESSAGES)
    events: tuple[CheckedEvent, ...] = Field(default=(), max_length=MAX_EVENTS)


class Health(BaseModel):
    """What runs here."""

    status: Literal["ok"]
    version: str
    shop: str
    products: int
    models: dict[str, str]
