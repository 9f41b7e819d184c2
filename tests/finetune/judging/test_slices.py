"""Conversations fall into the parts that they belong to."""

from __future__ import annotations

import pytest

from assistant.records import Conversation
from finetune.judging.slices import language, slices
from tests.finetune.states import constraint, labelled, need, state


def said(*texts: str, **more: object) -> Conversation:
    messages = [{"role": "user", "content": text} for text in texts]
    return Conversation.model_validate({"id": "c", "messages": messages} | more)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("waterproof boots, please", "Latin script"), ("我想买一双 Nike 跑步鞋", "Chinese"),
        ("赤い靴をください", "Japanese"),
        ("빨간 신발", "Korean"), ("красные ботинки", "Cyrillic script"), ("1234 ?!", "no letters"), ("", "no letters"),
        ("size 42 🥾 boots", "Latin script"),
    ],
)  # fmt: skip
def test_language_by_script(text: str, name: str) -> None:
    assert language(said(text)) == name


def test_a_named_language_counts() -> None:
    assert language(said("rote Schuhe", language="German")) == "German"


def test_parts() -> None:
    unwanted = labelled(state(need("boots", constraint(op="is_not")), need("socks")))
    clicked = said("hi", "boots " * 50, events=[{"event_name": "view_item"}])
    parts = slices([unwanted, clicked])
    assert parts["negation"] == {"something is not wanted": [0]}
    assert parts["needs"] == {"two or more": [0]}
    assert parts["length"] == {"1 message": [0], "2–3 messages": [1]}
    assert parts["longest message"] == {"long (over 40 words)": [1], "short": [0]}
    assert parts["events"] == {"with events": [1], "without": [0]}
