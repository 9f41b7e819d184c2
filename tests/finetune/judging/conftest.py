"""A reader with a rule of its own, and labelled conversations that it gets right, half right and wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.records import Added, Constraint, Conversation, Named, Reading, State
from finetune.evaluate import Chain
from finetune.judging.models import Loaded, Model

COLORS = ("red", "blue", "green", "black")


class ColorReader:
    """Takes the first color of each first message for a wish for a kettle; counts what it read."""

    def __init__(self, confidence: float = 0.9) -> None:
        self.calls = 0
        self._confidence = confidence

    def read(self, state: State, conversation: Conversation) -> Reading:
        self.calls += 1
        text = conversation.messages[-1].content
        color = next((word for word in text.split() if word in COLORS), None)
        if color is None:
            return Reading(active=0 if state.needs else None, acts=("thank_bye",), stage="buying")
        source = {"message": len(conversation.messages) - 1, "quote": color}
        wish = {"attribute": "color", "op": "is", "value": color, "source": source, "confidence": self._confidence}
        added = (Added(need=0, constraint=Constraint.model_validate(wish)),)
        return Reading(named=(Named(need=0, product="kettle"),), added=added, active=0, acts=("state_need",))


def chat(id: str, text: str, color: str | None, *more: str, **extra: object) -> Conversation:
    """A conversation whose shopper wants a kettle of that color."""
    messages = [{"role": "user", "content": content} for content in (text, *more)]
    wish = {"attribute": "color", "op": "is", "value": color, "strength": "must",
            "source": {"message": 0, "quote": color}}  # fmt: skip
    needs = [{"product": "kettle", "active": True, "constraints": [wish] if color else []}]
    acts, stage = (["thank_bye"], "buying") if more else (["state_need"], "exploring")
    label = {"needs": needs, "acts": acts, "stage": stage}
    return Conversation.model_validate({"id": id, "messages": messages, "label": label | extra})


@pytest.fixture
def conversations() -> list[Chain]:
    """Eight conversations; the reader of `model` misses the color of every fourth."""
    chains: list[Chain] = []
    for i in range(8):
        color = COLORS[i % 4]
        if i % 4 == 3:
            chains.append([chat(f"c{i}", "an ochre kettle <script>", "ochre", purchase_probability=0)])
        else:
            begun = chat(f"c{i}.1", f"a {color} kettle", color)
            chains.append([begun, chat(f"c{i}.2", f"a {color} kettle", color, "thanks", purchase_probability=i % 2)])
    return chains


@pytest.fixture
def model() -> Callable[..., Model]:
    """Makes models under a name, each with a reader of its own."""

    def make(name: str = "colors", reader: object = None, fingerprint: str = "f1") -> Model:
        one = reader or ColorReader()
        return Model(name, f"the reader {name}", fingerprint, lambda: Loaded(one, lambda state, turn: 7))  # type: ignore[arg-type]

    return make
