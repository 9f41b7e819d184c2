"""Keeps the search index of a shop's catalogue up to date with the files that the settings name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.config import Settings
from assistant.errors import ConfigError

if TYPE_CHECKING:
    from retrieval.encoder import Encoder
    from retrieval.feeds import Problem
    from retrieval.product import Product

Progress = Callable[[int, int], None]
Sources = dict[str, object]
"""What an index depends on, as JSON."""


def prepare(settings: Settings, progress: Progress | None = None) -> list[Problem]:
    """Makes what the settings name and is not there yet: the demo shop's files, and the index of the catalogue.

    `progress(done, total)` is called while products are embedded. Quick where everything is in place. Returns what is
    wrong in the catalogue where it was read, so that whoever starts a shop sees what is missing in it.
    """
    write_demo_shop(settings)
    if _index_is_current(settings):
        return []
    sources = sources_of(settings)
    products, problems = _read(settings)
    index_products(settings, products, sources, progress)
    return problems


def write_demo_shop(settings: Settings) -> None:
    """Writes the demo shop's files where the settings are the demo shop's and one is missing or of another version."""
    from retrieval.demo.generate import is_current, write_demo

    shop = settings.shop
    if shop.demo_seed is None:
        return
    wanted = [*shop.files, *(path for path in (shop.policies, shop.orders, shop.sessions) if path is not None)]
    if not (all(path.exists() for path in wanted) and is_current(shop.files[0].parent, shop.demo_seed)):
        write_demo(shop.files[0].parent, seed=shop.demo_seed)


def read_catalogue(settings: Settings) -> list[Product]:
    """The products of the shop's catalogue files. Raises `ConfigError` where none can be read."""
    return _read(settings)[0]


def _read(settings: Settings) -> tuple[list[Product], list[Problem]]:
    from retrieval.feeds import read_products

    shop = settings.shop
    missing = [str(path) for path in shop.files if not path.exists()]
    if missing:
        raise ConfigError(f"No catalogue file {', '.join(missing)}. Put it there, or correct shop.catalogue.")
    products, problems = read_products(list(shop.files), mapping=shop.mapping, currency=shop.currency)
    if not products:
        first = f"The first problem: {problems[0]}." if problems else "Each record needs an id and a title."
        raise ConfigError(f"No usable product in {', '.join(map(str, shop.files))}. {first}")
    return products, problems


def build_encoder(settings: Settings) -> Encoder:
    """The sentence encoder, with its adapter where one is named."""
    from retrieval.encoder import Encoder

    return Encoder.load(settings.encoder.model, adapter=settings.encoder.adapter)


def sources_of(settings: Settings) -> Sources:
    """What the index depends on: its files as they are now, how they are read, and the encoder's name."""
    files = {str(path): _state(path) for path in settings.shop.files}
    reading = [settings.shop.mapping, settings.shop.currency]
    return {"files": files, "reading": reading, "encoder": settings.encoder.model_dump(mode="json")}


def index_products(
    settings: Settings, products: Sequence[Product], sources: Sources, progress: Progress | None = None
) -> None:
    """Builds the index of products that were read from `sources`, which must be those of before they were read: what
    changes meanwhile is seen at the next start. An index that is damaged is made anew. Raises `IndexStoreError`."""
    from retrieval.index import build_index

    manifest = build_index(products, settings.index.path, build_encoder(settings), progress=progress)
    stamp = _stamp(settings)
    temporary = stamp.with_name(f"{stamp.name}.tmp")
    temporary.write_text(json.dumps(_stamped(sources, manifest.catalogue)), encoding="utf-8")
    temporary.replace(stamp)


def _state(file: Path) -> list[int] | None:
    try:
        stat = os.stat(file)
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns]


def _stamp(settings: Settings) -> Path:
    return settings.index.path / "sources.json"


def _stamped(sources: Sources, catalogue: str) -> Sources:
    return {**sources, "catalogue": catalogue}


def _index_is_current(settings: Settings) -> bool:
    """Whether the index that is there was built from the catalogue as it is; without the catalogue, whether it was not
    built from others: an index may be brought to where its catalogue is not."""
    from retrieval.errors import IndexStoreError
    from retrieval.storage import read_manifest

    try:
        catalogue = read_manifest(settings.index.path).catalogue
    except IndexStoreError:
        return False
    stamped, sources = _read_stamp(_stamp(settings)), sources_of(settings)
    if all(path.exists() for path in settings.shop.files):
        return stamped == _stamped(sources, catalogue)
    files = stamped.get("files", {})
    return not stamped or (isinstance(files, dict) and sorted(files) == sorted(map(str, settings.shop.files)))


def _read_stamp(path: Path) -> Sources:
    """What the index was built from; empty where nothing says so."""
    try:
        stamped = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamped if isinstance(stamped, dict) else {}
