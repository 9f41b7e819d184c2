"""Labelling by hand: what is proposed, what is refused and in which words, what is on disk after each save."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import InvalidInput
from assistant.records import State
from finetune.conversations import read_conversations, write_conversations
from finetune.labelling.form import Form, NeedRows, Row
from finetune.labelling.session import Labelling, View
from finetune.labelling.workbook import Workbook, open_workbook
from tests.assistant.cli import run
from tests.finetune.labelling_chats import BOOTS, KnownReader, chat, chats


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "labels.jsonl"


@pytest.fixture
def workbook(tmp_path: Path, out: Path) -> Iterator[Workbook]:
    with open_workbook([chats(tmp_path / "chats.jsonl")], out) as (opened, problems):
        assert not problems
        yield opened


@pytest.fixture
def labelling(workbook: Workbook) -> Labelling:
    return Labelling(workbook, KnownReader())


def labels(out: Path) -> dict[str, Any]:
    conversations, problems = read_conversations(out)
    assert problems == []
    return {c.id: c.label for c in conversations}


def row(**changed: str) -> Row:
    right = {"attribute": "feature", "op": "is", "value": "waterproof", "source": "message 0", "quote": "Waterproof"}
    return Row(**{**right, **changed})


def form(*rows: Row, acts: tuple[str, ...] = ("state_need",), stage: str = "exploring", product: str = "boots") -> Form:
    return Form(needs=(NeedRows(product=product, active=True, constraints=rows),), acts=acts, stage=stage)


# --- what is wrong is said in words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "field", "said"),
    [
        ((row(value=" "),), "need-0-constraint-0-value", "no value"),
        ((row(attribute="price", value="cheap", quote="under 120"),), "need-0-constraint-0-value", "needs a number"),
        ((row(unit="usd"),), "need-0-constraint-0-unit", "Only a price has a currency"),
        ((row(attribute="price", value="1", unit="dollars"),), "need-0-constraint-0-unit", "three letters"),
        ((row(quote="vegan"),), "need-0-constraint-0-quote", "Message 0 does not say 'vegan'"),
        ((row(quote=""),), "need-0-constraint-0-quote", "Quote the words"),
        ((row(source=""),), "need-0-constraint-0-source", "Choose the message or event"),
        ((row(source="message 9"),), "need-0-constraint-0-source", "Choose the message or event"),
        ((row(source="message 1"),), "need-0-constraint-0-source", "not the shopper's"),
        ((row(source="event 0"),), "need-0-constraint-0-strength", "never a must"),
        ((row(source="event 1", strength="prefer"),), "need-0-constraint-0-source", "Choose the message or event"),
        ((row(attribute="product"),), "need-0-constraint-0-op", "only for what is not wanted"),
        ((row(attribute="smell"),), "need-0-constraint-0-attribute", "no attribute 'smell'"),
        ((row(op="near"),), "need-0-constraint-0-op", "no comparison"),
        ((row(), row(value="WATERPROOF ")), "need-0-constraint-1-value", "already in this need"),
    ],
)
def test_a_row_that_cannot_be_saved(rows: tuple[Row, ...], field: str, said: str) -> None:
    conversation = chat("c", BOOTS, "hello", "x", events=[{"event_name": "search", "search_term": "boots"}])
    _, troubles = form(*rows).label(conversation)
    assert [trouble.field for trouble in troubles] == [field]
    assert said in troubles[0].sentence


def test_a_state_that_cannot_be_saved() -> None:
    conversation = chat("c", BOOTS)
    twice = Form(needs=(NeedRows(product="Boots"), NeedRows(product="boots ")), acts=("greet", "dance"), stage="")
    _, troubles = twice.label(conversation)
    assert {trouble.field for trouble in troubles} == {"need-1-product", "acts", "stage"}
    two = Form(needs=(NeedRows(active=True), NeedRows(product="x", active=True)), stage="buying")
    assert [t.field for t in two.label(conversation)[1]] == ["acts", "needs"]


def test_what_is_typed_carelessly_is_put_right() -> None:
    rows = (
        row(value=" Waterproof ", quote="WATERPROOF  hiking"),
        row(attribute="price", op="at_most", value="1,200.50", unit="usd", quote="usd, not BLACK", strength="prefer"),
    )
    label, troubles = form(*rows, product=" Hiking  Boots").label(chat("c", BOOTS))
    assert troubles == []
    need = label["needs"][0]
    assert need["product"] == "hiking boots"
    assert [(c["value"], c["source"]["quote"]) for c in need["constraints"]] == [
        ("waterproof", "Waterproof hiking"), (1200.5, "USD,\nnot black"),
    ]  # fmt: skip
    assert State.model_validate(label).needs[0].constraints[1].unit == "USD"


def test_a_form_says_a_state_and_the_state_again(labelling: Labelling, workbook: Workbook) -> None:
    state, origin = labelling.proposals.state(0)
    label, troubles = Form.of(state).label(workbook.tasks[0].conversation)
    assert origin == "read" and troubles == []
    assert State.model_validate(label).needs == state.needs
    assert Form.of(State.model_validate(label)) == Form.of(state)
    with pytest.raises(InvalidInput, match="reload"):
        Form.sent('{"needs": 3}')


# --- turning pages and saving ---------------------------------------------------------------------------------------


def test_each_message_is_saved_with_the_conversation_up_to_it(labelling: Labelling, out: Path) -> None:
    view = labelling.start()
    assert (view.place, view.origin) == (0, "read")
    view = labelling.act(view, "save", view.form, "")
    assert (view.place, view.notice) == (1, "Message 1 is saved.")
    saved, _ = read_conversations(out)
    assert [(c.id, len(c.messages)) for c in saved] == [("boots.1", 1)]
    view = labelling.act(view, "save", view.form, "")
    view = labelling.act(view, "save", view.form, "")
    assert view.notice == "Message 3 is saved, and so are all." and view.origin == "saved"
    assert list(labels(out)) == ["boots.1", "boots.2", "kettle.1"]


def test_the_next_reading_goes_out_from_what_was_corrected(labelling: Labelling) -> None:
    view = labelling.start()
    labelling.act(view, "save", form(row()), "")
    reader = labelling.proposals._reader
    assert isinstance(reader, KnownReader) and reader.before[-1].needs[0].product == "boots"
    assert labelling.proposals.state(1)[0].needs[0].constraints[0].value == "waterproof"
    assert labelling.proposals.before(2) == State()


def test_what_was_entered_is_kept_while_pages_turn(labelling: Labelling, out: Path) -> None:
    view = labelling.start()
    view = labelling.act(view, "next", form(row()), "")
    assert view.place == 1 and view.notice == "Message 1 is not saved yet."
    view = labelling.act(view, "previous", view.form, "")
    assert (view.form, view.origin) == (form(row()), "draft")
    view = labelling.act(view, "go", view.form, "3")
    assert view.place == 2
    view = labelling.act(view, "skip", view.form, "")
    assert view.place == 0 and view.origin == "draft"
    view = labelling.act(view, "reset", view.form, "")
    assert view.origin == "read" and not out.exists()
    for name, place in (("previous", ""), ("go", "99"), ("go", "x"), ("go", "1")):
        assert labelling.act(view, name, view.form, place).notice == "There is no message beyond this one."
    with pytest.raises(InvalidInput, match="no action"):
        labelling.act(view, "format", view.form, "")


def test_what_is_refused_stays_in_the_form_and_off_the_disk(labelling: Labelling, out: Path) -> None:
    view = labelling.start()
    wrong = form(row(value=""), row(quote="vegan"))
    view = labelling.act(view, "save", wrong, "")
    assert view.problem.startswith("Not saved: 2 things are to be put right. The feature has no value")
    assert (view.form, view.place) == (wrong, 0) and not out.exists()
    view = labelling.act(view, "next", wrong, "")
    assert labelling.act(view, "previous", view.form, "").form == wrong


def test_two_windows_do_not_overwrite_each_other(labelling: Labelling, out: Path) -> None:
    one, other = labelling.start(), labelling.start()
    labelling.act(one, "save", form(row()), "")
    late = labelling.act(other, "save", form(row(strength="prefer")), "")
    assert "labelled in another window" in late.problem
    assert labels(out)["boots.1"]["needs"][0]["constraints"][0]["strength"] == "must"
    again = labelling.at(View(), 0)
    labelling.act(again, "save", form(row(strength="prefer")), "")
    assert labels(out)["boots.1"]["needs"][0]["constraints"][0]["strength"] == "prefer"


def test_a_failed_write_leaves_what_was_there(labelling: Labelling, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = labelling.act(labelling.start(), "save", form(row()), "")
    before = out.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        view = labelling.act(view, "save", view.form, "")
    assert "No space left on device" in view.problem and out.read_bytes() == before and view.place == 1
    assert labelling.act(view, "save", view.form, "").notice == "Message 2 is saved."


def test_a_reader_that_fails_leaves_an_empty_form(workbook: Workbook) -> None:
    reader = KnownReader()
    reader.broken = True
    view = Labelling(workbook, reader).start()
    assert view.origin == "failed" and "out of memory" in view.problem and view.form.needs == ()


# --- files ----------------------------------------------------------------------------------------------------------


def test_it_goes_on_where_it_was_left(tmp_path: Path, out: Path) -> None:
    source = chats(tmp_path / "chats.jsonl")
    write_conversations(out, [chat("other.1", "hello", label={"acts": ["greet"]})])
    with open_workbook([source], out) as (workbook, _):
        labelling = Labelling(workbook, KnownReader())
        labelling.act(labelling.start(), "save", form(row()), "")
    with open_workbook([source], out) as (workbook, _):
        assert (workbook.done, workbook.next_open(-1)) == (1, 1)
        view = Labelling(workbook, KnownReader()).at(View(), 0)
        assert view.origin == "saved" and view.form.needs[0].constraints == (row(),)
    assert set(labels(out)) == {"other.1", "boots.1"}


def test_labels_of_the_file_are_where_one_starts(tmp_path: Path, out: Path) -> None:
    full = {"needs": [{"product": "tent"}], "acts": ["greet"], "stage": "buying", "purchase_probability": 0.5}
    source = tmp_path / "chats.jsonl"
    part = chat("boots.1", BOOTS, label={"acts": ["complaint"]})
    write_conversations(source, [part, chat("boots", BOOTS, "a", "b", "c", label=full)])
    with open_workbook([source], out) as (workbook, _):
        labelling = Labelling(workbook, KnownReader())
        first, origin = labelling.proposals.state(0)
        assert origin == "given" and first.acts == ("complaint",) and first.needs[0].product == "hiking boots"
        view = labelling.at(View(), 1)
        assert (view.origin, view.form.needs[0].product, view.form.stage) == ("given", "tent", "buying")
        labelling.act(view, "save", view.form, "")
    assert labels(out)["boots.2"]["purchase_probability"] == 0.5


def test_files_that_cannot_be_labelled_are_refused(tmp_path: Path, out: Path) -> None:
    source = chats(tmp_path / "chats.jsonl")
    with pytest.raises(InvalidInput, match="name another one with --out"), open_workbook([source], source):
        pass
    out.write_text('{"id": "x"}\n')
    with pytest.raises(InvalidInput, match=r"labels\.jsonl:1: .*Mend this line"), open_workbook([source], out):
        pass
    assert out.read_text() == '{"id": "x"}\n'
    empty = tmp_path / "empty.jsonl"
    write_conversations(empty, [chat("a")])
    with pytest.raises(InvalidInput, match="nothing to label"), open_workbook([empty], tmp_path / "n.jsonl"):
        pass


def test_one_process_at_a_time(tmp_path: Path, workbook: Workbook, out: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from finetune.labelling.workbook import open_workbook\n"
        "with open_workbook([Path(sys.argv[1])], Path(sys.argv[2])): pass"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "chats.jsonl", out], capture_output=True, text=True, check=False
    )
    assert other.returncode == 1 and "open in another process" in other.stderr


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = run(capsys, "label", tmp_path / "none.jsonl", "--port", "7999")
    assert "none.jsonl" in missing.sentence
    source = chats(tmp_path / "chats.jsonl")
    assert "name another one with --out" in run(capsys, "label", source, "--out", source, "--port", "7999").sentence
    assert json.loads(source.read_text().splitlines()[0])["id"] == "boots"
