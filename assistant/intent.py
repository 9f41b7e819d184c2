"""Purchase intent: how likely a shopper is to buy in this session, calibrated, and what speaks for and against it.

A logistic model whose features are all centred: a shopper of whom nothing is known gets the base rate, and what is
known moves the log-odds by its driver's effect. Trained by `finetune.train_intent`; where each weight comes from is in
the model's card. Needs no library of its own at run time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import ModelError
from assistant.records import Conversation, Driver, Event, Intent, State

VIEWS = frozenset({"view_item", "select_item"})
FILE = "config.json"
STRONGEST = 5
WORTH_TELLING = 0.01
LONGEST_LOOK = 300.0
STAGES = ("exploring", "comparing", "deciding", "after_purchase")
ACTS = ("ask_product", "ask_recommendation", "compare", "reject", "policy", "complaint")


class Feature(BaseModel):
    """One feature: what it adds to the log-odds is `weight * (value - mean)`. `source` says what it was trained on."""

    model_config = ConfigDict(frozen=True)

    name: str
    weight: float
    mean: float
    source: str

    def effect(self, value: float) -> float:
        """What this value adds to the log-odds."""
        return self.weight * (value - self.mean)


class IntentModel(BaseModel):
    """A trained intent model: the base rate in log-odds, and its features."""

    model_config = ConfigDict(frozen=True)

    base: float
    features: tuple[Feature, ...]

    @classmethod
    def load(cls, directory: str | Path) -> IntentModel:
        """The model in `directory`. Raises `ModelError`."""
        file = Path(directory) / FILE
        try:
            return cls.model_validate_json(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelError(f"No intent model at {file}. Train one with: shopkeeper train intent.") from None
        except (OSError, ValidationError) as error:
            raise ModelError(f"{file} is no intent model: {error}") from error

    def save(self, directory: str | Path) -> None:
        """Writes the model into `directory`."""
        Path(directory).mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.model_dump(mode="json"), indent=1)
        (Path(directory) / FILE).write_text(text + "\n", encoding="utf-8")

    def predict(self, conversation: Conversation, state: State) -> Intent:
        """The intent of the shopper behind a conversation, after `state` was read from it."""
        known = {**behaviour_features(conversation.events), **conversation_features(conversation, state)}
        return self.judge({**known, **said_to_buy(state)})

    def judge(self, values: dict[str, float]) -> Intent:
        """The intent for feature values by name; a feature that is absent is unknown and moves nothing."""
        known = [feature for feature in self.features if feature.name in values]
        known.sort(key=lambda feature: -abs(feature.effect(values[feature.name])))
        drivers = [
            Driver(name=f.name, value=round(values[f.name], 4), effect=round(f.effect(values[f.name]), 4))
            for f in known[:STRONGEST]
        ]
        strongest = tuple(driver for driver in drivers if abs(driver.effect) >= WORTH_TELLING)
        return Intent(probability=round(sigmoid(self.odds(values)), 6), drivers=strongest)

    def odds(self, values: dict[str, float]) -> float:
        """The log-odds of a purchase for feature values by name."""
        return self.base + sum(f.effect(values[f.name]) for f in self.features if f.name in values)


def behaviour_features(events: Sequence[Event]) -> dict[str, float]:
    """What the clicks of this session say, by feature name; empty where there are none, since nothing is known then.

    A purchase itself is no feature: it is what is predicted.
    """
    before = [event for event in events if event.event_name not in ("purchase", "refund")]
    if not before:
        return {}
    features = {
        "product views": math.log1p(sum(event.event_name in VIEWS for event in before)),
        "added to basket": float(any(event.event_name == "add_to_cart" for event in before)),
        "began checkout": float(any(event.event_name == "begin_checkout" for event in before)),
    }
    seconds = sum(_looks(before))
    if seconds > 0.0:
        features["minutes on products"] = math.log1p(seconds / 60.0)
    if (moment := _time(before[-1])) is not None:
        features["weekend"] = float(moment.weekday() >= 5)
    return features


def conversation_features(conversation: Conversation, state: State) -> dict[str, float]:
    """What the conversation says, by feature name; empty before the shopper's first message."""
    turns = sum(message.role == "user" for message in conversation.messages)
    if not turns:
        return {}
    constraints = sum(len(need.constraints) for need in state.needs)
    features = {"messages": math.log1p(turns), "things known of the need": math.log1p(constraints)}
    features |= {f"stage: {name}": float(state.stage == name) for name in STAGES}
    return features | {f"act: {name}": float(name in state.acts) for name in ACTS}


def said_to_buy(state: State) -> dict[str, float]:
    """Words that do what a click does: picking something for the basket, and going to pay."""
    said: dict[str, float] = {}
    if state.stage == "buying" or "add_to_cart" in state.acts:
        said["added to basket"] = 1.0
    if "checkout" in state.acts:
        said["began checkout"] = 1.0
    return said


def sigmoid(odds: float) -> float:
    """Log-odds as a probability."""
    return 1.0 / (1.0 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1.0 + math.exp(odds))


def _looks(events: Sequence[Event]) -> Iterator[float]:
    """Seconds spent on each product: as told, else until the next event, five minutes at most.

    Events that were all reported at once, with one time, tell nothing."""
    for event, following in zip(events, [*events[1:], None], strict=True):
        if event.event_name not in VIEWS:
            continue
        if event.engagement_time_msec is not None:
            yield event.engagement_time_msec / 1000.0
        elif following is not None and (start := _time(event)) and (end := _time(following)):
            yield min(LONGEST_LOOK, max(0.0, (end - start).total_seconds()))


def _time(event: Event) -> datetime | None:
    try:
        moment = datetime.fromisoformat(event.timestamp) if event.timestamp else None
    except ValueError:
        return None
    return moment.replace(tzinfo=None) if moment else None
