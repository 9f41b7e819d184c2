"""PSCon's user intents from what was read, in its own layout."""

from __future__ import annotations

import pytest

from assistant.compact_reader import CompactReader
from assistant.records import Added, Constraint, Named, Reading, Ref
from finetune.support import WEIGHTS
from finetune.user_intent import intent_of, intents

FIRST = Ref(need=0, constraint=0)
RED = Added(need=0, constraint=Constraint(attribute="color", op="is", value="red"))


@pytest.mark.parametrize(
    ("reading", "intent"),
    [
        (Reading(acts=("greet", "state_need"), stage="exploring"), "Reveal"),
        (Reading(acts=("refine_need",), stage="exploring", named=(Named(need=0, product="kettle"),)), "Reveal"),
        (Reading(acts=("refine_need",), stage="comparing", dropped=(FIRST,), added=(RED,)), "Revise"),
        (Reading(acts=("refine_need",), stage="comparing", added=(RED,)), "Interpret"),
        (Reading(acts=("select",), stage="deciding"), "Interpret"),
        (Reading(acts=("thank_bye",), stage="buying"), "Chitchat"),
        (Reading(acts=("greet",), stage="exploring", added=(RED,)), "Interpret"),
        (Reading(acts=("ask_product",), stage="comparing"), "Inquire"),
    ],
)
def test_an_intent_follows_from_what_was_read(reading: Reading, intent: str) -> None:
    assert intent_of(reading) == intent


def test_each_labelled_message_of_a_user_is_judged() -> None:
    said = [
        {"role": "user", "content": "hello, I am looking for a blue kettle", "intent": "Reveal"},
        {"role": "system", "content": "What size?"},
        {"role": "user", "content": "1.7 litres", "intent": "Interpret"},
        {"role": "user", "content": " ", "intent": "Chitchat"},
        {"role": "user", "content": "thank you, bye", "intent": "Chitchat"},
    ]
    pairs = list(intents(CompactReader.load(WEIGHTS), [{"conv_id": 1, "conversation": said}]))
    assert [wanted for wanted, _ in pairs] == ["Reveal", "Interpret", "Chitchat"]
    assert [found for _, found in pairs] == ["Reveal", "Interpret", "Chitchat"]
