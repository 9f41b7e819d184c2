"""What differs is named for what it is."""

from __future__ import annotations

import pytest

from assistant.records import State
from finetune.judging.mistakes import in_words, mistakes
from tests.finetune.states import constraint, labelled, need, state

BLUE, CHEAP = constraint(), constraint("price", "at_most", 120, unit="USD")
LABEL = state(need("boots", BLUE, CHEAP), acts=["state_need"], stage="exploring")
SAID = {"acts": ["state_need"], "stage": "exploring"}


def kinds(found: State) -> list[str]:
    return [mistake.kind for mistake in mistakes(labelled(LABEL), found)]


def test_nothing_differs_from_itself() -> None:
    assert kinds(LABEL) == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (state(need("boots", BLUE), **SAID), ["missed"]),
        (state(need("boots", BLUE, CHEAP, constraint("brand", value="acme")), **SAID), ["invented"]),
        (state(need("boots", BLUE, constraint("price", "at_most", 100)), **SAID), ["value"]),
        (state(need("boots", BLUE, constraint("price", "about", 120)), **SAID), ["operator"]),
        (state(need("boots", constraint("brand", value="blue"), CHEAP), **SAID), ["attribute"]),
        (state(need("boots", BLUE), need("socks", CHEAP), **SAID), ["product", "need"]),
        (state(need("boots", constraint(strength="prefer"), CHEAP), **SAID), ["strength"]),
        (state(need("hats", BLUE, CHEAP), **SAID), ["product"]),
        (state(**SAID), ["product", "missed", "missed"]),
        (state(need("boots", BLUE, CHEAP), acts=["greet"], stage="buying"), ["acts", "stage"]),
    ],
)
def test_kinds_of_differences(found: State, expected: list[str]) -> None:
    assert kinds(found) == expected


def test_another_active_need() -> None:
    two = state(need("boots").model_copy(update={"active": True}), need("socks"))
    other = state(need("boots"), need("socks").model_copy(update={"active": True}))
    (only,) = mistakes(labelled(two), other)
    assert (only.kind, only.expected, only.found) == ("active", "boots", "socks")


def test_only_what_a_label_holds_can_be_wrong() -> None:
    partial = labelled(LABEL).model_copy(update={"label": {"acts": ["greet"]}})
    assert [m.kind for m in mistakes(partial, LABEL)] == ["acts"]


def test_in_words() -> None:
    assert in_words(CHEAP) == "price at most 120 USD"
    assert in_words(constraint(op="is_not", strength="prefer")) == "color is not “blue” (prefer)"
