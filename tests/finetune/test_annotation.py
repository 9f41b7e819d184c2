"""The plain-text notation of annotated conversations: what it means, what is said of its faults, and our own files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.records import Conversation, Need, State
from assistant.state import update
from finetune.annotation import HERE, AnnotationError, read_annotated
from finetune.labels import label_faults
from finetune.readings import readings
from finetune.sources import read_sources
from finetune.train_reader import public

BOOTS = """\
# a comment, and an empty line

== boots-1
E: view_item | b-12 | Ridge 2 walking boot | Shoes > Boots | 89.95
E: search | boots
U: {hiking boots|product} {under 120|price at_most 120}, {waterproof|feature}, {not black|color is_not ? black} ok?
> greet state_need | exploring
A: The Ridge 2 is waterproof, 89.95, in brown.
U: {make it 150 euros|@boots price at_most 150 EUR}, and a {tent|product} for {two people|size}
> refine_need state_need | comparing | @boots drop price
"""


def read(tmp_path: Path, text: str) -> list[list[Conversation]]:
    path = tmp_path / "own.txt"
    path.write_text(text, "utf-8")
    return list(read_annotated([path]))


def states(tmp_path: Path, text: str) -> list[State]:
    (chain,) = read(tmp_path, text)
    return [State.model_validate(c.label) for c in chain]


def held(need: Need) -> list[tuple[str, str, str | float, str | None, str]]:
    return [(c.attribute, c.op, c.value, c.unit, c.strength) for c in need.constraints]


def test_marks_become_constraints_with_the_words_that_they_mark(tmp_path: Path) -> None:
    (chain,) = read(tmp_path, BOOTS)
    first = chain[0]
    assert first.id == "own/boots-1.1"
    assert first.messages[0].content == "hiking boots under 120, waterproof, not black ok?"
    assert [e.event_name for e in first.events] == ["view_item", "search"]
    assert first.events[0].items[0].price == 89.95
    state = State.model_validate(first.label)
    assert (state.acts, state.stage) == (("greet", "state_need"), "exploring")
    (need,) = state.needs
    assert (need.product, need.active) == ("hiking boots", True)
    assert held(need) == [
        ("price", "at_most", 120.0, None, "must"),
        ("feature", "is", "waterproof", None, "must"),
        ("color", "is_not", "black", None, "prefer"),
    ]
    assert [c.source.quote for c in need.constraints if c.source] == ["under 120", "waterproof", "not black"]


def test_a_constraint_belongs_where_its_spec_says(tmp_path: Path) -> None:
    boots, tent = states(tmp_path, BOOTS)[1].needs
    assert (boots.product, boots.active, tent.product, tent.active) == ("hiking boots", False, "tent", True)
    assert held(boots)[-1] == ("price", "at_most", 150.0, "EUR", "must")
    assert [op for attribute, op, *_ in held(boots) if attribute == "price"] == ["at_most"]
    assert held(tent) == [("size", "is", "two people", None, "must")]


def said(words: str, below: str, before: str = "") -> str:
    return f"== c\n{before}U: {words}\n> {below}\n"


KETTLE = said("a {kettle|product}, {red|color}, {quiet|feature ?}", "state_need | exploring").removeprefix("== c\n")


@pytest.mark.parametrize(
    ("words", "below", "expected"),
    [
        ("{blue|color}", "refine_need | exploring | drop color", ["quiet prefer", "blue must"]),
        ("red if you have it", "refine_need | exploring | soften color red", ["red prefer", "quiet prefer"]),
        ("it has to be quiet", "refine_need | exploring | harden feature", ["red must", "quiet must"]),
        ("{1 or 2|quantity 1 & quantity 2}", "refine_need | exploring",
         ["red must", "quiet prefer", "1 must", "2 must"]),
        ("forget both", "refine_need | exploring | drop color; drop feature", []),
    ],
)  # fmt: skip
def test_what_a_later_message_changes(words: str, below: str, expected: list[str], tmp_path: Path) -> None:
    (need,) = states(tmp_path, said(words, below, KETTLE))[-1].needs
    assert [f"{c.value:g} {c.strength}" if isinstance(c.value, float) else f"{c.value} {c.strength}"
            for c in need.constraints] == expected  # fmt: skip


@pytest.mark.parametrize(
    ("words", "below", "needs"),
    [
        ("got it, thanks", "thank_bye | buying | close", []),
        ("where is my order?", "order_status | after_purchase | active none", [("kettle", False)]),
        ("something for {mum|@- recipient}", "state_need | exploring | open", [("kettle", False), (None, True)]),
        ("I meant a {pot|rename}", "refine_need | exploring", [("pot", True)]),
        ("and a {mug|product}", "state_need | exploring", [("kettle", False), ("mug", True)]),
    ],
)
def test_needs_open_close_and_change_their_name(
    words: str, below: str, needs: list[tuple[str | None, bool]], tmp_path: Path
) -> None:
    state = states(tmp_path, said(words, below, KETTLE))[-1]
    assert [(need.product, need.active) for need in state.needs] == needs


def test_what_is_inferred_from_an_event_is_a_wish_with_the_event_as_its_source(tmp_path: Path) -> None:
    seen = "E: view_item | k1 | Red kettle\n"
    text = said("a {kettle|product}", "state_need | exploring | infer color red from 0", seen)
    ((constraint,),) = [need.constraints for need in states(tmp_path, text)[0].needs]
    assert (constraint.value, constraint.strength) == ("red", "prefer")
    assert constraint.source is not None
    assert (constraint.source.event, constraint.source.message) == (0, None)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("U: hello\n", 1, "expected '== ID'"),
        ("== a\nhello\n", 2, "expected U:, A:, H:, E: or >"),
        ("== a\nU: hello\nA: hi\n", 3, "expected '> ACTS | STAGE'"),
        ("== a\nU: hello\n", 2, "ends without '> ACTS | STAGE'"),
        ("== a\nU: hello\n\n== b\n", 4, "ends without '> ACTS | STAGE'"),
        ("== a\n", 1, "ends without"),
        ("== a\nU: hello\n> hello | exploring\n", 3, "found ['hello']"),
        ("== a\nU: hello\n> greet | later\n", 3, "'later'"),
        ("== a\nU: {red|colour}\n> greet | exploring\n", 3, "unknown attribute 'colour'"),
        ("== a\nU: {cheap|price}\n> greet | exploring\n", 3, "price needs a number"),
        ("== a\nU: {@a red|color}\n", 2, "@need belongs behind the bar"),
        ("== a\nU: a {red} kettle\n", 2, "brace or bar"),
        ("== a\nU: {a|product} {b|product} {red|color}\n> greet | exploring\n", 3, "two needs are opened here"),
        ("== a\nU: {a|product}\n> greet | exploring | drop color\n", 3, "no need is active here"),
        ("== a\nU: {a|product} {red|@b color}\n> greet | exploring\n", 3, "@b names 0"),
        ("== a\nU: {a|product}\n> greet | exploring | jump\n", 3, "unknown change 'jump'"),
        ("== a\nU: {a|product}\n> greet | exploring | infer color red from 0\n", 3, "names no event"),
        ("== a\nE: view_item\n", 2, "expected 'EVENT | id"),
        ("== a\nE: stare | k1\n", 2, "event_name"),
        ("== a\nU: hi\n> greet | exploring\n== a\n", 4, "an id of its own"),
    ],
)
def test_a_fault_is_named_with_its_file_and_line(text: str, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(AnnotationError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"own.txt:{line}: ")
    assert message in str(caught.value)


def test_annotated_conversations_stand_beside_files_as_sources(tmp_path: Path) -> None:
    folder = tmp_path / "annotated"
    folder.mkdir()
    (folder / "b.txt").write_text(BOOTS, "utf-8")
    (folder / "a.txt").write_text(BOOTS, "utf-8")
    conversations, problems = read_sources([f"annotated:{folder}"])
    assert [c.id for c in conversations] == ["a/boots-1.1", "a/boots-1.2", "b/boots-1.1", "b/boots-1.2"]
    assert problems == []
    assert public([f"annotated:{folder / 'a.txt'}"]) == conversations[:2]
    assert len(list(readings(conversations[:2]))) == 2
    with pytest.raises(ValueError, match=r"no \*\.txt"):
        read_sources([f"annotated:{tmp_path}"])


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda p: p.name)
def test_our_own_conversations_are_sound(path: Path) -> None:
    """Every quote stands in its message, as `label_faults` checks, and every message's change can be told."""
    for chain in read_annotated([path]):
        assert [(c.id, fault) for c in chain for fault in label_faults(c)] == []
        assert len(list(readings(chain))) == len(chain)


def test_our_own_conversations_have_ids_of_their_own() -> None:
    ids = [c.id for chain in read_annotated() for c in chain]
    assert len(ids) == len(set(ids))


WORDS = st.text(st.characters(categories=["L", "N", "P"], exclude_characters="{}|@&#"), min_size=1, max_size=8)


@given(
    words=st.lists(WORDS, min_size=1, max_size=4, unique_by=str.lower),
    attribute=st.sampled_from(["color", "feature", "use", "other"]),
    wish=st.booleans(),
)
def test_any_words_come_back_as_value_and_quote(
    words: list[str], attribute: str, wish: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    marks = " and ".join(f"{{{word}|{attribute}{' ?' if wish else ''}}}" for word in words)
    text = said(f"a {{kettle|product}} {marks}", "state_need | exploring")
    ((conversation,),) = read(tmp_path_factory.mktemp("own"), text)
    assert conversation.messages[0].content == f"a kettle {' and '.join(words)}"
    (need,) = State.model_validate(conversation.label).needs
    assert [c.value for c in need.constraints] == [word.lower() for word in words]
    assert [c.source.quote for c in need.constraints if c.source] == words
    assert {c.strength for c in need.constraints} == {"prefer" if wish else "must"}
    assert label_faults(conversation) == []
    ((before, _, reading),) = readings([conversation])
    assert update(before, reading).needs == (need,)
