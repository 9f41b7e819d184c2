"""Judging tickets, answers and intents on small files of our own, with the served models."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assistant.config import Settings
from assistant.copilot.tickets import Tickets
from finetune.copilot import ticket_scores
from finetune.copilot.answer_scores import judge_answers, passages, states
from finetune.copilot.intent_scores import judge_intents, read_requests
from finetune.copilot.parts import Part, Resampling
from finetune.copilot.served import Served
from finetune.copilot.ticket_scores import judge_tickets
from finetune.tickets import AskedQuestion, Ticket, TicketData, fingerprint, read_tickets
from tests.finetune.tickets import shop, ticket, write

SHARED = Path("../shared/data")
SOME = Resampling(rounds=200)
ANGRY = ticket(1, "I got the tent today. This is unacceptable, I demand a refund!", "Complaint", 1)
POLITE = ticket(2, "Hi, how do I fold the tent? Thank you so much!", "Complaint", 9, "Roll it up in 2 minutes.")
ASKED = "Which torque do the strap bolts of the pack need?"


@cache
def served() -> Served:
    return Served.load(Settings.load("configs/demo.yaml"))


def tickets_of(*rows: dict[str, Any]) -> list[Ticket]:
    return [Ticket.model_validate(row) for row in rows]


def questions(*rows: tuple[str, str]) -> tuple[AskedQuestion, ...]:
    return tuple(AskedQuestion.model_validate({"QuestionId": i, "ProductId": 1, "Question": q, "Answer": a})
                 for i, (q, a) in enumerate(rows))  # fmt: skip


def data(tmp_path: Path, rows: list[dict[str, Any]], *asked: tuple[str, str]) -> TicketData:
    chunks = [{"ChunkId": 5, "ProductId": 1, "Text": "Tighten the strap bolts to a torque of 15 Nm."},
              {"ChunkId": 6, "ProductId": 2, "Text": "Tighten the strap bolts to a torque of 90 Nm."}]  # fmt: skip
    described = [{"ProductId": 1, "Description": "A light pack for long walks."}]
    read = read_tickets(write(tmp_path / "data", tickets=rows, products=described, manual_chunks=chunks))
    return TicketData(read.tickets, read.products, questions(*asked), read.manuals)


def value(part: Part, name: str) -> float:
    measure = part.measure(name)
    assert measure is not None and measure.value is not None and measure.why
    return measure.value


def test_tickets_with_the_sentences_that_verdicts_rest_on() -> None:
    part = judge_tickets("ours", tickets_of(ANGRY, POLITE), served(), SOME)
    assert value(part, "type") == 0.5 and value(part, "commonest") == 1.0
    torn = part.cases[0].of("type")
    assert torn is not None and torn.right and "“This is unacceptable, I demand a refund!”" in torn.why
    fold = part.cases[1].of("type")
    assert fold is not None and (fold.expected, fold.found, fold.right) == ("Complaint", "Question", False)
    assert "entered as Complaint" in fold.why
    assert value(part, "satisfaction") == pytest.approx(1)
    assert value(part, "faithful") == value(part, "verbatim") == 1
    assert 0 < value(part, "coverage") <= 1
    assert part.confusion is not None and part.confusion.names == ("Complaint", "Question")
    assert part.measure("type").cases[0] == "ticket-2"  # type: ignore[union-attr]
    assert json.loads(json.dumps(part.to_json()))["measures"]["type"]["value"] == 0.5


def test_an_unfaithful_summary_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged here is the judging: a copilot that makes things up has to score badly."""
    invented = "Asks: “Where is it?”. Told: “we asked Anna, she will send 12 by Monday”."
    monkeypatch.setattr(ticket_scores, "summary", lambda *_: invented)
    rows = [ticket(i, "My tent is torn.", None, None, "We will see.") for i in range(3)]
    part = judge_tickets("ours", tickets_of(*rows), served(), SOME)
    assert value(part, "faithful") == value(part, "verbatim") == 0
    why = part.cases[0].of("faithful").why  # type: ignore[union-attr]
    assert all(word in why for word in ("number “12”", "date “Monday”", "name “Anna”", "promise"))
    assert part.measure("type") is None and part.measure("satisfaction") is None


