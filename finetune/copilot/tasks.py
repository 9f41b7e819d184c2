"""Tasks of a service desk in tau2's layout: what a customer wants, and the actions that a perfect agent would take."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InvalidInput
from assistant.service import Request, parse_request

ADDRESS = ("address1", "address2", "city", "state", "country", "zip")


@dataclass(frozen=True)
class GoldAction:
    """One call of a tool, as the task has it."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One task. `reason` is why the customer calls, `known` and `unknown` what they can say of themselves, `manner`
    how they go about it; all in the second person, as instructions to who plays them."""

    id: str
    reason: str
    known: str
    unknown: str
    manner: str
    actions: tuple[GoldAction, ...]


def read_tasks(path: Path) -> tuple[Task, ...]:
    """The tasks in a JSON list or JSON Lines, also gzipped. Raises `ValueError` where a record is no task."""
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode("utf-8")
    try:
        records = json.loads(text) if text.lstrip().startswith("[") else [json.loads(s) for s in text.splitlines() if s]
    except ValueError as error:
        raise ValueError(f"{path}: expected a JSON list or JSON Lines of tasks; {error}.") from error
    tasks = tuple(_task(record, f"{path}, task {i}") for i, record in enumerate(records, 1))
    if not tasks:
        raise ValueError(f"{path} holds no task.")
    return tasks


def request_of(action: GoldAction) -> Request | None:
    """What the desk is asked by this action; `None` for one that only looks something up or calculates.

    Raises `ValueError` for arguments that do not make a request."""
    given = action.arguments
    try:
        data = _REQUESTS[action.name](given) if action.name in _REQUESTS else None
        return None if data is None else parse_request(data)
    except (KeyError, TypeError, InvalidInput) as error:
        raise ValueError(f"{action.name} cannot be asked with {json.dumps(given)}: {error}") from error


def _task(record: Any, where: str) -> Task:
    try:
        scenario = record["user_scenario"]["instructions"]
        actions = record["evaluation_criteria"]["actions"] or ()
        return Task(
            id=str(record["id"]),
            reason=scenario["reason_for_call"] or "",
            known=scenario.get("known_info") or "",
            unknown=scenario.get("unknown_info") or "",
            manner=scenario.get("task_instructions") or "",
            actions=tuple(GoldAction(action["name"], dict(action["arguments"])) for action in actions),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{where}: expected a task in tau2's layout; {error!r} is missing or no record.") from error


def _address(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ADDRESS}


def _changes(given: dict[str, Any]) -> list[dict[str, Any]]:
    pairs = _paired(given["item_ids"], given["new_item_ids"])
    return [{"item_id": old, "new_item_id": new} for old, new in pairs]


def _paired(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    if len(old) != len(new):
        raise TypeError(f"{len(old)} items for {len(new)} new ones")
    return list(zip(old, new, strict=True))


def _of(name: str, *fields: str) -> Any:
    return lambda given: {"name": name, **{field: given[field] for field in fields}}


_REQUESTS: dict[str, Any] = {
    "cancel_pending_order": _of("cancel_order", "order_id", "reason"),
    "modify_pending_order_address": lambda given: {
        "name": "change_order_address", "order_id": given["order_id"], "address": _address(given)},
    "modify_pending_order_items": lambda given: {
        "name": "change_items", "order_id": given["order_id"], "changes": _changes(given),
        "payment_method_id": given["payment_method_id"]},
    "modify_pending_order_payment": _of("change_payment", "order_id", "payment_method_id"),
    "modify_user_address": lambda given: {"name": "change_customer_address", "address": _address(given)},
    "return_delivered_order_items": _of("return_items", "order_id", "item_ids", "payment_method_id"),
    "exchange_delivered_order_items": lambda given: {
        "name": "exchange_items", "order_id": given["order_id"], "changes": _changes(given),
        "payment_method_id": given["payment_method_id"]},
    "transfer_to_human_agents": _of("hand_over", "summary"),
}  # fmt: skip
