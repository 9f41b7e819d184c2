"""The tone is measured from how a shopper writes."""

from __future__ import annotations

import pytest

from assistant.records import Conversation, Message, Tone
from assistant.tone import tone_of

LONG = "Good morning. I should be grateful for your advice on a walking stick for my mother, who is eighty years old."


@pytest.mark.parametrize(
    ("messages", "tone"),
    [
        (["hi, need boots under 120"], "casual"),
        (["hi, need boots", "make it 150 pls"], "casual"),
        (["hi, need boots", "Make it 150, please."], "neutral"),
        (["I need hiking boots under 120."], "neutral"),
        ([LONG], "formal"),
        ([LONG + " It's urgent."], "neutral"),
        ([LONG, "ok thanks"], "neutral"),
        (["我想买一双靴子"], "neutral"),
        ([""], "neutral"),
        ([], "neutral"),
    ],
)
def test_tone(messages: list[str], tone: Tone) -> None:
    chat = Conversation(id="c", messages=tuple(Message(role="user", content=text) for text in messages))
    assert tone_of(chat) == tone


def test_what_others_say_does_not_count() -> None:
    assistant = Message(role="assistant", content="Good morning. How may I help you on this fine day, if I may ask?")
    chat = Conversation(id="c", messages=(assistant, Message(role="user", content="boots, brown")))
    assert tone_of(chat) == "casual"
