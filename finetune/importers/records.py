"""Rows of public files, and the small pieces of a label that importers share."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def csv_rows(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """The rows of a CSV file, or of another `delimiter`, gzipped or not."""
    with (
        gzip.open(path, "rt", encoding="utf-8", newline="")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8", newline="")
    ) as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def find(words: str, text: str) -> str | None:
    """The words as they stand in a text, whatever their case, as whole words; `None` where they do not."""
    match = re.search(rf"(?<!\w){re.escape(words.strip())}(?!\w)", text, re.IGNORECASE) if words.strip() else None
    return match[0] if match else None


def constraint(
    attribute: str, op: str, value: str | float, message: int, quote: str, unit: str | None = None
) -> dict[str, Any]:
    """A must as it stands in a label."""
    record: dict[str, Any] = {"attribute": attribute, "op": op, "value": value}
    if unit:
        record["unit"] = unit
    return record | {"strength": "must", "source": {"message": message, "quote": quote}}


def need(product: str | None, constraints: list[dict[str, Any]], active: bool = True) -> dict[str, Any]:
    """A need as it stands in a label."""
    return {"product": product, "active": active, "constraints": constraints}
