"""Purchase intent: the shipped model, its drivers, and what counts as known."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.intent import Feature, IntentModel, behaviour_features, sigmoid
from assistant.records import Conversation, Event, Message, State

SHIPPED = Path(__file__).resolve().parents[2] / "assistant" / "models" / "intent"
NOTHING = Conversation(id="c", messages=())


def chat(*events: Event) -> Conversation:
    return Conversation(id="c", messages=(Message(role="user", content="hello"),), events=events)


def event(name: str, at: str | None = None, **more: object) -> Event:
    return Event.model_validate({"event_name": name, "timestamp": at, "items": [{"item_id": "1"}], **more})


def test_who_is_unknown_gets_the_base_rate() -> None:
    model = IntentModel.load(SHIPPED)
    intent = model.predict(NOTHING, State())
    assert intent.probability == pytest.approx(sigmoid(model.base), abs=1e-5) and intent.drivers == ()


def test_basket_and_checkout_raise_it_by_click_or_in_words() -> None:
    model = IntentModel.load(SHIPPED)
    looking = model.predict(chat(event("view_item")), State())
    basket = model.predict(chat(event("view_item"), event("add_to_cart")), State())
    paying = model.predict(chat(event("view_item"), event("add_to_cart"), event("begin_checkout")), State())
    said = model.predict(chat(event("view_item")), State(acts=("checkout",), stage="buying"))
    assert looking.probability < basket.probability < paying.probability
    assert said.probability > basket.probability
    assert "began checkout" in {driver.name for driver in paying.drivers}


def test_drivers_are_strongest_first_and_add_up() -> None:
    features = (Feature(name="messages", weight=1.0, mean=0.0, source="t"),
                Feature(name="product views", weight=-2.0, mean=0.0, source="t"))
    intent = IntentModel(base=0.5, features=features).judge({"messages": 1.0, "product views": 1.0})
    assert [driver.name for driver in intent.drivers] == ["product views", "messages"]
    assert intent.probability == pytest.approx(sigmoid(0.5 + 1.0 - 2.0), abs=1e-5)


def test_a_purchase_is_no_feature_and_time_is_bounded() -> None:
    bought = behaviour_features([event("view_item", "2026-01-03T10:00:00Z"), event("purchase", "2026-01-03T12:00:00Z")])
    assert bought["product views"] > 0 and bought["weekend"] == 1.0 and "minutes on products" not in bought
    slow = behaviour_features([event("view_item", "2026-01-05T10:00:00Z"), event("view_item", "2026-01-06T10:00:00Z")])
    told = behaviour_features([event("view_item", engagement_time_msec=300_000)])
    assert slow["minutes on products"] == told["minutes on products"]
    assert behaviour_features([]) == {} and behaviour_features([event("purchase")]) == {}


def test_missing_or_broken_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="train intent"):
        IntentModel.load(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="no intent model"):
        IntentModel.load(tmp_path)
