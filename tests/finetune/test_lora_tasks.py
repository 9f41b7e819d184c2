"""What a chat model is trained for: pairs of other customers held out, redacted, and judged as they are served."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.generation import Generation, Generator
from assistant.records import Conversation
from finetune.conversations import write_conversations
from finetune.lora_recipe import LoraRecipe
from finetune.lora_tasks import load_task, reader_pairs
from finetune.reply_data import read_replies
from tests.finetune.lora_parts import silent
from tests.tiny import tiny_chat_model

TEXT = "my name is Priya. a kettle under 40 euros"


def labelled(number: int, text: str = TEXT) -> Conversation:
    price = {"attribute": "price", "op": "at_most", "value": 40, "unit": "EUR", "strength": "must"}
    constraint = price | {"source": {"message": 0, "quote": "under 40 euros"}}
    need = {"product": "kettle", "active": True, "constraints": [constraint]}
    label = {"needs": [need], "acts": ["state_need"], "stage": "exploring"}
    messages = [{"role": "user", "content": text}]
    return Conversation.model_validate({"id": f"own-{number}.1", "messages": messages, "label": label})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_conversations(tmp_path / "labelled.jsonl", [labelled(i) for i in range(40)])
    return tmp_path / "labelled.jsonl"


def test_labelled_conversations_become_pairs() -> None:
    (pair,) = reader_pairs([labelled(1)])
    assert json.loads(pair.answer)["added"][0]["quote"] == "under 40 euros"
    assert TEXT in pair.messages[1]["content"]
    assert pair.customer == "own-1"


def test_personal_data_is_taken_out_unless_told_otherwise(file: Path) -> None:
    told = {}
    for redact in (True, False):
        task = load_task("reader", LoraRecipe(data=[str(file)], redact=redact), silent)
        told[redact] = [pair.messages[1]["content"] for pair in (*task.train, *task.held_out)]
    assert all("Priya" in text for text in told[False])
    assert all("my name is [name]. a kettle" in text for text in told[True])


def test_a_share_of_the_customers_is_held_out_or_a_file_is(file: Path, tmp_path: Path) -> None:
    task = load_task("reader", LoraRecipe(data=[str(file)], held_out=0.25, dev_limit=3), silent)
    assert len(task.train) + len(task.held_out) == 40
    assert 3 < len(task.held_out) < 20
    assert not {pair.customer for pair in task.train} & {pair.customer for pair in task.held_out}
    assert task.dev is not None and len(task.dev.items) == 3
    write_conversations(tmp_path / "dev.jsonl", [labelled(99)])
    task = load_task("reader", LoraRecipe(data=[str(file)], dev=[str(tmp_path / "dev.jsonl")]), silent)
    assert (len(task.train), len(task.held_out)) == (40, 1)


def test_problems_of_files_are_reported_and_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{\n")
    lines: list[str] = []
    with pytest.raises(ValueError, match=r"No labelled conversation in .*bad.jsonl"):
        load_task("reader", LoraRecipe(data=[str(tmp_path / "bad.jsonl")]), lines.append)
    assert lines[0].startswith("left out: ") and "bad.jsonl:1" in lines[0]
    with pytest.raises(ValueError, match="give `data` files"):
        load_task("reader", LoraRecipe(), silent)
    with pytest.raises(ValueError, match="give `data` files"):
        load_task("writer", LoraRecipe(), silent)


class Recited:
    """A chat model that has learnt its answers by heart; what is judged is what is made of them."""

    adapters: tuple[str, ...] = ()

    def __init__(self, answers: dict[str, str]) -> None:
        self._answers = answers

    def generate(self, messages: Sequence[Mapping[str, str]], **_: object) -> Generation:
        return Generation(self._answers.get(messages[1]["content"], "I do not know"), (), "stop")


def test_a_reader_is_judged_by_constraint_f1_as_it_is_served(file: Path) -> None:
    task = load_task("reader", LoraRecipe(data=[str(file)]), silent)
    dev = task.dev
    assert dev is not None and dev.metric == "constraint F1"
    right = {pair.messages[1]["content"]: pair.answer for pair in task.held_out}
    wrong = {prompt: answer.replace(":40", ":41") for prompt, answer in right.items()}
    scores = []
    for answers in (right, wrong, {}):
        model: Any = Recited(answers)
        scores.append(dev.score([dev.answer(model, item) for item in dev.items]))
    assert scores == [1.0, 0.0, 0.0]


def reply(**changes: Any) -> str:
    plan = {"move": "recommend", "why": "it fits", "picks": [{"id": "k1", "rank": 1, "score": 0.9}],
            "facts": [{"key": "1.title", "text": "Kettle Uno"}, {"key": "1.price", "text": "$39.00"}]}  # fmt: skip
    line = {"plan": plan, "message": "a kettle, please", "reply": "The {1.title} is {1.price}."}
    return json.dumps(line | changes) + "\n"


def test_replies_come_from_files_and_from_the_phrase_tables(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    wrong = [reply(reply="It costs 39 dollars."), reply(plan={"move": "jump"}), "{\n", reply(reply="")]
    path.write_text("".join([reply(), "\n", *wrong]))
    replies, problems = read_replies([str(path), "composed:5"], seed=1)
    assert len(replies) == 6
    assert "{1.price} = $39.00" in replies[0].messages[1]["content"]
    assert "shopper: a kettle, please" in replies[0].messages[1]["content"]
    assert [problem.line for problem in problems] == [3, 4, 5, 6]
    assert "It costs 39 dollars." in problems[0].message
    assert "plan.move" in problems[1].message
    with pytest.raises(ValueError, match="composed:NUMBER"):
        read_replies(["composed:many"], seed=1)


def test_replies_from_files_are_redacted_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    facts = [{"key": "order.id", "text": "W2378156"}, {"key": "order.status", "text": "on its way"}]
    plan = {"move": "order", "why": "asked", "topic": "status", "facts": facts}
    said = {"plan": plan, "message": "I'm Priya, where is it?", "reply": "Order {order.id} is {order.status}."}
    path.write_text(reply(**said))
    ((clean,), _), ((raw,), _) = (read_replies([str(path)], 0, redact=redact) for redact in (True, False))
    assert "W2378156" in raw.messages[1]["content"] and "Priya" in raw.messages[1]["content"]
    assert "{order.id} = [order]" in clean.messages[1]["content"]
    assert "shopper: I'm [name], where is it?" in clean.messages[1]["content"]
    assert clean.reply == raw.reply


def test_a_writer_is_judged_by_the_share_of_replies_that_pass_every_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.writing.MAX_TOKENS", 12)
    task = load_task("writer", LoraRecipe(data=["composed:60"], held_out=0.3), silent)
    assert task.role == "writer" and task.dev is not None
    assert len(task.train) + len(task.held_out) == 60
    generator = Generator.load(tiny_chat_model(tmp_path / "model"), device="cpu")
    assert task.dev.answer(generator, task.dev.items[0]) is False
    assert task.dev.score([True, False, False, True]) == 0.5
    assert task.dev.score([]) == 0.0
