"""Kinds of product, brands and values from the public sets that may be trained on, read when they are at hand.

Nothing of them is kept in this repository. Each function returns nothing where its file is missing. Mappings:

- retail-demo-store: `style` is a kind, its prices give the range.
- extractgpt (AE-110k, OA-Mine): `category` is a kind; its gold values are brands, colours, materials, styles, features.
- icecat, aws-electronics: brand names only.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ATTRIBUTES = {
    "brand": "brands", "brand name": "brands", "color": "colours", "material": "materials", "shoe type": "styles",
    "style": "styles", "type": "styles", "flavor": "styles", "scent": "styles", "lure type": "styles", "gender": "",
    "size": "", "size/weight": "", "net content": "", "pack size": "", "quantity": "", "model number": "",
    "model name": "",
    "product line": "", "item": "", "feature": "features", "features": "features", "function": "features",
    "special feature": "features", "resolution": "features", "connectivity": "features", "occasion": "uses",
}  # fmt: skip
CLEAN = re.compile(r"^[a-z0-9][a-z0-9 '&.+/-]{2,28}$")
AMOUNT = re.compile(r"\d\s*(?:fl|oz|ounce|ml|g\b|kg|lb|count|pack|pcs|inch|cm|mm|m\b)")
UNKNOWN = re.compile(r"^(?:un\w+|n/a|none|generic|other|the .*)$", re.IGNORECASE)
MOST = 40


def public_kinds(shared: Path) -> list[dict[str, tuple[str, ...]]]:
    """Kinds as columns (`names`, `price`, `styles`, `features`, `materials`, `uses`, `brands`, `colours`)."""
    return [*_demo_store(shared), *_extracted(shared)]


def public_brands(shared: Path) -> list[str]:
    """Brand names of the public catalogues, in order, each once."""
    names = [row.get("supplier") for row in _rows(shared / "icecat" / "products.jsonl.gz")]
    path = shared / "aws-electronics" / "products.csv.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            names += [row.get("Manufacturer") for row in csv.DictReader(file)]
    return list(
        dict.fromkeys(n.strip() for n in names if n and 2 < len(n.strip()) < 20 and not UNKNOWN.match(n.strip()))
    )


def _demo_store(shared: Path) -> Iterator[dict[str, tuple[str, ...]]]:
    path = shared / "retail-demo-store" / "products.yaml"
    if not path.exists():
        return
    import yaml

    prices: dict[str, list[float]] = defaultdict(list)
    for row in yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        prices[str(row["style"]).replace("_", " ").replace("-", " ").lower()].append(float(row["price"]))
    for style, amounts in sorted(prices.items()):
        yield {"names": (style,), "price": (str(max(3.0, min(amounts))), str(max(amounts) + 5))}


def _extracted(shared: Path) -> Iterator[dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for name in ("ae-110k_train", "oa-mine_train"):
        for row in _rows(shared / "extractgpt" / f"{name}.jsonl.gz"):
            category = row["category"].lower()
            found[category]["names"][category] = None
            for attribute, values in row["target_scores"].items():
                column = ATTRIBUTES.get(attribute.lower(), "features")
                for value in values:
                    if column and CLEAN.match(value.lower()) and value.lower() != "n/a":
                        found[category][column][value if column == "brands" else value.lower()] = None
    for columns in found.values():
        yield {column: _some(column, list(values)) for column, values in columns.items()}


def _some(column: str, values: list[str]) -> tuple[str, ...]:
    kept = values[:: max(1, len(values) // MOST)][:MOST]
    return tuple(v for v in kept if not AMOUNT.search(v))[:15] if column == "features" else tuple(kept)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
