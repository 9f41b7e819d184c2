"""Conversations to label, and a reader whose readings are known."""

from __future__ import annotations

from pathlib import Path

from assistant.errors import ModelError
from assistant.records import Added, Constraint, Conversation, Event, Item, Message, Named, Reading, Source, State
from finetune.conversations import write_conversations

BOOTS = "Hi! Waterproof hiking boots under 120 USD,\nnot black please"
CHEAPER = "make it 100 <b>now</b>"
HOSTILE = "<img src=x onerror=window.hacked=1> a kettle {{7*7}}"


def chat(identity: str, *said: str, **more: object) -> Conversation:
    """A conversation of shopper and assistant in turn."""
    roles = ("user", "assistant")
    messages = [Message(role=roles[i % 2], content=text) for i, text in enumerate(said)]  # type: ignore[arg-type]
    return Conversation.model_validate({"id": identity, "messages": messages, **more})


def chats(path: Path) -> Path:
    """A file of two conversations with three messages of shoppers."""
    viewed = Event(event_name="view_item", items=(Item(item_id="k", item_name="Brook 1"),))
    write_conversations(
        path, [chat("boots", BOOTS, "These fit.", CHEAPER, "Here you are."), chat("kettle", HOSTILE, events=(viewed,))]
    )
    return path


class KnownReader:
    """Opens a need with two constraints, the quote of one across a line's end; fails where it is told to."""

    def __init__(self) -> None:
        self.before: list[State] = []
        self.broken = False

    def read(self, state: State, conversation: Conversation) -> Reading:
        self.before.append(state)
        if self.broken:
            raise ModelError("out of memory")
        last = len(conversation.messages) - 1
        if conversation.messages[-1].content != BOOTS:
            return Reading(acts=("refine_need",), stage="comparing", active=0 if state.needs else None)
        rows = (
            ("price", "at_most", 120.0, "USD", "under 120 USD"),
            ("color", "is", "black", None, "USD,\nnot black"),
        )
        added = tuple(
            Added(
                need=0,
                constraint=Constraint.model_validate(
                    {"attribute": a, "op": op, "value": v, "unit": u, "source": Source(message=last, quote=q)}
                ),
            )
            for a, op, v, u, q in rows
        )
        named = (Named(need=0, product="hiking boots"),)
        return Reading(named=named, added=added, active=0, acts=("state_need", "greet"), stage="exploring")
