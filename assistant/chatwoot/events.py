"""What a webhook means for the conversation: a contact wrote, a colleague wrote, who answers from now on, or nothing.

Chatwoot's layout, as its agent bots and account webhooks send it; of the many fields only those that matter are read.
A conversation is the assistant's while its status is `pending`, and a person's while it is `open` or `snoozed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

REFERENCE = "shopkeeper_post"
"""The key in `content_attributes` under which our own messages carry the id of their post."""

MESSAGE_TYPES = {"0": "incoming", "1": "outgoing"}
WITH_PERSON = frozenset({"open", "snoozed"})
WITH_ASSISTANT = frozenset({"pending", "resolved"})


def _number(value: object) -> object:
    """A moment as Chatwoot writes it, in seconds; other layouts of it are passed over."""
    return value if isinstance(value, int | float) else None


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Moment = Annotated[float | None, BeforeValidator(_number)]
Changes = Annotated[list[dict[str, Any]] | None, BeforeValidator(_listed)]


class Payload(BaseModel):
    """Base of what is read; unknown fields are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Account(Payload):
    """The account that a webhook is about."""

    id: int


class Sender(Payload):
    """Who wrote a message: a contact (mostly without a `type`), a `user` of Chatwoot, an `agent_bot`."""

    type: str | None = None
    identifier: str | None = None


class Meta(Payload):
    """Who a conversation is with and whose it is. `hmac_verified`: the shop vouches for the contact's identifier."""

    assignee: dict[str, Any] | None = None
    assignee_type: str | None = None
    hmac_verified: bool | None = None

    @property
    def with_person(self) -> bool:
        """Whether a person is assigned."""
        bot = self.assignee_type == "AgentBot" or (self.assignee or {}).get("type") == "agent_bot"
        return self.assignee is not None and not bot


class Conversation(Payload):
    """A conversation as it stood when the webhook was made; `updated_at` is in seconds since the epoch."""

    id: int
    status: str | None = None
    meta: Meta | None = None
    updated_at: Moment = None


class Webhook(Payload):
    """A webhook. Of a message the fields are those of the message; of a conversation, those of the conversation."""

    event: str
    account: Account | None = None
    id: int | None = None
    content: str | None = None
    message_type: str | None = None
    private: bool | None = None
    content_attributes: dict[str, Any] | None = None
    sender: Sender | None = None
    conversation: Conversation | None = None
    status: str | None = None
    meta: Meta | None = None
    updated_at: Moment = None
    changed_attributes: Changes = None

    @property
    def conversation_itself(self) -> Conversation | None:
        """The conversation of a webhook that is about one."""
        if self.id is None:
            return None
        return Conversation(id=self.id, status=self.status, meta=self.meta, updated_at=self.updated_at)

    def changed(self, name: str) -> tuple[Any] | None:
        """The new value of an attribute that changed, `None` where it did not."""
        found = (change[name] for change in self.changed_attributes or () if isinstance(change.get(name), dict))
        return next(((values.get("current_value"),) for values in found), None)


Answerer = Literal["assistant", "person"]


@dataclass(frozen=True)
class Heard:
    """The contact wrote. `answerer` is who answers as Chatwoot has it, `None` where it does not say; `assigned`: it is
    the assistant's, but a person is assigned, lately or in an earlier round. `user_id` is the shopper whom the shop
    vouches for."""

    conversation: int
    message_id: int
    text: str
    answerer: Answerer | None = None
    assigned: bool = False
    at: float | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class Spoken:
    """A person of the shop wrote to the contact; `pending`: the conversation is still the assistant's in Chatwoot."""

    conversation: int
    message_id: int
    text: str
    pending: bool = False
    at: float | None = None


@dataclass(frozen=True)
class Passed:
    """From now on the conversation is answered by `answerer`; `at` is when, in Chatwoot's time. `assigned`: by a person
    who was assigned while it stays pending."""

    conversation: int
    answerer: Answerer
    at: float | None = None
    assigned: bool = False


@dataclass(frozen=True)
class Returned:
    """Our own message came back, so Chatwoot has it; `post` is the id that it was sent with."""

    conversation: int
    post: int


Meaning = Heard | Spoken | Passed | Returned


def meaning(webhook: Webhook, account: int) -> Meaning | None:
    """What the webhook means; `None` where it means nothing to us: of another account, private, from a bot."""
    if webhook.account is not None and webhook.account.id != account:
        return None
    if webhook.event == "message_created":
        return _of_message(webhook)
    if webhook.event.startswith("conversation_") and (about := webhook.conversation_itself) is not None:
        return _of_conversation(webhook, about)
    return None


def _of_message(webhook: Webhook) -> Meaning | None:
    about, message_id = webhook.conversation, webhook.id
    if about is None or message_id is None or webhook.private:
        return None
    kind = MESSAGE_TYPES.get(webhook.message_type or "", webhook.message_type)
    sender, attributes = webhook.sender or Sender(), webhook.content_attributes or {}
    meta = about.meta or Meta()
    text = webhook.content or ""
    if kind == "incoming" and sender.type in (None, "contact"):
        user_id = sender.identifier if meta.hmac_verified else None
        answerer = _answerer(about)
        return Heard(about.id, message_id, text, answerer, meta.with_person, about.updated_at, user_id or None)
    if kind == "outgoing" and isinstance(post := attributes.get(REFERENCE), int):
        return Returned(about.id, post)
    if kind == "outgoing" and sender.type == "user" and not attributes.get("automation_rule_id"):
        return Spoken(about.id, message_id, text, about.status == "pending", about.updated_at)
    return None


def _answerer(about: Conversation) -> Answerer | None:
    """Who answers the next message, by the status alone."""
    if about.status in WITH_PERSON:
        return "person"
    return "assistant" if about.status == "pending" else None


def _of_conversation(webhook: Webhook, about: Conversation) -> Meaning | None:
    if webhook.event == "conversation_opened":
        return Passed(about.id, "person", about.updated_at)
    if webhook.event == "conversation_resolved":
        return Passed(about.id, "assistant", about.updated_at)
    if webhook.event == "conversation_status_changed" or webhook.changed("status") is not None:
        return _by_status(about)
    if webhook.event == "conversation_updated" and (assigned := webhook.changed("assignee_id")) is not None:
        return _by_assignee(about, assigned[0] is not None)
    return None


def _by_assignee(about: Conversation, assigned: bool) -> Passed | None:
    """Somebody was assigned just now, or nobody is any more."""
    if not assigned:
        return _by_status(about) if about.status == "pending" else None
    person = about.meta is not None and about.meta.with_person
    return Passed(about.id, "person", about.updated_at, about.status == "pending") if person else None


def _by_status(about: Conversation) -> Passed | None:
    if about.status in WITH_PERSON:
        return Passed(about.id, "person", about.updated_at)
    return Passed(about.id, "assistant", about.updated_at) if about.status in WITH_ASSISTANT else None
