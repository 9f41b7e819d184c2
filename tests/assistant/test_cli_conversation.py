"""`shopkeeper read` and `shopkeeper chat` with the shipped models on a tiny shop, through files, pipes and --out."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest
import yaml

from assistant.records import Reply, State
from tests.assistant.cli import PROGRAM, ROOT, process, run

Capture = pytest.CaptureFixture[str]


def chat(id: str, *messages: str) -> str:
    return json.dumps({"id": id, "messages": [{"role": "user", "content": message} for message in messages]})


GOOD = [chat("a", "a red kettle under 50 dollars"), chat("b", "hello"), chat("c", "hiking boots", "not black")]


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    path = tmp_path / "chats.jsonl"
    path.write_text("\n".join(GOOD) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of three kettles, with the shipped models."""
    home = tmp_path_factory.mktemp("shop")
    rows = [{"id": f"k{i}", "title": f"Brea {i} Kettle", "price": 20 * i, "color": "red"} for i in (1, 2, 3)]
    (home / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    settings = {
        "shop": {"name": "Tiny", "catalogue": str(home / "products.jsonl")},
        "index": {"path": str(home / "index")},
        "store": {"url": f"sqlite:///{home / 'shop.db'}"},
    }
    (home / "shop.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    return home / "shop.yaml"


def test_read_gives_a_state_for_each_conversation(chats: Path, capsys: Capture) -> None:
    done = run(capsys, "read", chats)
    assert done.code == 0
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    states = [State.model_validate(row["state"]) for row in rows]
    assert len(states[0].needs) == 1
    assert states[1].needs == ()


def test_read_tells_bad_lines_and_reads_the_others(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "chats.jsonl.gz"
    lines = [GOOD[1], "{", '{"id": "x"}', GOOD[1], '{"id": "y", "messages": [{"role": "cat", "content": "meow"}]}']
    path.write_bytes(gzip.compress("\n".join(lines).encode() + b'\n{"id": "\xff", "messages": []}\n'))
    done = run(capsys, "read", path)
    assert done.code == 0
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ["b"]
    for said in (":2: record: ", ":3: messages: ", ":4: id: expected a new id", ":5: messages.0.role: ", ":6: "):
        assert f"{path}{said}" in done.err
    assert done.err.splitlines()[-1] == "5 of 6 lines could not be read."
    assert ":2: record: " in run(capsys, "read", path, "--strict").sentence


def test_read_goes_on_where_it_was_stopped(chats: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "states.jsonl"
    assert run(capsys, "read", chats, "--out", out).code == 0
    whole = out.read_bytes()
    first, _, rest = whole.partition(b"\n")
    out.write_bytes(first + b"\n" + rest[:25])
    done = run(capsys, "read", chats, "--out", out)
    assert (done.code, done.out) == (0, "")
    assert "half-written" in done.err
    assert out.read_bytes() == whole


def test_read_leaves_another_file_as_it_is(chats: Path, tmp_path: Path, capsys: Capture) -> None:
    other = tmp_path / "other.txt"
    other.write_text("mine\nand mine\n")
    assert "Choose another --out" in run(capsys, "read", chats, "--out", other).sentence
    assert other.read_text() == "mine\nand mine\n"


def test_files_that_hold_no_conversation(tmp_path: Path, capsys: Capture) -> None:
    assert "nosuch.jsonl: No such file" in run(capsys, "read", "nosuch.jsonl").sentence
    assert "Is a directory" in run(capsys, "read", tmp_path).sentence
    (tmp_path / "cut.gz").write_bytes(gzip.compress(GOOD[0].encode())[:-6])
    assert "damaged" in run(capsys, "read", tmp_path / "cut.gz").sentence
    (tmp_path / "empty.jsonl").touch()
    assert "No conversation to read" in run(capsys, "read", tmp_path / "empty.jsonl").sentence
    assert "KIND" not in run(capsys, "read", tmp_path / "empty.jsonl", "--config", tmp_path / "empty.jsonl").sentence


def test_read_from_a_pipe() -> None:
    done = process("read", "-", text=GOOD[1] + "\n")
    assert done.code == 0
    assert json.loads(done.out)["id"] == "b"
    assert done.err == ""


def test_chat_from_a_pipe(config: Path) -> None:
    words = "hello\n\n" + "x" * 5000 + "\na red kettle under 50 dollars\n"
    done = process("chat", "--config", config, "--json", text=words)
    assert done.code == 0, done.err
    replies = [Reply.model_validate_json(line) for line in done.out.splitlines()]
    assert len(replies) == 2
    assert all(reply.text for reply in replies)
    assert "4,000" in done.err or "4000" in done.err
    assert "Traceback" not in done.err


def test_chat_as_text(config: Path) -> None:
    done = process("chat", "--config", config, text="a red kettle under 50 dollars")
    assert (done.code, done.err) == (0, "")
    assert "kettle" in done.out.lower()


@pytest.mark.parametrize("arguments", [["--help"], ["read", "-"]])
def test_a_closed_pipe_is_quiet(arguments: list[str]) -> None:
    with subprocess.Popen(
        [PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as running:
        assert running.stdin and running.stdout and running.stderr
        running.stdout.close()
        running.stdin.write(GOOD[1].encode() + b"\n")
        running.stdin.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1
