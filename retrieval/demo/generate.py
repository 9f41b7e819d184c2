"""Writes the demo shop as files: `products.jsonl`, `policies.json`, `orders.json`, `sessions.jsonl`."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from retrieval.demo.orders import orders
from retrieval.demo.policies import policies
from retrieval.demo.products import products
from retrieval.demo.sessions import sessions

NAME = "Quillmoor"
"""The shop's name."""
STAMP = "version.json"
"""Says which tables and which seed the files beside it came from."""
SOURCES = (".py", ".yaml")


def write_demo(directory: Path, seed: int = 7) -> None:
    """Write the demo shop into `directory`, which is made if need be. The same seed gives the same bytes.

    Each file is written beside its place and then moved there, so a reader never sees half of one.
    """
    catalogue = list(products(seed))
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "products.jsonl", _lines(product.record() for product in catalogue))
    _write(directory / "policies.json", _pretty(policies()))
    _write(directory / "orders.json", _pretty(orders(catalogue, seed)))
    _write(directory / "sessions.jsonl", _lines(sessions(catalogue, seed)))
    _write(directory / STAMP, _pretty(_version(seed)))


def is_current(directory: Path, seed: int) -> bool:
    """Whether the files there were written from these tables, by this code, with this seed."""
    try:
        return bool(json.loads((directory / STAMP).read_text(encoding="utf-8")) == _version(seed))
    except (OSError, ValueError):
        return False


def _version(seed: int) -> dict[str, Any]:
    digest = hashlib.sha256()
    for source in sorted(path for path in Path(__file__).parent.rglob("*") if path.suffix in SOURCES):
        digest.update(source.read_bytes())
    return {"seed": seed, "sources": digest.hexdigest()}


def _lines(records: Iterable[Any]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _pretty(records: Any) -> str:
    return json.dumps(records, ensure_ascii=False, indent=1) + "\n"


def _write(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
