"""Which point of the need card a click was meant for.

The card's places (first need, second point) are those of the moment when the page was drawn. Another window, a second
click or an answer may have moved them since, so each click also says what its row showed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.errors import InvalidInput
from assistant.records import Constraint, Need, State


class Moved(InvalidInput):
    """What was clicked is no longer there."""

    def __init__(self) -> None:
        super().__init__("This has changed meanwhile. Here it is as it stands now.")


def need_mark(need: Need) -> str:
    """What a need is called on the page, as its buttons' `data-kind`."""
    return need.product or ""


def point_mark(constraint: Constraint) -> str:
    """What a point says, as its buttons' `data-point`; whether it is a must or a wish makes no other point of it."""
    return f"{constraint.attribute} {constraint.op} {constraint.value}"


def place(state: State, arguments: Mapping[str, str]) -> tuple[int, int | None]:
    """Where in the state the need, and the point if one was meant, of a click is now. Raises `Moved`."""
    need = _place([need_mark(n) for n in state.needs], number(arguments, "need"), arguments.get("kind", ""))
    if "constraint" not in arguments:
        return need, None
    marks = [point_mark(c) for c in state.needs[need].constraints]
    return need, _place(marks, number(arguments, "constraint"), arguments.get("point", ""))


def number(arguments: Mapping[str, str], name: str) -> int | None:
    """An argument that is a small whole number; `None` where it is missing or anything else."""
    text = arguments.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _place(marks: Sequence[str], before: int | None, mark: str) -> int:
    if before is not None and before < len(marks) and marks[before] == mark:
        return before
    if mark not in marks:
        raise Moved
    return marks.index(mark)
