from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.demo.generate import write_demo
from retrieval.demo.products import products
from retrieval.product import Product


@pytest.fixture(scope="session")
def catalogue() -> list[Product]:
    return list(products(7))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("demo") / "shop"
    write_demo(directory)
    return directory


@pytest.fixture(scope="session")
def records(shop: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shop / "products.jsonl").read_text(encoding="utf-8").splitlines()]
