"""Support tickets of our own in eShopSupport's layout, with words that tell their type and satisfaction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FAULTS = (
    "The kettle leaks and I am furious.",
    "My lamp arrived broken, this is unacceptable!",
    "The blender stopped working after a day. I am so angry.",
    "This tent tore at once, I want a refund now!",
)
QUERIES = (
    "How do I descale the kettle?",
    "Hello, which bulb fits the lamp? Thank you so much.",
    "Can the blender crush ice? I love it!",
    "Does the tent come with pegs? Thanks for your help.",
)
ANSWERS = ("Fill it with vinegar and boil it twice.", "A bulb with an E14 base of up to 40 watts fits.")


def ticket(
    id: int, text: str, kind: str | None, satisfaction: float | None, *more: str, **fields: Any
) -> dict[str, Any]:
    """A ticket in which customer and staff speak in turn, the customer first."""
    posts = [{"IsCustomerMessage": i % 2 == 0, "Text": said} for i, said in enumerate((text, *more))]
    return {"TicketId": id, "CustomerId": 100 + id, "ProductId": 1 + id % 4, "TicketType": kind,
            "CustomerSatisfaction": satisfaction, "ShortSummary": text, "LongSummary": f"The customer wrote: {text}",
            "Messages": posts} | fields  # fmt: skip


def shop(count: int = 24) -> list[dict[str, Any]]:
    """Tickets of two types, one in three with an answer and thanks."""
    rows = []
    for i in range(count):
        fault = i % 2 == 0
        text = (FAULTS if fault else QUERIES)[i // 2 % 4]
        more = (ANSWERS[i // 2 % 2], "Thank you, that helps." if not fault else "That does not help at all.")
        rows.append(ticket(i, f"Ticket number {i}. {text}", "Fault" if fault else "Query", 2 if fault else 8,
                           *(more if i % 3 == 0 else ())))  # fmt: skip
    return rows


def write(folder: Path, **files: Any) -> Path:
    """A folder with these files, by their names without the ending."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        (folder / f"{name.replace('_', '-')}.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder
