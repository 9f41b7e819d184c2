"""Reading and writing labelled conversations: good ones come back as they were, bad ones are named, line by line."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.records import Conversation
from finetune.conversations import (
    BadConversationError,
    base_id,
    chains,
    customers,
    read_conversations,
    split,
    stats,
    write_conversations,
)
from finetune.generator import generate

CONSTRAINT = {
    "attribute": "price",
    "op": "at_most",
    "value": 120,
    "unit": "USD",
    "strength": "must",
    "source": {"message": 0, "quote": "under $120"},
}


def row(**changes):
    need = {"product": "boots", "active": True, "constraints": [CONSTRAINT | changes.pop("constraint", {})]}
    label = {"needs": [need], "acts": ["state_need"], "stage": "exploring"} | changes.pop("label", {})
    return {"id": "a.1", "messages": [{"role": "user", "content": "boots under $120"}], "label": label} | changes


def problems_of(tmp_path, record):
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(record) + "\n", "utf-8")
    conversations, problems = read_conversations(path)
    assert not (conversations and problems)
    return problems


def made(n=20):
    return [c for chain in generate(n, 5, shared=None) for c in chain]


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz"])
def test_what_is_written_is_read_again(tmp_path, name):
    conversations = made()
    assert write_conversations(tmp_path / name, conversations) == len(conversations)
    assert read_conversations([tmp_path / name]) == (conversations, [])


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "c.jsonl"
    write_conversations(path, made(2))
    before = path.read_bytes()

    def broken():
        yield from made(1)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_conversations(path, broken())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["c.jsonl"]


@pytest.mark.parametrize(
    ("record", "field", "words"),
    [
        (
            row(constraint={"source": {"message": 0, "quote": "below 120"}}),
            "source.quote",
            "expected words of message 0",
        ),
        (row(constraint={"source": {"message": 3, "quote": "x"}}), "source.message", "expected one of 1 messages"),
        (row(constraint={"source": {"event": 0}, "strength": "prefer"}), "source.event", "expected one of 0 events"),
        (row(constraint={"attribute": "smell"}), "attribute", "smell"),
        (row(constraint={"value": "cheap"}), "value", "expected a number for price"),
        (row(constraint={"unit": "dollars"}), "unit", "ISO 4217"),
        (row(constraint={"attribute": "color", "value": "RED", "unit": None}), "value", "lower case"),
        (row(constraint={"attribute": "product", "value": "mugs", "unit": None}), "op", "is_not"),
        (row(label={"acts": ["dance"]}), "acts.0", "dance"),
        (row(label={"needs": [{"active": True}, {"active": True}]}), "label", "at most one need is active"),
        (row(messages=[]), "messages", "at least one"),
        (row(messages=[{"role": "assistant", "content": "boots under $120"}]), "messages", "the shopper"),
        ({"messages": []}, "id", "required"),
        ([1], "record", "JSON object"),
    ],
)
def test_a_bad_record_is_named(tmp_path, record, field, words):
    problems = problems_of(tmp_path, record)
    assert any(p.field.endswith(field) and words in p.message for p in problems), problems
    assert problems[0].line == 1
    assert str(problems[0]).startswith(f"{tmp_path / 'c.jsonl'}:1: ")


def test_good_records_load_beside_bad_ones(tmp_path):
    path = tmp_path / "c.jsonl"
    lines = [
        json.dumps(row()).encode(),
        b"{not json",
        b"",
        b'{"id": "\xff"}',
        json.dumps(row(id="b.1")).encode(),
        json.dumps(row()).encode(),
    ]
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(lines))
    conversations, problems = read_conversations(path)
    assert [c.id for c in conversations] == ["a.1", "b.1"]
    assert [(p.line, p.field) for p in problems] == [(2, "record"), (4, "record"), (6, "id")]
    assert "UTF-8" in problems[1].message
    with pytest.raises(BadConversationError, match=r":2: record"):
        read_conversations(path, strict=True)


def test_json_that_no_text_can_hold_is_a_bad_record(tmp_path):
    path = tmp_path / "c.jsonl"
    half = json.dumps(row(id="half")).replace('"content": "', '"content": "\\ud83d ')
    pair = json.dumps(row(id="pair")).replace('"content": "', '"content": "\\ud83d\\ude00 ')
    deep = '{"id": "deep", "messages": ' + "[" * 100_000
    path.write_text("\n".join([half, deep, pair]) + "\n")
    conversations, problems = read_conversations(path)
    assert [c.id for c in conversations] == ["pair"]
    assert [(p.line, p.field) for p in problems] == [(1, "record"), (2, "record")]
    assert "half of a surrogate pair" in problems[0].message


def test_a_broken_archive_is_an_error(tmp_path):
    path = tmp_path / "c.jsonl.gz"
    whole = gzip.compress((json.dumps(row()) + "\n").encode() * 50)
    for content in (b"no archive", whole[:-20], whole[:30] + bytes(40) + whole[70:]):
        path.write_bytes(content)
        with pytest.raises(OSError, match=r"c\.jsonl\.gz: the gzip file is cut off or damaged"):
            read_conversations(path)


def test_events_after_the_last_message_are_cut(tmp_path):
    events = [{"event_name": "view_item", "timestamp": f"2025-01-01T10:0{i}:00Z"} for i in range(3)]
    messages = [{"role": "user", "content": "hi", "timestamp": "2025-01-01T10:01:30Z"}]
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"id": "a", "messages": messages, "events": events}), "utf-8")
    (conversation,), _ = read_conversations(path)
    assert len(conversation.events) == 2


def test_a_label_may_hold_only_some_keys(tmp_path):
    assert problems_of(tmp_path, row() | {"label": {"acts": ["greet"]}}) == []
    assert problems_of(tmp_path, row() | {"label": {"mood": "good"}})


def test_prefixes_are_grouped_in_order():
    conversations = made(6)
    assert chains(reversed(conversations)) != []
    for chain in chains(reversed(conversations)):
        lengths = [len(c.messages) for c in chain]
        assert lengths == sorted(lengths)
        assert len({base_id(c.id) for c in chain}) == 1


def test_a_split_keeps_conversations_together_and_stays_when_data_is_added():
    fractions = {"train": 0.7, "test": 0.3}
    few, many = made(30), [c for chain in generate(60, 5, shared=None) for c in chain]
    small, large = split(few, fractions, seed=3), split(many, fractions, seed=3)
    assert {base_id(c.id) for c in small["train"]}.isdisjoint(base_id(c.id) for c in small["test"])
    assert {c.id for c in small["test"]} <= {c.id for c in large["test"]}
    assert sum(map(len, large.values())) == len(many)
    with pytest.raises(ValueError, match="add up to 1"):
        split(few, {"train": 0.7})


def test_stats_count_what_is_there():
    conversations = [Conversation.model_validate(row()), Conversation.model_validate(row(id="b.1"))]
    counted = stats(conversations)
    assert (counted["conversations"], counted["constraints"]) == (2, 2)
    assert counted["by_attribute"] == {"price at_most": 2}


def chat(id, *users):
    events = [{"event_name": "view_item", "user_id": user, "items": [{"item_id": "k"}]} for user in users]
    return Conversation.model_validate({"id": id, "messages": [{"role": "user", "content": "hi"}], "events": events})


def test_a_customer_is_the_user_of_the_events_else_the_conversation():
    chats = [chat("a.1"), chat("a.2", "u1"), chat("b.1", "u1"), chat("c.1"), chat("d.1", "u2", "u3"), chat("e.1", "u3")]
    assert customers(chats) == {"a": "u1", "b": "u1", "c": "c", "d": "u2", "e": "u2"}
    assert stats(chats)["customers"] == 3


@given(st.lists(st.tuples(st.integers(0, 30), st.lists(st.sampled_from("abcdefgh"), max_size=2)), max_size=30))
def test_no_customer_and_no_conversation_falls_into_two_parts(given_chats):
    chats = [chat(f"{base}.{i}", *users) for i, (base, users) in enumerate(given_chats, start=1)]
    parts = split(chats, {"train": 0.7, "dev": 0.2, "test": 0.1})
    assert sum(map(len, parts.values())) == len(chats)
    for whose in (lambda c: {base_id(c.id)}, lambda c: {e.user_id for e in c.events}):
        seen = [set().union(*(whose(c) for c in part)) for part in parts.values()]
        assert sum(map(len, seen)) == len(set().union(*seen))
