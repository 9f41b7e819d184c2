"""The next action of a suggestion: a form for the customer's own order, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from assistant.assistant import Assistant
from assistant.copilot.case import case_of
from assistant.copilot.next_step import NextStep, next_step
from assistant.copilot.records import NextAction
from assistant.service import EmbeddedDesk
from tests.assistant.copilot.desk_shop import BOOTS, CANCEL, CANCEL_PACKED, HUMAN, desk_assistant, talk
from tests.assistant.service.small_desk import desk

__all__ = ["desk"]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("shop")
    with desk_assistant(folder, folder / "index") as assistant:
        yield assistant


def step(assistant: Assistant, desk: EmbeddedDesk, message: str, customer: str | None) -> NextStep:
    parts = replace(assistant._parts, desk=desk)
    known = desk.customer(customer) if customer else None
    return next_step(case_of(parts, talk(assistant, message), known))


def proposed(assistant: Assistant, desk: EmbeddedDesk, message: str, customer: str | None) -> NextAction | None:
    return step(assistant, desk, message, customer).action


def test_a_known_customer_gets_the_form_that_their_words_fill(assistant: Assistant, desk: EmbeddedDesk) -> None:
    action = proposed(assistant, desk, CANCEL, "ada")
    assert action is not None
    assert action.name == "cancel_order" and action.arguments["order_id"] == "A1"
    assert CANCEL in action.why


def test_who_is_not_known_gets_none(assistant: Assistant, desk: EmbeddedDesk) -> None:
    assert proposed(assistant, desk, CANCEL, None) is None


def test_who_asks_for_products_gets_none(assistant: Assistant, desk: EmbeddedDesk) -> None:
    assert proposed(assistant, desk, BOOTS, "ada") is None


def test_who_asks_for_a_person_has_one(assistant: Assistant, desk: EmbeddedDesk) -> None:
    assert proposed(assistant, desk, HUMAN, "ada") is None


def test_what_the_policy_forbids_is_told_with_its_clause(assistant: Assistant, desk: EmbeddedDesk) -> None:
    late = step(assistant, desk, CANCEL_PACKED, "ada")
    assert late.action is None and late.refused
    (forbidden,) = late.forbidden
    assert forbidden.name == "cancel_order" and "'processed'" in forbidden.reason
    assert forbidden.citation is not None and [clause.id for clause in late.clauses] == [forbidden.citation.id]


def test_the_clauses_that_allow_it_decide_what_may_be_done(assistant: Assistant, desk: EmbeddedDesk) -> None:
    fine = step(assistant, desk, CANCEL, "ada")
    assert not fine.forbidden and not fine.refused
    assert all("cancel" in f"{clause.title} {clause.text}".lower() for clause in fine.clauses)
