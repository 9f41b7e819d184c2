"""Reading tickets in eShopSupport's layout, and training the model of their types and satisfaction."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.copilot.tickets import TicketModel
from assistant.vectors import TextVectors
from finetune.tickets import fingerprint, read_tickets, split_by_customer
from finetune.train_tickets import Recipe, fit, judge, train
from tests.assistant.cli import run
from tests.assistant.scripted import encoder
from tests.finetune.tickets import shop, ticket, write

SHARED = Path("../shared/data/eshopsupport")
SHIPPED = Path("assistant/models/tickets")


def test_a_folder_with_all_its_files(tmp_path: Path) -> None:
    more = {"products": [{"ProductId": 1, "Description": "Boils.", "Price": 3}],
            "evalquestions": [{"QuestionId": 7, "ProductId": 1, "Question": "Does it?", "Answer": "Yes"}],
            "manual_chunks": [{"ChunkId": 1, "ProductId": 1, "PageNumber": 2, "Text": "It boils."}]}  # fmt: skip
    data = read_tickets(write(tmp_path / "a", tickets=shop(4), **more))
    assert [t.id for t in data.tickets] == ["0", "1", "2", "3"]
    assert [m.role for m in data.tickets[0].messages] == ["user", "agent", "user"]
    assert (data.products[0].description, data.questions[0].answer, data.manuals[0].text) == (
        "Boils.",
        "Yes",
        "It boils.",
    )
    packed = tmp_path / "some.json.gz"
    packed.write_bytes(gzip.compress(json.dumps([*shop(2), ticket(9, " ", None, None)]).encode()))
    alone = read_tickets(packed)
    assert [t.id for t in alone.tickets] == ["0", "1"] and alone.questions == ()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("{", "expected a JSON list"),
        ({"a": 1}, "expected a JSON list of records, found dict"),
        ([], "messages of customers, found none"),
        ([1], "record 1: record"),
        ([shop(1)[0], {"TicketId": 3}], "record 2: CustomerId: Field required"),
        ([ticket(1, "a", "b", "many")], "record 1: CustomerSatisfaction.*found 'many'"),  # type: ignore[arg-type]
        ([shop(1)[0], shop(1)[0]], "record 2: TicketId: expected a new one, found '0' again"),
        ([ticket(1, "a", "b", 1, Messages=[{"Text": "x"}])], r"Messages\.0\.IsCustomerMessage"),
    ],
)
def test_faults_are_named_with_their_place(rows: Any, said: str, tmp_path: Path) -> None:
    file = tmp_path / "tickets.json"
    file.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    with pytest.raises(ValueError, match=rf"tickets\.json: .*{said}"):
        read_tickets(file)


def test_a_folder_without_tickets_says_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected tickets\.json or .*found products\.json"):
        read_tickets(write(tmp_path, products=[]))


def test_a_customer_stays_on_one_side() -> None:
    rows = [ticket(i, f"t{i}", "a", 1, CustomerId=i // 3) for i in range(300)]
    learn, held = split_by_customer(_tickets(rows), 30)
    assert {t.customer for t in learn}.isdisjoint(t.customer for t in held)
    assert 60 <= len(held) <= 120
    assert split_by_customer(learn, 30)[0] == learn


def _tickets(rows: list[dict[str, Any]]) -> Any:
    from finetune.tickets import Ticket

    return [Ticket.model_validate(row) for row in rows]


def test_it_learns_types_and_satisfaction_that_are_not_in_the_code(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", tickets=shop(40))
    figures = train(Recipe(tickets=str(folder), output=str(tmp_path / "out")))
    model = TicketModel.load(tmp_path / "out")
    assert set(model.about.types) == {"Fault", "Query"} and model.about.scale == (1.0, 10.0)
    assert figures["held_out"]["type_accuracy"] > figures["held_out"]["commonest_type"]
    assert figures["held_out"]["satisfaction_pearson"] > 0.5
    learnt = [t for t in read_tickets(folder).tickets if fingerprint(t.messages) in model.about.seen]
    assert len(learnt) == figures["learned_from"] == len(model.about.seen)


def test_tickets_that_tell_nothing_of_satisfaction_teach_types_alone() -> None:
    rows = [row | {"CustomerSatisfaction": None} for row in shop(16)]
    three = [row | {"TicketType": "Other"} if i % 5 == 0 else row for i, row in enumerate(rows)]
    vectors = TextVectors(encoder())
    model = fit(_tickets(three), vectors, Recipe(tickets="", strength=100.0), "f")
    assert len(model.about.types) == 3
    assert judge(model, _tickets(three), vectors)["satisfaction_pearson"] is None
    found = model.judge(_tickets(three)[1].messages, vectors)
    assert found is not None and found.satisfaction is None and found.type in model.about.types


def test_too_few_tickets_and_bad_recipes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = write(tmp_path / "few", tickets=shop(6))
    assert "at least 10 tickets of two types" in run(capsys, "train", "tickets", "--data", few).sentence
    assert "last: expected a share" in run(capsys, "train", "tickets", "--set", "last=2").sentence
    assert "nosuch" in run(capsys, "train", "tickets", "--data", "nosuch").sentence
    assert Recipe.from_yaml("configs/train-tickets.yaml").output == "runs/tickets"


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/eshopsupport is not here")
def test_the_shipped_model_on_tickets_held_out() -> None:
    model, vectors = TicketModel.load(SHIPPED), TextVectors(encoder())
    learn, held = split_by_customer(read_tickets(SHARED).tickets, 30)
    assert {fingerprint(t.messages) for t in learn} == set(model.about.seen)
    some = held[::5]
    assert {fingerprint(t.messages) for t in some}.isdisjoint(model.about.seen)
    figures = judge(model, some, vectors)
    assert (figures["type_accuracy"] or 0) > (figures["commonest_type"] or 1)
    assert (figures["satisfaction_pearson"] or 0) > 0.6
    assert np.isfinite(model.types).all()
