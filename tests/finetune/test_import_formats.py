"""Chat logs in OpenAI's layout and MG-ShopDial's, on small samples of our own, and `shopkeeper data import`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from assistant.records import Conversation
from finetune.conversations import Problem, read_conversations
from finetune.importers import IMPORTERS, import_mgshopdial, import_openai
from finetune.labels import label_faults
from tests.assistant.cli import run

LOG = {
    "model": "gpt",
    "messages": [
        {"role": "system", "content": "You sell kettles."},
        {"role": "user", "content": [{"type": "text", "text": "a kettle"}, {"type": "image_url", "image_url": {}}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "[]", "tool_call_id": "1"},
        {"role": "assistant", "content": "Which colour?"},
        {"role": "user", "content": " red \n"},
    ],
}


def written(path: Path, *logs: Any) -> Path:
    path.write_text("".join(json.dumps(log) + "\n" for log in logs), encoding="utf-8")
    return path


def good(path: Path) -> list[Conversation]:
    return [found for found in import_openai(path) if isinstance(found, Conversation)]


def test_what_the_shopper_wrote_and_read_is_kept(tmp_path: Path) -> None:
    (chat,) = good(written(tmp_path / "a.jsonl", LOG))
    assert [(m.role, m.content) for m in chat.messages] == [
        ("user", "a kettle"), ("assistant", "Which colour?"), ("user", "red"),
    ]  # fmt: skip
    assert chat.label is None and label_faults(chat) == []


def test_ids_are_kept_or_made_from_the_words(tmp_path: Path) -> None:
    named, again = LOG | {"id": 7}, {"messages": [{"role": "user", "content": "hi"}]}
    chats = good(written(tmp_path / "a.jsonl", named, LOG, LOG, again))
    assert chats[0].id == "7" and len({chat.id for chat in chats}) == len(chats) == 3
    assert [chat.id for chat in good(written(tmp_path / "b.jsonl", LOG))] == [chats[1].id]


def test_a_list_and_gzipped_lines_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps([LOG, {"messages": [{"role": "user", "content": "hi"}]}], indent=1))
    assert len(good(tmp_path / "list.json")) == 2
    with gzip.open(tmp_path / "a.jsonl.gz", "wb") as file:
        file.write(b"\xef\xbb\xbf" + json.dumps(LOG).encode())
    assert len(good(tmp_path / "a.jsonl.gz")) == 1


@pytest.mark.parametrize(
    ("log", "field", "said"),
    [
        ({"text": "hi"}, "messages", "list of messages"),
        ("hi", "messages", "list of messages"),
        ({"messages": []}, "messages", "role user"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, "messages", "role user"),
        ({"messages": [{"role": "king", "content": "hi"}]}, "messages.0.role", "'king'"),
        ({"messages": ["hi"]}, "messages.0.role", "None"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages.0.content", "3"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content", "each part"),
        (LOG | {"id": ["x"]}, "id", "['x']"),
    ],
)
def test_a_bad_log_is_told_and_the_others_are_read(tmp_path: Path, log: Any, field: str, said: str) -> None:
    problem, chat = import_openai(written(tmp_path / "a.jsonl", log, LOG))
    assert isinstance(chat, Conversation) and isinstance(problem, Problem)
    assert (problem.line, problem.field) == (1, field) and said in problem.message


def test_what_is_no_json_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps(LOG).encode() + b"\n{'role': 'user'}\n\xff\xfe\n")
    problems = [found for found in import_openai(path) if isinstance(found, Problem)]
    assert [(problem.line, problem.field) for problem in problems] == [(2, "record"), (3, "record")]
    path.write_bytes(b"[{]")
    (problem,) = import_openai(path)
    assert isinstance(problem, Problem) and "expected a chat log" in problem.message


def said(who: str, text: str, goal: str = "recommendation", *intents: tuple[str, float]) -> dict[str, Any]:
    chosen = [list(intent) for intent in intents]
    return {"utterance_id": 1, "participant": who, "utterance": text, "goal": goal, "intents": chosen}


SHOPDIAL = {
    "id": "Kettles:1:2:3",
    "metadata": {"type": "simple", "id": "1", "desc": "You want a kettle.", "search_logs": []},
    "utterances": [
        said("Wizard", "Welcome!", "meta", ("greeting", 5.0)),
        said("Client", "Hello ", "meta", ("greeting", 4.0), ("interaction", 2.0)),
        said("Client", "I want a kettle", "recommendation", ("disclose", 3.0)),
        said("Client", "a red one", "recommendation", ("disclose", 5.0)),
        said("Client", "  ", "meta"),
        said("Wizard", "The Brook 1 is red.", "recommendation", ("recommend", 4.0)),
        said("Client", "not for me", "recommendation", ("nf", 3.0)),
        said("Client", "how much is the other?", "qa", ("o_question", 3.0)),
        said("Client", "how come?", "qa", ("o_question", 3.0), ("clarify", 3.0)),
        said("Client", "well, maybe", "meta", ("pf", 2.0)),
        said("Client", "thanks, bye", "meta", ("greeting", 3.0)),
    ],
}


def test_intents_that_most_annotators_chose_become_acts(tmp_path: Path) -> None:
    path = tmp_path / "MGShopDial.json"
    path.write_text(json.dumps([SHOPDIAL]), encoding="utf-8")
    chats = list(import_mgshopdial(path))
    assert [chat.label and chat.label["acts"] for chat in chats] == [
        ["greet"], ["state_need"], ["refine_need"], ["reject"], ["ask_product"], None, None, ["thank_bye"],
    ]  # fmt: skip
    assert chats[0].id == "mgshopdial-Kettles:1:2:3.1" and chats[-1].messages[0].role == "assistant"
    assert [len(chat.messages) for chat in chats] == [2, 3, 4, 6, 7, 8, 9, 10]
    assert not [fault for chat in chats for fault in label_faults(chat)]
    path.write_text('[{"id": "x"}]')
    with pytest.raises(ValueError, match="list of conversations with utterances"):
        list(import_mgshopdial(path))


def test_the_command_writes_what_training_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs, out = written(tmp_path / "logs.jsonl", LOG, {"messages": []}), tmp_path / "out" / "chats.jsonl"
    done = run(capsys, "data", "import", "openai", logs, "--out", out)
    assert done.code == 0 and "logs.jsonl:2: messages: expected" in done.err and "1 conversations in" in done.err
    chats, problems = read_conversations(out)
    assert len(chats) == 1 and problems == []
    assert "expected one of openai, bitext" in run(capsys, "data", "import", "excel", logs, "--out", out).sentence
    empty = written(tmp_path / "empty.jsonl")
    assert "No conversation in" in run(capsys, "data", "import", "openai", empty, "--out", out).sentence
    assert set(IMPORTERS) >= {"openai", "mgshopdial", "pscon", "multidogo", "bitext"}
