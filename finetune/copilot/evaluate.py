"""A scripted customer, the copilot's proposals, a scripted agent who approves them, and the database that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from assistant.copilot.identify import identify
from assistant.copilot.order import in_order
from assistant.service import Actor, EmbeddedDesk, Policy, Proposal, Refusal, Request
from assistant.service.records import Customer
from assistant.service.tau2 import as_json, read_desk
from finetune.copilot.desk import FreshDesks, database
from finetune.copilot.replay import SHOWN, differences, replay
from finetune.copilot.tasks import Task, read_tasks, request_of

Progress = Callable[[int, int], None]
COPILOT, AGENT = Actor(role="assistant", id="copilot"), Actor(role="agent", id="scripted-agent")


class Readings(Protocol):
    """Where the copilot's requests come from."""

    name: str

    def requests(self, task: Task, customer: Customer, desk: EmbeddedDesk) -> Iterable[tuple[Request, str]]:
        """The requests for one task, each with why; each is decided before the next is asked for."""
        ...


class GoldReadings:
    """The task's gold actions as requests, as if the customer had been understood without fail: what is judged then is
    the policy and the actions alone."""

    name = "gold"

    def requests(self, task: Task, customer: Customer, desk: EmbeddedDesk) -> Iterable[tuple[Request, str]]:
        """The gold actions, those that close an order to further changes last."""
        wanted = [request for action in task.actions if (request := request_of(action)) is not None]
        return [(request, f"gold action of task {task.id}") for request in in_order(wanted)]


@dataclass(frozen=True)
class Score:
    """Whether one task left the right database, and the sentence that justifies it. `idle`: doing nothing is right."""

    task: str
    right: bool
    why: str
    idle: bool
    done: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class CopilotScores:
    """The scores of all tasks with readings of one kind."""

    readings: str
    scores: tuple[Score, ...]

    @property
    def share(self) -> float:
        """The share of tasks whose final database is right."""
        return sum(score.right for score in self.scores) / len(self.scores)

    @property
    def harmful(self) -> int:
        """How many tasks were left wrong with something done, which is worse than with nothing done."""
        return sum(not score.right and bool(score.done) for score in self.scores)

    @property
    def why(self) -> str:
        """The share as a sentence."""
        right = sum(score.right for score in self.scores)
        idle = sum(score.idle for score in self.scores)
        return (
            f"With {self.readings} readings, {right} of {len(self.scores)} tasks ended in the database that their gold "
            f"actions leave, {self.harmful} in another after something was done; doing nothing at all would be right "
            f"in {idle}."
        )

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        tasks = [
            {"id": s.task, "right": s.right, "why": s.why, "done": list(s.done), "refused": list(s.refused)}
            for s in self.scores
        ]
        idle = sum(score.idle for score in self.scores) / len(self.scores)
        shares = {
            "share": round(self.share, 4),
            "share_done_wrong": round(self.harmful / len(self.scores), 4),
            "share_of_doing_nothing": round(idle, 4),
        }
        return {"readings": self.readings, **shares, "why": self.why, "tasks": tasks}


def evaluate_copilot(
    db: Path, policy: Path, tasks: Path, readings: Readings, progress: Progress | None = None
) -> CopilotScores:
    """Every task on a fresh desk. Raises `ConfigError` or `ValueError` for a file that is not in tau2's layout."""
    data, wanted = read_desk(db), read_tasks(tasks)
    fresh = as_json(data.customers, data.orders)
    fresh["products"] = {
        product.id: {"variants": {v.item_id: v.model_dump() for v in product.variants}} for product in data.products
    }
    scores = []
    with TemporaryDirectory() as folder:
        desks = FreshDesks(data, Policy.read(policy), Path(folder))
        for i, task in enumerate(wanted, 1):
            with desks.fresh() as desk:
                scores.append(_judge(task, desk, readings, fresh))
            if progress is not None:
                progress(i, len(wanted))
    return CopilotScores(readings.name, tuple(scores))


def _judge(task: Task, desk: EmbeddedDesk, readings: Readings, fresh: dict[str, Any]) -> Score:
    expected, problems = replay(fresh, task.actions)
    customer = identify(desk, [task.known]) or identify(desk, [task.known, task.reason])
    if customer is None:
        steps = Steps((), ("Nobody in the database is who the customer says they are.",))
    else:
        steps = _serve(task, customer, desk, readings)
    idle = not differences(fresh, expected)
    return _score(task, steps, differences(database(desk), expected), problems, idle)


@dataclass(frozen=True)
class Steps:
    """What was done and what was refused, in words."""

    done: tuple[str, ...]
    refused: tuple[str, ...]


def _serve(task: Task, customer: Customer, desk: EmbeddedDesk, readings: Readings) -> Steps:
    done, refused = [], []
    for number, (request, why) in enumerate(readings.requests(task, customer, desk)):
        answer = desk.propose(COPILOT, customer.id, request, why=why, key=f"{task.id}/{number}")
        if isinstance(answer, Proposal):
            outcome = desk.confirm(answer.token, AGENT)
            done += [f"{request.name}: {' '.join(outcome.effects)}"] if outcome.status == "done" else []
            refused += [_told(request, outcome.refusal)] if outcome.refusal is not None else []
        else:
            refused.append(_told(request, answer))
    return Steps(tuple(done), tuple(refused))


def _told(request: Request, refusal: Refusal) -> str:
    clause = f" [{refusal.citation.id}]" if refusal.citation is not None else ""
    return f"{request.name} was refused{clause}: {refusal.reason}"


def _score(task: Task, steps: Steps, different: Sequence[str], problems: Sequence[str], idle: bool) -> Score:
    count = len(steps.done)
    actions = "1 action was" if count == 1 else f"{count} actions were"
    if not different:
        why = f"{actions} carried out, and the database is the one that the gold actions leave."
    else:
        more = f" and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
        why = f"{actions} carried out, and the database differs: {'; '.join(different[:SHOWN])}{more}."
    why += "".join(f" {refusal}" for refusal in steps.refused)
    why += "".join(f" The gold actions themselves could not all be replayed: {problem}." for problem in problems)
    return Score(task.id, not different, why, idle, steps.done, steps.refused)
