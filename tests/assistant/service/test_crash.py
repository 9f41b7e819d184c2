"""What a crash leaves of a request that was being carried out: all of it or nothing; on SQLite and PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from assistant.service import EmbeddedDesk, Outcome, Policy, Proposal, parse_request
from assistant.service.clauses import parse_clauses
from tests.assistant.service.small_desk import ADA, AGENT, ASSISTANT, DATA, POLICY, Clock
from tests.assistant.stores import postgresql, url

__all__ = ["postgresql", "url"]

ROOT = Path(__file__).resolve().parents[3]
CANCEL = parse_request({"name": "cancel_order", "order_id": "A2", "reason": "bought twice"})


@pytest.fixture
def desk(url: str) -> Iterator[EmbeddedDesk]:
    desk = EmbeddedDesk(url, Policy.of(parse_clauses(POLICY)), clock=Clock())
    desk.load(DATA.customers, DATA.orders, DATA.products)
    yield desk
    desk.close()


class Crash(BaseException):
    """The process died here."""


@contextmanager
def crashing(desk: EmbeddedDesk, when: str) -> Iterator[None]:
    """The next write dies just before its commit, or just after."""
    write = desk._database.write

    @contextmanager
    def dying() -> Iterator[Connection]:
        with write() as connection:
            yield connection
            if when == "before":
                raise Crash
        raise Crash

    desk._database.write = dying  # type: ignore[method-assign]
    try:
        with pytest.raises(Crash):
            yield
    finally:
        desk._database.write = write  # type: ignore[method-assign]


def state(desk: EmbeddedDesk) -> tuple[str, float | None, list[str]]:
    order, customer = desk.order("A2"), desk.customer("ada")
    assert order is not None and customer is not None
    gift = customer.payment_method("gift-ada")
    assert gift is not None
    return order.status, gift.balance, [entry.event for entry in desk.audit()]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_leaves_all_of_it_or_nothing(desk: EmbeddedDesk, when: str) -> None:
    with crashing(desk, when):
        desk.propose(ASSISTANT, "ada", CANCEL, key="k")
    assert state(desk) == ("pending", 20.0, ["proposed"] if when == "after" else [])
    proposal = desk.propose(ASSISTANT, "ada", CANCEL, key="k")
    assert isinstance(proposal, Proposal) and state(desk)[2] == ["proposed"]
    with crashing(desk, when):
        desk.confirm(proposal.token, ADA)
    done = ("cancelled", 60.0, ["proposed", "done"])
    assert state(desk) == (done if when == "after" else ("pending", 20.0, ["proposed"]))
    outcomes = [desk.confirm(proposal.token, ADA) for _ in range(2)]
    assert outcomes[0] == outcomes[1] and outcomes[0].status == "done" and state(desk) == done


def test_many_at_once_act_once(desk: EmbeddedDesk) -> None:
    """Two proposals for one order, each confirmed by four at a time: one is carried out, once, the other refused."""
    proposals = [desk.propose(ASSISTANT, "ada", CANCEL, key=key) for key in "ab"]
    outcomes: list[Outcome] = []

    def confirm(token: str) -> None:
        outcomes.append(desk.confirm(token, AGENT))

    threads = [threading.Thread(target=confirm, args=(p.token,)) for p in proposals * 4 if isinstance(p, Proposal)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.status for outcome in outcomes) == ["done"] * 4 + ["refused"] * 4
    assert state(desk) == ("cancelled", 60.0, ["proposed", "proposed", "done", "refused"])


MOVER = """
import sys
from assistant.service import EmbeddedDesk, Policy, Proposal, parse_request
from tests.assistant.service.small_desk import AGENT, ASSISTANT
desk = EmbeddedDesk(sys.argv[1], Policy())
for number in range(100_000):
    address = {"address1": str(number), "city": "Easton", "zip": "1"}
    request = parse_request({"name": "change_customer_address", "address": address})
    proposal = desk.propose(ASSISTANT, "ada", request, key=str(number))
    assert isinstance(proposal, Proposal)
    assert desk.confirm(proposal.token, AGENT).status == "done"
    print(number, flush=True)
"""


def test_a_killed_process_leaves_log_and_records_in_step(desk: EmbeddedDesk, url: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", MOVER, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = [process.stdout.readline().strip() for _ in range(5)]
    process.kill()
    seen += process.stdout.read().split()
    process.wait()
    done = [entry for entry in desk.audit() if entry.event == "done"]
    assert len(done) - len(seen) in (0, 1)  # at most one was done and not yet reported
    assert [e.after["customer"]["address"]["address1"] for e in done] == [str(n) for n in range(len(done))]
    customer = desk.customer("ada")
    assert customer is not None and customer.address is not None
    assert customer.address.address1 == str(len(done) - 1)
