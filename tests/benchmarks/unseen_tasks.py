"""tau2-retail's train tasks apart: those that were read while the copilot's service actions were made, and those of
customers that nobody looked at.

    shopkeeper evaluate copilot --db … --policy … --tasks … --readings model --json > result.json
    python -m tests.benchmarks.unseen_tasks result.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_UNSEEN = (6, 7, 8, 19, 20, 21, 22, 25, 28, 29, 30, 31, 34, 35, 46, 47, 48, 81, 89, 91, 92, 103, 104, 112)
UNSEEN = frozenset(map(str, _UNSEEN))
"""Tasks of customers drawn at random before the first of the others was read. Whoever reads one takes it out."""


def main(result: str) -> None:
    """Prints right tasks, and wrong ones in which something was done, of each part."""
    tasks: list[dict[str, Any]] = json.loads(Path(result).read_text(encoding="utf-8"))["tasks"]
    unseen = [task for task in tasks if task["id"] in UNSEEN]
    if missing := len(UNSEEN) - len(unseen):
        sys.exit(f"{result}: expected the result of tau2-retail's train tasks; {missing} of them are missing.")
    print(_told("looked at", [task for task in tasks if task["id"] not in UNSEEN]))
    print(_told("never looked at", unseen))


def _told(name: str, tasks: Sequence[dict[str, Any]]) -> str:
    right = sum(task["right"] for task in tasks)
    wrong = sum(not task["right"] and bool(task["done"]) for task in tasks)
    return f"{name}: {right} of {len(tasks)} right, {wrong} wrong with something done"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
