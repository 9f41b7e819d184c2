"""What must survive: other processes on the same file, kill -9, a full disk, a file that may not be written."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.records import Event
from assistant.store import Store, StoreError
from tests.assistant.stores import postgresql, reply, url, user

__all__ = ["postgresql", "url"]

ROOT = Path(__file__).resolve().parents[2]

WRITER = """
import sys
from assistant.store import Store
from tests.assistant.stores import reply, user
url, session_id, name, turns = sys.argv[1:]
store = Store(url)
for number in range(int(turns)):
    store.append_message(session_id, user(f"{name}.{number}"))
    print(f"{name}.{number}", flush=True)
"""

TURNS = """
import sys
from assistant.records import Event
from assistant.store import Store
from tests.assistant.stores import reply, user
url, session_id = sys.argv[1:]
store = Store(url)
for number in range(100_000):
    revision = store.append_message(session_id, user(f"question {number}"), [Event(event_name="search")])
    print(f"question {number}", flush=True)
    store.append_reply(session_id, reply(f"answer {number}", f"tent {number}", "t1"), expected=revision)
    print(f"answer {number}", flush=True)
"""


def _start(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_write_one_database(url: str) -> None:
    store = Store(url)
    session_id = store.create_session()
    processes = [_start(WRITER, url, session_id, name, "40") for name in "ab"]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    session = store.load(session_id)
    store.close()
    said = [m.content for m in session.messages]
    assert session.revision == 80
    assert [text for text in said if text.startswith("a")] == [f"a.{n}" for n in range(40)]
    assert [text for text in said if text.startswith("b")] == [f"b.{n}" for n in range(40)]


def test_two_processes_create_one_database(url: str) -> None:
    program = "import sys; from assistant.store import Store; Store(sys.argv[1]).create_session()"
    for process in [_start(program, url) for _ in range(3)]:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors


@pytest.mark.parametrize("acknowledged", [7, 40])
def test_a_killed_process_loses_nothing_acknowledged(url: str, acknowledged: int) -> None:
    store = Store(url)
    session_id = store.create_session()
    process = _start(TURNS, url, session_id)
    assert process.stdout is not None
    seen = [process.stdout.readline().strip() for _ in range(acknowledged)]
    process.send_signal(signal.SIGKILL)
    seen += [line.strip() for line in process.stdout.read().splitlines() if line]
    process.wait(timeout=10)
    session = store.load(session_id)
    said = [m.content for m in session.messages]
    assert said[: len(seen)] == seen
    assert len(said) - len(seen) in (0, 1)  # at most one write was done and not yet reported
    answers = [i for i, m in enumerate(session.messages) if m.role == "assistant"]
    questions = [i for i, m in enumerate(session.messages) if m.role == "user"]
    assert sorted(session.replies) == answers
    assert [entry.after_message for entry in session.states] == answers
    assert len(session.events) == len(questions)
    assert session.revision == len(said)
    store.append_message(session_id, user("and on it goes"))
    store.close()


def _sqlite(tmp_path: Path) -> tuple[Store, str]:
    store = Store(f"sqlite:///{tmp_path / 'shop.db'}")
    return store, store.create_session()


def test_a_full_disk_is_said_and_nothing_is_half_saved(tmp_path: Path) -> None:
    store, session_id = _sqlite(tmp_path)
    store.append_message(session_id, user("a tent"))

    @sa.event.listens_for(store._database.engine, "begin")
    def _fill(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # no page more than there are: SQLITE_FULL

    with pytest.raises(StoreError, match="disk is full"):
        store.append_message(session_id, user("x" * 100_000), [Event(event_name="search")])
    session = store.load(session_id)
    assert ([m.content for m in session.messages], session.events, session.revision) == (["a tent"], (), 1)
    store.close()


LIMITED = """
import resource, signal, sys
from assistant.store import Store, StoreError
from tests.assistant.stores import user
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
session_id = store.create_session()
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    for number in range(1000):
        store.append_message(session_id, user(f"{number} " * 2000))
except StoreError as error:
    print(number, session_id, error)
"""


def test_a_file_that_cannot_grow(tmp_path: Path) -> None:
    process = _start(LIMITED, f"sqlite:///{tmp_path / 'shop.db'}")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    written, session_id, sentence = output.split(maxsplit=2)
    assert "Nothing was half saved" in sentence
    assert len(Store(f"sqlite:///{tmp_path / 'shop.db'}").load(session_id).messages) == int(written) > 0


def test_a_read_only_database_can_be_read(tmp_path: Path) -> None:
    store, session_id = _sqlite(tmp_path)
    store.append_reply(session_id, reply("tents"))
    reader = Store(f"sqlite:///file:{tmp_path / 'shop.db'}?mode=ro&uri=true")
    assert reader.load(session_id).messages[0].content == "tents"
    with pytest.raises(StoreError, match="is read-only: give this program the right"):
        reader.append_message(session_id, user("a tent"))
    reader.close()
    store.close()
