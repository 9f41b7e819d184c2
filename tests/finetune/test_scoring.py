"""Figures are right, and only what a label holds is scored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.records import Conversation, Message, State
from finetune.agreement import match_relaxed, match_strictly
from finetune.scoring import score
from tests.finetune.states import constraint, labelled, need, state


def test_figures_by_hand() -> None:
    wanted = (constraint(), constraint("price", "at_most", 120), constraint("brand", "is_not", "acme"))
    label = state(need("boots", *wanted), acts=["state_need", "greet"], stage="exploring")
    found = state(need("boots", constraint(), constraint("price", "at_most", 100)), acts=["state_need"], stage="buying")
    scores = score([(labelled(label), found)])
    assert (scores.strict.right, scores.strict.found, scores.strict.expected) == (1, 2, 3)
    assert scores.strict.f1 == pytest.approx(0.4)
    assert (scores.negation.right, scores.negation.expected) == (0, 1)
    assert scores.acts is not None and scores.acts.f1 == pytest.approx(2 / 3)
    assert scores.stage_accuracy == 0
    assert scores.confusion == {"exploring": {"buying": 1}}
    assert scores.product_accuracy == 1
    assert scores.joint_accuracy == 0


def test_only_what_a_label_holds_is_scored() -> None:
    conversation = Conversation(id="c", messages=(Message(role="user", content="hi"),), label={"acts": ["greet"]})
    scores = score([(conversation, state(need("boots", constraint()), acts=["greet"]))])
    assert scores.strict.found == 0
    assert scores.stage_accuracy is None
    assert scores.acts is not None and scores.acts.f1 == 1


def test_evidence_must_stand_in_the_message() -> None:
    there = constraint(source={"message": 0, "quote": "blue"})
    invented = constraint("brand", value="acme", source={"message": 0, "quote": "acme"})
    scores = score([(labelled(state(need("boots"))), state(need("boots", there, invented)))])
    assert scores.evidence_accuracy == 0.5


VALUES = st.sampled_from(["blue", "red", "steel", "size 42", "waterproof"])
ATTRIBUTES = st.sampled_from(["color", "feature", "brand"])
CONSTRAINTS = st.builds(constraint, ATTRIBUTES, st.sampled_from(["is", "is_not"]), VALUES)
PRODUCTS = st.sampled_from(["boots", "kettle", None])
NEEDS = st.builds(lambda p, cs: need(p, *cs), PRODUCTS, st.lists(CONSTRAINTS, max_size=4))
STATES = st.lists(NEEDS, max_size=3).map(lambda needs: state(*needs))


@given(STATES)
def test_a_state_agrees_with_itself(found: State) -> None:
    scores = score([(labelled(found), found)])
    assert scores.strict.f1 == scores.relaxed.f1 == 1
    assert scores.joint_accuracy == 1


@given(STATES, STATES)
def test_precision_and_recall_change_places(a: State, b: State) -> None:
    there, back = score([(labelled(a), b)]).relaxed, score([(labelled(b), a)]).relaxed
    assert there.right == back.right
    assert (there.found, there.expected) == (back.expected, back.found)


@given(STATES, STATES)
def test_what_is_right_strictly_is_right_relaxed(a: State, b: State) -> None:
    assert len(match_strictly(a, b)) <= len(match_relaxed(a, b))