def test_what_the_ticket_model_learned_from_is_not_judged() -> None:
    rows = tickets_of(*shop(4))
    tickets = served().tickets
    assert tickets is not None
    about = replace(tickets.model.about, seen=tuple(fingerprint(t.messages) for t in rows[:3]))
    learned = replace(served(), tickets=Tickets(replace(tickets.model, about=about), served().encode))
    part = judge_tickets("ours", rows, learned, SOME)
    assert [case.id for case in part.cases] == ["ticket-3"] and "the 3 that the ticket model learned from" in part.lead
    with pytest.raises(ValueError, match="learned from all 3 tickets"):
        judge_tickets("ours", rows[:3], learned, SOME)
    none = judge_tickets("ours", rows[:3], replace(served(), tickets=None), SOME)
    assert none.measure("type") is None and value(none, "faithful") == 1


def test_answers_are_quoted_from_the_product_s_own_passages(tmp_path: Path) -> None:
    told = ticket(1, "How heavy is it?", None, None, "The pack weighs 900 grams.", ProductId=1)
    asked = ((ASKED, "15 Nm"), ("How heavy is the pack?", "900 grams"), ("Who was king of France in 1700?", "Louis"))
    found = data(tmp_path, [told], *asked)
    assert [c.id for c in passages(found)["1"]] == ["manual-5", "product-1", "ticket-1/1"]
    part = judge_answers("ours", found, served(), SOME)
    assert value(part, "answer") == 1 and value(part, "silence") == 1
    assert value(part, "answerable") == pytest.approx(2 / 3)
    torque = part.cases[0].of("answer")
    assert torque is not None and "manual-5 states it" in torque.why and "90 Nm" not in torque.found
    with pytest.raises(ValueError, match="expected questions with answers"):
        judge_answers("ours", TicketData(found.tickets), served(), SOME)


def test_what_states_an_answer() -> None:
    assert states("Tighten the bolts to 15 Nm.", "15 Nm")
    assert not states("Tighten the bolts to 150 Nm.", "15 Nm")
    assert states("Rinse the reservoir with warm and soapy water.", "Rinse with warm, soapy water.")
    assert not states("Rinse it.", "Rinse with warm, soapy water.")
    assert not states("Anything at all.", "It is")


def test_intents_alone_and_as_served(tmp_path: Path) -> None:
    file = tmp_path / "requests.csv"
    rows = (
        "please cancel order 113542,cancel_order", "I want to track my order,track_order",
        "cancel purchase 12,get_invoice", "how tall are giraffes,giraffes",
    )  # fmt: skip
    file.write_text("\n".join(["utterance,intent,tags", *(f"{row},B" for row in rows)]))
    part = judge_intents(file, served(), SOME)
    assert value(part, "intent") == 0.5
    assert 0 < value(part, "served") <= 0.5
    assert "does not know 1 of them, such as giraffes" in part.lead
    first = part.cases[0].of("intent")
    assert first is not None and first.right and "is cancel_order with" in first.why
    assert part.confusion is not None and "get_invoice" in part.confusion.names


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"text,label\na,b\n", "utterance and intent is missing in: text, label"),
        (b"utterance,intent\n", "found no request"),
        (b"utterance,intent\nhello,\n", "record 1: expected an utterance and an intent, found 'hello'"),
        (b"\xff\xfe\x00", "Bitext's layout"),
    ],
)
def test_requests_in_another_layout(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=rf"bad\.csv: .*{said}"):
        read_requests(file)


@pytest.mark.skipif(not (SHARED / "eshopsupport").exists(), reason="../shared/data/eshopsupport is not here")
def test_some_tickets_and_questions_of_eshopsupport() -> None:
    read = read_tickets(SHARED / "eshopsupport")
    part = judge_tickets("eshopsupport", read.tickets[::25], served(), SOME)
    assert 0 < len(part.cases) < 20 and value(part, "faithful") > 0.9 and value(part, "verbatim") > 0.9
    some = TicketData(read.tickets, read.products, read.questions[:25])
    answers = judge_answers("eshopsupport", some, served(), SOME)
    assert len(answers.cases) == 25 and value(answers, "answerable") > 0


@pytest.mark.skipif(not (SHARED / "bitext").exists(), reason="../shared/data/bitext is not here")
def test_the_first_requests_of_bitext(tmp_path: Path) -> None:
    lines = gzip.decompress((SHARED / "bitext" / "test.csv.gz").read_bytes()).decode().splitlines()
    file = tmp_path / "some.csv.gz"
    file.write_bytes(gzip.compress("\n".join([lines[0], *lines[1::40]]).encode()))
    assert value(judge_intents(file, served(), SOME), "intent") > 0.9
