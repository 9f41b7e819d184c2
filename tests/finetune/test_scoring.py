"""Two states are compared as FORMATS.md says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.records import Constraint, Conversation, Message, Need, State
from finetune.scoring import interval, match_relaxed, match_strictly, pair_needs, same_value, score


def constraint(attribute: str = "color", op: str = "is", value: str | float = "blue", **more: object) -> Constraint:
    return Constraint.model_validate({"attribute": attribute, "op": op, "value": value} | more)


def need(product: str | None, *constraints: Constraint) -> Need:
    return Need(product=product, constraints=constraints)


def state(*needs: Need, **more: object) -> State:
    return State.model_validate({"needs": needs} | more)


def labelled(label: State, **kept: object) -> Conversation:
    content = label.model_dump(mode="json") | kept
    return Conversation(id="c", messages=(Message(role="user", content="blue boots"),), label=content)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("the boots", "Boot", True), ("hiking boots", "hiking boot", True), ("red", "blue", False),
        ("16 gb ram", "16 gb", True), ("waterproof", "water proof", True), ("glass", "glas", False), (120, 120.0, True),
        (120, 121, False), ("120", 120, True), ("blue", 120, False), ("a very long winded value", "value", False),
    ],
)
def test_values(a: str | float, b: str | float, same: bool) -> None:
    assert same_value(a, b) is same
    assert same_value(b, a) is same


def test_needs_are_paired_by_product_and_then_in_order() -> None:
    expected = [need("kettle"), need("toaster"), need(None)]
    found = [need("mug"), need("the toasters"), need("kettles")]
    assert pair_needs(expected, found) == [(0, 2), (1, 1), (2, 0)]


def test_strict_wants_the_attribute_but_six_of_them_count_as_one() -> None:
    label = state(need("boots", constraint("feature", value="waterproof"), constraint("color")))
    close = state(need("boots", constraint("color", value="waterproof"), constraint("brand")))
    assert len(match_strictly(label, close)) == 0
    merged = state(need("boots", constraint("style", value="waterproof"), constraint("brand", value="blue")))
    assert [e.value for e, _ in match_strictly(label, merged)] == ["waterproof"]


def test_relaxed_wants_polarity_and_value_in_any_need() -> None:
    label = state(need("boots", constraint("price", "at_most", 120)), need("socks", constraint()))
    about = constraint("brand", "about", "blue")
    found = state(need("socks", constraint("price", "at_most", 120)), need("boots", about))
    assert len(match_relaxed(label, found)) == 2
    assert len(match_relaxed(label, state(need("boots", constraint("price", "at_least", 120))))) == 0


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


def test_an_interval_holds_the_figure() -> None:
    right, wrong = state(need("boots", constraint())), state(need("boots"))
    pairs = [(labelled(right), right)] * 6 + [(labelled(right), wrong)] * 4
    low, high = interval(pairs, lambda s: s.strict.recall, rounds=100)
    assert low < 0.6 < high
