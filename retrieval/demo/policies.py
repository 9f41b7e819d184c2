"""The demo shop's rules, numbered per topic: `{"id": "returns-2", "topic": "returns", "title": …, "text": …}`."""

from __future__ import annotations

from retrieval.demo.tables import TABLES, read_table


def policies() -> list[dict[str, str]]:
    """All clauses in the order of the table; ids count from 1 within a topic."""
    table: dict[str, list[tuple[str, str]]] = read_table(TABLES / "policies.yaml")
    return [
        {"id": f"{topic}-{number}", "topic": topic, "title": title, "text": text}
        for topic, clauses in table.items()
        for number, (title, text) in enumerate(clauses, start=1)
    ]
