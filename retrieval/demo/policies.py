"""The demo shop's rules, numbered per topic: `{"id": "returns-2", "topic": "returns", "title": …, "text": …}`, and
`categories` where a clause is about some products only."""

from __future__ import annotations

from typing import Any

from retrieval.demo.tables import TABLES, read_table


def policies() -> list[dict[str, Any]]:
    """All clauses in the order of the table; ids count from 1 within a topic."""
    table: dict[str, list[list[Any]]] = read_table(TABLES / "policies.yaml")
    return [
        {"id": f"{topic}-{number}", "topic": topic, "title": title, "text": text}
        | ({"categories": meant[0]} if meant else {})
        for topic, clauses in table.items()
        for number, (title, text, *meant) in enumerate(clauses, start=1)
    ]
