"""A reading derived from two labels leads from the first to the second."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.records import Added, Constraint, Conversation, Message, Named, Need, Ref, Source, State
from assistant.state import update
from finetune.conversations import chains, read_conversations
from finetune.generator import generate
from finetune.readings import derive, readings

LABELLED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "labelled" / "train"
TALK = Conversation(id="a", messages=(Message(role="user", content="x"), Message(role="user", content="y")))


def canonical(state, ordered=True):
    needs = [
        (
            n.product or "",
            n.active,
            sorted((c.attribute, c.op, str(c.value), c.unit or "", c.strength) for c in n.constraints),
        )
        for n in state.needs
    ]
    return (needs if ordered else sorted(needs)), state.acts, state.stage


def has(value, attribute="feature", op="is", message=0, event=None, **more):
    source = Source(event=event) if event is not None else Source(message=message, quote="x")
    return Constraint(attribute=attribute, op=op, value=value, source=source, **more)


def change(before, after):
    reading = derive(State(needs=tuple(before)), State(needs=tuple(after)), TALK)
    assert canonical(update(State(needs=tuple(before)), reading)) == canonical(State(needs=tuple(after)))
    return reading


def test_a_new_need_opens():
    added = has("red", "color", message=1)
    reading = change(
        [Need(product="boots")], [Need(product="boots"), Need(product="hat", active=True, constraints=(added,))]
    )
    assert reading.named == (Named(need=1, product="hat"),)
    assert reading.added == (Added(need=1, constraint=added),)
    assert reading.active == 1


def test_a_replaced_value_is_dropped_and_added():
    new = has(150, "price", "at_most", message=1)
    reading = change(
        [Need(product="b", constraints=(has(120, "price", "at_most"),))], [Need(product="b", constraints=(new,))]
    )
    assert reading.dropped == (Ref(need=0, constraint=0),)
    assert reading.added == (Added(need=0, constraint=new),)


def test_a_must_that_became_a_wish_is_softened_and_the_other_way_hardened():
    must, wish = has("gps"), has("gps", strength="prefer", message=1)
    assert change([Need(constraints=(must,))], [Need(constraints=(wish,))]).softened == (Ref(need=0, constraint=0),)
    assert change([Need(constraints=(wish,))], [Need(constraints=(must,))]).hardened == (Ref(need=0, constraint=0),)


def test_words_replace_what_was_inferred_from_behaviour():
    inferred, said = has("red", "color", strength="prefer", event=2), has("red", "color", message=1)
    reading = change([Need(constraints=(inferred,))], [Need(constraints=(said,))])
    assert reading.dropped and reading.added and not reading.hardened


def test_a_nameless_need_is_named_and_keeps_what_it_has():
    kept = has("mum", "recipient")
    reading = change([Need(constraints=(kept,))], [Need(product="teapot", constraints=(kept,))])
    assert reading.named == (Named(need=0, product="teapot"),)
    assert not reading.closed and not reading.added


def test_a_fulfilled_need_is_closed():
    reading = change([Need(product="tent"), Need(product="stove")], [Need(product="stove", active=True)])
    assert reading.closed == (0,)
    assert reading.active == 1


def test_another_thing_instead_closes_one_and_opens_one():
    reading = change([Need(product="futon", constraints=(has("full", "size"),))], [Need(product="air mattress")])
    assert reading.closed == (0,)
    assert reading.named == (Named(need=1, product="air mattress"),)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000))
def test_readings_lead_to_every_label_of_a_generated_conversation(seed):
    for chain in generate(1, seed, shared=None):
        count = 0
        for before, conversation, reading in readings(chain):
            after = State.model_validate(conversation.label)
            assert canonical(update(before, reading)) == canonical(after), conversation.id
            count += 1
        assert count == len(chain)


def test_a_missing_prefix_leaves_the_next_one_out():
    chain = next(c for c in generate(50, 1, shared=None) if len(c) >= 4)
    assert [c.id for _, c, _ in readings([chain[0], *chain[2:]])] == [c.id for c in (chain[0], *chain[3:])]


@pytest.mark.skipif(not LABELLED.is_dir(), reason="needs the labelled conversations of ../shared")
def test_every_hand_label_is_reached():
    conversations, problems = read_conversations(sorted(LABELLED.glob("*.jsonl")))
    assert not problems
    results = [
        (canonical(update(before, reading), ordered=False), canonical(State.model_validate(c.label), ordered=False))
        for chain in chains(conversations)
        for before, c, reading in readings(chain)
    ]
    assert len(results) == len(conversations)
    assert all(found == expected for found, expected in results)
