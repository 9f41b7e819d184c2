"""What a writer is told."""

from __future__ import annotations

from assistant.facts import placeholders
from assistant.records import Conversation, Message, Plan
from assistant.writer_prompt import writer_messages

PLAN = Plan.model_validate(
    {
        "move": "recommend",
        "why": "secret",
        "ask": "size",
        "tone": "casual",
        "greet": True,
        "topic": "more",
        "facts": [{"key": "1.price", "text": "$89.00"}, {"key": "1.title", "text": "Fell\nBoot {1.price}"}],
    }
)
CHAT = Conversation(id="c", messages=(Message(role="user", content="boots\nplease " + "x " * 400),))


def test_the_compact_writer_sees_no_word_of_a_catalogue_or_shopper() -> None:
    assert writer_messages(PLAN, CHAT, values=False) == [
        {
            "role": "user",
            "content": "move: recommend\ntone: casual\ntopic: more\ngreet: yes\nask: size\nfacts:{1.title}{1.price}",
        }
    ]


def test_facts_stand_in_the_order_in_which_they_are_told() -> None:
    keys = [
        "ask.name",
        "2.diff1",
        "2.price",
        "unknown1",
        "diff1",
        "1.price",
        "2.title",
        "need.product",
        "1.diff1",
        "1.title",
    ]
    plan = Plan.model_validate({"move": "chat", "why": "", "facts": [{"key": key, "text": "x"} for key in keys]})
    listed = writer_messages(plan, CHAT, values=False)[0]["content"].split("facts:")[1]
    assert placeholders(listed) == [
        "need.product", "1.title", "1.price", "2.title", "2.price", "diff1", "1.diff1", "2.diff1", "unknown1",
        "ask.name",
    ]  # fmt: skip


def test_a_hub_model_sees_values_on_a_line_each_and_a_short_message() -> None:
    system, user = writer_messages(PLAN, CHAT, values=True)
    assert system["role"] == "system" and "placeholder" in system["content"]
    lines = user["content"].splitlines()
    assert "{1.title} = Fell Boot {1.price}" in lines and "secret" not in user["content"]
    assert lines[-1].startswith("shopper: boots please x") and lines[-1].endswith("…") and len(lines[-1]) < 320
