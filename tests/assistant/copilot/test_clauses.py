"""Messages in clauses, with what each asks for and whether it holds at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.copilot.asks import Ask, Asks, Heard
from assistant.copilot.clauses import clauses, condition, sentences
from retrieval.text import words
from tests.assistant.scripted import asks


@pytest.fixture(scope="module")
def hear() -> Asks:
    return asks()


def test_a_condition_is_told_from_what_holds_under_it() -> None:
    assert condition("If it is not possible, cancel it.") == ("If it is not possible", "cancel it.")
    assert condition("If there is no red, blue or green one, I'd take white.")[1] == "I'd take white."
    assert condition("Otherwise, blue is fine.") == ("otherwise not", "blue is fine.")
    assert condition("I want to know if it ships.") == ("", "I want to know if it ships.")
    assert sentences("Red. Please!\nOr blue; if not, white") == ["Red.", "Please!", "Or blue;", "if not, white"]


def test_each_clause_asks_for_one_thing(hear: Asks) -> None:
    said = "Hello! I want to cancel my order and return it, and I want to know how much I get back in total."
    found = [(clause.heard.ask, clause.when) for clause in clauses([said], hear)]
    assert [ask for ask, _ in found if ask in ("cancel", "return", "question")] == ["cancel", "return", "question"]
    (one,) = clauses(["For order 4821, I'd like to exchange it for a red one and a bigger size."], hear)
    assert one.heard.ask == "swap"


def test_what_holds_only_sometimes(hear: Asks) -> None:
    def when(text: str) -> str:
        return clauses([text], hear)[-1].when

    assert when("If it cannot be returned, cancel my order.") == "failing"
    assert when("If the price is above 300, cancel my order.") == "unknown"
    assert when("If several colours are available, I prefer grey.") == "always"
    assert when("When you ask me for it, use my gift card for the refund.") == "always"


WORDS = ["cancel", "it", "and", "return", ",", ".", "if", "not", "red", "then", "(", ")", "or", "my", ";", ":"]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_no_word_is_lost_but_of_conditions_and_none_is_added(text: str) -> None:
    def one_ask(texts: list[str] | tuple[str, ...]) -> list[Heard]:
        kinds: dict[str, Ask] = {"cancel": "cancel", "return": "return"}
        return [Heard(next((kinds[w] for w in words(t) if w in kinds), "other"), 1.0) for t in texts]

    said = [word for clause in clauses([text], one_ask) for word in words(clause.text)]  # type: ignore[arg-type]
    every = words(text)
    rest = iter(every)
    assert all(word in rest for word in said)
    if not {"if", "only"} & set(every):
        assert said == [word for word in every if word]
