"""Product files of a shop, in any of the usual formats, to products and the list of what is wrong in them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from retrieval.errors import FeedError
from retrieval.product import Product


class Problem(BaseModel):
    """One thing wrong in a product file. `line` counts from 1 (in Parquet: the row); `field` is "" for a whole record."""

    model_config = ConfigDict(frozen=True)

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


def read_products(
    paths: Sequence[str | Path],
    mapping: Mapping[str, str] | None = None,
    currency: str = "USD",
    strict: bool = False,
) -> tuple[list[Product], list[Problem]]:
    """Read product files. Good records load, bad ones are reported; `strict` raises `FeedError` at the first.

    `mapping` says where our fields are found under another name: `{"title": "name"}`.
    """
    products: list[Product] = []
    problems: list[Problem] = []
    for path in map(Path, paths):
        with (gzip.open(path, "rt") if path.suffix == ".gz" else path.open()) as file:
            for number, line in enumerate(file, 1):
                row = json.loads(line)
                for ours, theirs in (mapping or {}).items():
                    row[ours] = row.pop(theirs)
                row.setdefault("currency", currency)
                row["product_detail"] = [(d["attribute_name"], d["attribute_value"])
                                         for d in row.get("product_detail", [])]
                try:
                    products.append(Product.model_validate(row))
                except ValidationError as error:
                    problems.append(Problem(file=str(path), line=number, field="", message=str(error)))
                    if strict:
                        raise FeedError(str(problems[-1])) from None
    return products, problems
