"""Small states and labelled conversations."""

from __future__ import annotations

from assistant.records import Constraint, Conversation, Message, Need, State


def constraint(attribute: str = "color", op: str = "is", value: str | float = "blue", **more: object) -> Constraint:
    return Constraint.model_validate({"attribute": attribute, "op": op, "value": value} | more)


def need(product: str | None, *constraints: Constraint) -> Need:
    return Need(product=product, constraints=constraints)


def state(*needs: Need, **more: object) -> State:
    return State.model_validate({"needs": needs} | more)


def labelled(label: State, **kept: object) -> Conversation:
    content = label.model_dump(mode="json") | kept
    return Conversation(id="c", messages=(Message(role="user", content="blue boots"),), label=content)
