"""What a label must be: FORMATS.md's rules for a State, checked against the conversation that it labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import ValidationError

from assistant.records import Constraint, Conversation, Source, State

NUMERIC = frozenset({"price", "rating", "quantity"})
CURRENCY = re.compile(r"^[A-Z]{3}$")
LABEL_KEYS = frozenset(State.model_fields)


class Fault(NamedTuple):
    """One broken rule: the field, and what was expected and found."""

    field: str
    message: str


def timeline(conversation: Conversation) -> Conversation:
    """The conversation without events later than its last message; where times are missing, all are kept."""
    last = conversation.messages[-1].timestamp if conversation.messages else None
    if last is None:
        return conversation
    known = tuple(e for e in conversation.events if e.timestamp is None or e.timestamp <= last)
    return conversation if len(known) == len(conversation.events) else conversation.model_copy(update={"events": known})


def label_faults(conversation: Conversation) -> list[Fault]:
    """Every way in which a conversation or its label breaks FORMATS.md; empty where it is sound.

    A label may hold only some of State's keys; those that it holds are checked. A conversation without a label
    needs an id and messages only.
    """
    faults = list(_conversation_faults(conversation))
    if conversation.label is None:
        return faults
    try:
        state = State.model_validate(conversation.label)
    except ValidationError as error:
        return faults + [
            Fault(".".join(["label", *map(str, e["loc"])]), f"{e['msg']}, found {str(e['input'])[:60]!r}")
            for e in error.errors()
        ]
    if not LABEL_KEYS & set(conversation.label):
        faults.append(Fault("label", f"expected some of {sorted(LABEL_KEYS)}, found {sorted(conversation.label)}"))
    for i, need in enumerate(state.needs):
        for j, constraint in enumerate(need.constraints):
            where = f"label.needs.{i}.constraints.{j}"
            faults += [Fault(f"{where}.{f.field}", f.message) for f in _constraint_faults(constraint, conversation)]
    return faults


def _conversation_faults(conversation: Conversation) -> Iterator[Fault]:
    if not conversation.id.strip():
        yield Fault("id", "expected a name, found nothing")
    if not conversation.messages:
        yield Fault("messages", "expected at least one message, found none")
    elif conversation.label is not None and all(m.role != "user" for m in conversation.messages):
        yield Fault("messages", "expected a message of the shopper (role user) for the label to be about, found none")


def _constraint_faults(constraint: Constraint, conversation: Conversation) -> Iterator[Fault]:
    value, attribute = constraint.value, constraint.attribute
    if attribute in NUMERIC and isinstance(value, str):
        yield Fault("value", f"expected a number for {attribute}, found {value!r}")
    if attribute not in NUMERIC and not isinstance(value, str):
        yield Fault("value", f"expected text for {attribute}, found {value!r}")
    if isinstance(value, str) and (not value.strip() or value != value.lower()):
        yield Fault("value", f"expected the shopper's words in lower case, found {value!r}")
    if attribute == "product" and constraint.op != "is_not":
        yield Fault("op", f"expected is_not for attribute product, found {constraint.op}")
    if constraint.unit is not None and (attribute != "price" or not CURRENCY.match(constraint.unit)):
        yield Fault("unit", f"expected an ISO 4217 currency on a price only, found {constraint.unit!r} on {attribute}")
    if constraint.source is None:
        yield Fault("source", "expected a message with a quote, or an event, found nothing")
    else:
        yield from _source_faults(constraint.source, constraint, conversation)


def _source_faults(source: Source, constraint: Constraint, conversation: Conversation) -> Iterator[Fault]:
    if (source.event is None) == (source.message is None):
        yield Fault("source", "expected either a message with a quote or an event, found both or neither")
    elif source.event is not None:
        if not 0 <= source.event < len(conversation.events):
            yield Fault("source.event", f"expected one of {len(conversation.events)} events, found {source.event}")
        if constraint.strength != "prefer":
            yield Fault("strength", "expected prefer for what was inferred from an event, found must")
    elif source.message is not None:
        count = len(conversation.messages)
        if not 0 <= source.message < count:
            yield Fault("source.message", f"expected one of {count} messages, found {source.message}")
        elif conversation.messages[source.message].role != "user":
            yield Fault("source.message", f"expected a message of the shopper, found {source.message} of another role")
        elif not source.quote or source.quote not in conversation.messages[source.message].content:
            yield Fault("source.quote", f"expected words of message {source.message}, found {source.quote!r}")
