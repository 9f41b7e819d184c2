"""A labelled reading, laid over the tokens of its turn: the values it names are where they were said."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer

from assistant.compact.encoding import Encoded, Segment, encode
from assistant.compact.network import ATTRIBUTES, OPS, STRENGTHS, begin
from assistant.compact_reader import load_tokenizer
from assistant.records import Added, Constraint, Conversation, Event, Item, Message, Named, Need, Reading, Ref, State
from finetune.targets import Target, align


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer()


def constraint(attribute: str, op: str, value: str | float, quote: str, message: int = 0, **more: object) -> Constraint:
    source = {"message": message, "quote": quote}
    return Constraint.model_validate({"attribute": attribute, "op": op, "value": value, "source": source} | more)


def chat(*contents: str, events: tuple[Event, ...] = ()) -> Conversation:
    roles = ("user", "assistant")
    messages = tuple(Message(role=roles[i % 2], content=text) for i, text in enumerate(contents))  # type: ignore[arg-type]
    return Conversation(id="c", messages=messages, events=events, label={"acts": [], "stage": "exploring"})


def said(encoded: Encoded, start: int, end: int) -> str:
    first, last = encoded.places[start], encoded.places[end]
    assert first is not None and last is not None
    return encoded.texts[first.segment, first.index][first.start : last.end]


def laid(tokenizer: Tokenizer, state: State, conversation: Conversation, reading: Reading) -> tuple[Encoded, Target]:
    encoded = next(encode(tokenizer, state, conversation))
    return encoded, align(encoded, reading, conversation)


def test_values_quotes_and_the_need_they_belong_to(tokenizer: Tokenizer) -> None:
    text = "Waterproof hiking boots, at most two hundred quid, ideally not black"
    reading = Reading(
        named=(Named(need=0, product="hiking boots"),),
        added=(
            Added(need=0, constraint=constraint("feature", "is", "waterproof", "Waterproof")),
            Added(need=0, constraint=constraint("price", "at_most", 200, "at most two hundred quid", unit="GBP")),
            Added(need=0, constraint=constraint("color", "is_not", "black", "not black", strength="prefer")),
        ),
        active=0,
    )
    encoded, target = laid(tokenizer, State(), chat(text), reading)
    spans = {ATTRIBUTES[s.attribute]: s for s in target.spans}
    assert {name: said(encoded, s.start, s.end) for name, s in spans.items()} == {
        "product": "hiking boots", "feature": "Waterproof", "price": "two hundred", "color": "black",
    }
    assert said(encoded, *spans["price"].quote) == "at most two hundred quid"
    assert OPS[spans["color"].op] == "is_not"
    assert STRENGTHS[spans["color"].strength] == "prefer"
    assert {s.owner for s in target.spans} == {spans["product"].start} == {target.active}
    assert target.lost == 0


def test_tags_cover_the_spans_and_nothing_that_cannot_be_read(tokenizer: Tokenizer) -> None:
    reading = Reading(named=(Named(need=0, product="hiking boots"),), active=0)
    encoded, target = laid(tokenizer, State(), chat("hiking boots please"), reading)
    readable = {i for i, place in enumerate(encoded.places) if place}
    assert [i for i, tag in enumerate(target.tags) if tag == -100] == [
        i for i in range(len(encoded.ids)) if i not in readable
    ]
    first = begin("product")
    assert [tag for tag in target.tags if tag > 0] == [first, first + 1]


def test_what_is_held_is_kept_dropped_or_softened(tokenizer: Tokenizer) -> None:
    held = (constraint("color", "is", "blue", "blue"), constraint("price", "at_most", 50, "50"))
    state = State(needs=(Need(product="kettle", active=True, constraints=held), Need(product="mug")))
    first, second = Ref(need=0, constraint=0), Ref(need=0, constraint=1)
    reading = Reading(closed=(1,), dropped=(first,), softened=(second,), active=0)
    encoded, target = laid(tokenizer, state, chat("blue kettle", "Sure?", "colour does not matter"), reading)
    assert [target.constraints[encoded.constraints[0, j]] for j in (0, 1)] == [1, 2]
    assert [target.close[position] for position in encoded.needs] == [0, 1]
    assert target.active == encoded.needs[0]


def test_agreeing_takes_the_value_from_the_assistants_words(tokenizer: Tokenizer) -> None:
    state = State(needs=(Need(product="kettle", active=True),))
    yes = Added(need=0, constraint=constraint("feature", "is", "quiet", "yes please", message=2))
    encoded, target = laid(
        tokenizer, state, chat("a kettle", "Should it be quiet?", "yes please"), Reading(added=(yes,), active=0)
    )
    (span,) = target.spans
    place = encoded.places[span.start]
    assert place is not None and place.segment == Segment.ANSWER
    assert said(encoded, *span.quote) == "yes please"


def test_behaviour_is_read_from_the_event(tokenizer: Tokenizer) -> None:
    event = Event(event_name="view_item", items=(Item(item_id="t1", item_name="Ridge tent", item_brand="Fenlight"),))
    wish = Constraint.model_validate(
        {"attribute": "brand", "op": "is", "value": "fenlight", "strength": "prefer", "source": {"event": 0}}
    )
    reading = Reading(named=(Named(need=0),), added=(Added(need=0, constraint=wish),), active=0)
    encoded, target = laid(tokenizer, State(), chat("what would you recommend?", events=(event,)), reading)
    (span,) = target.spans
    assert said(encoded, span.start, span.end) == "Fenlight"
    assert target.opens == 1
    assert span.owner == encoded.new


def test_what_was_never_said_is_counted_as_lost(tokenizer: Tokenizer) -> None:
    reading = Reading(named=(Named(need=0, product="kettle"),), added=(
        Added(need=0, constraint=constraint("feature", "is", "ergonomic", "kettle")),), active=0)
    _, target = laid(tokenizer, State(), chat("a kettle"), reading)
    assert target.lost == 1


def test_a_long_message_is_read_in_windows_that_cover_it(tokenizer: Tokenizer) -> None:
    text = " ".join(f"word{i}" for i in range(2000))
    windows = list(encode(tokenizer, State(), chat(text)))
    places = [p for w in windows for p in w.places if p and p.segment == Segment.MESSAGE]
    assert places[0].start == 0 and places[-1].end == len(text)
    assert all(len(w.ids) <= 512 for w in windows)
