"""A source must be there, and must say what the constraint says."""

from __future__ import annotations

import pytest

from assistant.records import Conversation
from finetune.evidence import carries, numbers, stands, supports
from tests.finetune.states import constraint

CHAT = Conversation.model_validate({
    "id": "c",
    "messages": [
        {"role": "user", "content": "boots under two hundred quid, blue ones"},
        {"role": "assistant", "content": "Leather or suede?"},
        {"role": "user", "content": "the first, please"},
    ],
    "events": [{"event_name": "view_item", "items": [{"item_id": "1", "item_brand": "Acme"}]}],
})  # fmt: skip


def said(message: int, quote: str) -> dict[str, object]:
    return {"message": message, "quote": quote}


@pytest.mark.parametrize(
    ("found", "there", "says"),
    [
        (constraint(source=said(0, "blue ones")), True, True),
        (constraint(value="red", source=said(0, "blue ones")), True, False),
        (constraint(source=said(0, "green ones")), False, False),
        (constraint(source=said(7, "blue")), False, False),
        (constraint(source=said(1, "Leather")), False, False),
        (constraint("material", value="leather", source=said(2, "the first")), True, True),
        (constraint("material", value="rubber", source=said(2, "the first")), True, False),
        (constraint("price", "at_most", 200, source=said(0, "under two hundred quid")), True, True),
        (constraint("price", "at_most", 300, source=said(0, "under two hundred quid")), True, False),
        (constraint("brand", value="acme", source={"event": 0}), True, True),
        (constraint("brand", value="apex", source={"event": 0}), True, False),
        (constraint("brand", value="acme", source={"event": 3}), False, False),
        (constraint(), False, False),
    ],
)
def test_sources(found: object, there: bool, says: bool) -> None:
    assert stands(CHAT, found) is there  # type: ignore[arg-type]
    assert supports(CHAT, found) is says  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value", "says"),
    [
        ("something water proof", "waterproof", True), ("16GB of RAM", "16 gb ram", True), ("a red one", "blue", False),
        ("100-150 dollars", 150, True),
        ("size 42,5", 42.5, True), ("1.5k max", 1500, True), ("防水的靴子", "防水", True),
        ("", "blue", False), ("4 stars and up", 4, True),
    ],
)  # fmt: skip
def test_what_words_carry(text: str, value: str | float, says: bool) -> None:
    assert carries(text, value) is says


def test_numbers_of_a_text() -> None:
    assert {40.0, 60.0} <= numbers("between forty and 60 euros")
