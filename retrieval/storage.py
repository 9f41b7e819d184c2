"""An index directory: written all or not at all, resumed after an interruption, checked when read.

`manifest.json` names the folder with the data and says what it was made of; replacing that one file is what
publishes a new index. Finished chunks of an unfinished build are kept in `partial-*`, named after the same hash.
"""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from retrieval.catalogue import Catalogue
from retrieval.encoder import Encoder
from retrieval.errors import IndexStoreError
from retrieval.kinds import Kinds
from retrieval.lexical import Lexical
from retrieval.product import Product

Progress = Callable[[int, int], None]
Floats = NDArray[np.float32]

FORMAT = 2
CHUNK = 256
_MANIFEST = "manifest.json"
_PRODUCTS = "products.jsonl.gz"
_VECTORS = "vectors.npy"
_LEXICAL = "lexical"
_KINDS = "kinds.npy"
_LONGEST_TEXT = 400


class Manifest(BaseModel):
    """What an index was made of. `catalogue` is a hash of the products and their order, `encoder` the fingerprint."""

    model_config = ConfigDict(frozen=True)

    format: int
    data: str
    catalogue: str
    encoder: str
    encoder_name: str
    count: int
    dim: int
    versions: dict[str, str]


class Stored(BaseModel):
    """What an index directory holds, as read."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    manifest: Manifest
    catalogue: Catalogue
    vectors: NDArray[np.float32]
    lexical: Lexical
    kinds: Kinds


def build_index(
    products: Sequence[Product], directory: str | Path, encoder: Encoder, progress: Progress | None = None
) -> Manifest:
    """Embed the products and write an index directory; an interrupted build goes on where it stopped.

    Products that the index there already holds, with the same text, are not embedded again. `progress(done, total)`
    counts products, from 0. Until the new index is complete, the old one stays as it is. Raises `IndexStoreError` if
    there are no products, another process is writing, or the disk is full.
    """
    if not products:
        raise IndexStoreError("There are no products to index: give a file with at least one good record.")
    folder = Path(directory)
    with _writing(folder), _disk_errors(folder):
        lines = [product.model_dump_json(exclude_none=True) for product in products]
        catalogue = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]
        name = hashlib.sha256(f"{FORMAT} {catalogue} {encoder.fingerprint}".encode()).hexdigest()[:12]
        data = folder / f"data-{name}"
        partial = folder / f"partial-{name}"
        for stale in folder.glob("partial-*"):
            if stale != partial:
                shutil.rmtree(stale)
        old = _whole(folder, encoder)
        if old is None or old.manifest.data != data.name:
            vectors = _embed(products, partial, encoder, _vectors_by_text(old), progress)
            kinds = encoder.encode(Kinds(Catalogue(products), encoder).labels)
            _write_data(data, lines, vectors, kinds, Lexical.build(products))
        manifest = Manifest(
            format=FORMAT, data=data.name, catalogue=catalogue, encoder=encoder.fingerprint,
            encoder_name=encoder.name, count=len(products), dim=encoder.dim, versions=_versions(),
        )
        _replace(folder / _MANIFEST, (manifest.model_dump_json(indent=2) + "\n").encode())
        for stale in (*folder.glob("data-*"), partial):
            if stale != data:
                shutil.rmtree(stale, ignore_errors=True)
    return manifest


def read_index(directory: str | Path, encoder: Encoder) -> Stored:
    """Read an index directory. Raises `IndexStoreError` if it is missing, damaged, or of another encoder."""
    folder = Path(directory)
    manifest = read_manifest(folder)
    if manifest.encoder != encoder.fingerprint:
        raise IndexStoreError(
            f"The index {folder} was made with the encoder {manifest.encoder_name} ({manifest.encoder[:8]}), but the "
            f"settings name {encoder.name} ({encoder.fingerprint[:8]}). Use that encoder, or index the catalogue again."
        )
    data = folder / manifest.data
    try:
        with gzip.open(data / _PRODUCTS, "rb") as file:
            lines = file.read().splitlines()
        vectors = np.load(data / _VECTORS, allow_pickle=False)
        products = tuple(Product.model_validate_json(line) for line in lines)
        names = np.load(data / _KINDS, allow_pickle=False)
        lexical = Lexical.load(data / _LEXICAL, len(products))
    except (OSError, EOFError, ValueError, KeyError, zlib.error) as error:
        raise IndexStoreError(f"The index {folder} is damaged ({error}). Index the catalogue again.") from error
    found = hashlib.sha256(b"\n".join(lines)).hexdigest()[:32]
    if found != manifest.catalogue or vectors.shape != (manifest.count, manifest.dim):
        raise IndexStoreError(
            f"The index {folder} does not fit its manifest: expected {manifest.count} products of catalogue "
            f"{manifest.catalogue[:8]}, found {len(products)} of {found[:8]}. Index the catalogue again."
        )
    catalogue = Catalogue(products)
    kinds = Kinds(catalogue, encoder, names)
    return Stored(manifest=manifest, catalogue=catalogue, vectors=vectors, lexical=lexical, kinds=kinds)


def read_manifest(directory: str | Path) -> Manifest:
    """The manifest of an index directory. Raises `IndexStoreError`."""
    path = Path(directory) / _MANIFEST
    try:
        fields = json.loads(path.read_bytes())
        if isinstance(fields, dict) and fields.get("format") not in (None, FORMAT):
            raise IndexStoreError(
                f"The index {directory} has format {fields['format']}, this version reads {FORMAT}. "
                "Index the catalogue again."
            )
        return Manifest.model_validate(fields)
    except FileNotFoundError as error:
        raise IndexStoreError(
            f"There is no index in {directory}. Make one: shopkeeper index FILE... --out {directory}"
        ) from error
    except (OSError, ValueError, ValidationError) as error:
        raise IndexStoreError(f"{path} is damaged ({error}). Index the catalogue again.") from error


def document(product: Product) -> str:
    """The text of a product that is embedded: what it is first, what it can do next, within a few hundred letters."""
    facts = [f"{name}: {value}" for name, value in product.product_detail[:8]]
    parts = [
        product.title, product.product_type.replace(" > ", ", "), ", ".join((*product.brand, *product.color)),
        ", ".join(product.product_highlight[:6]), product.description[:200], ", ".join(facts),
    ]
    return ". ".join(part.strip(" .") for part in parts if part.strip())[:_LONGEST_TEXT]


def _whole(folder: Path, encoder: Encoder) -> Stored | None:
    """The index that is there; `None` where there is none, or it is damaged or of another encoder."""
    try:
        return read_index(folder, encoder)
    except IndexStoreError:
        return None


def _vectors_by_text(stored: Stored | None) -> dict[str, Floats]:
    """What is embedded of each product, and its vector (dim,)."""
    if stored is None:
        return {}
    return {document(product): vector for product, vector in zip(stored.catalogue, stored.vectors, strict=True)}


def _embed(
    products: Sequence[Product], partial: Path, encoder: Encoder, known: dict[str, Floats], progress: Progress | None
) -> NDArray[np.float32]:
    partial.mkdir(exist_ok=True)
    chunks: list[NDArray[np.float32]] = []
    if progress is not None:
        progress(0, len(products))
    for start in range(0, len(products), CHUNK):
        texts = [document(product) for product in products[start : start + CHUNK]]
        path = partial / f"{start:08d}.npy"
        vectors = _finished(path, (len(texts), encoder.dim))
        if vectors is None:
            vectors = _encoded(texts, encoder, known)
            _save_array(path, vectors)
        chunks.append(vectors)
        if progress is not None:
            progress(start + len(texts), len(products))
    return np.concatenate(chunks)


def _encoded(texts: Sequence[str], encoder: Encoder, known: dict[str, Floats]) -> Floats:
    """Vectors of the texts, (len(texts), dim), those that are known taken as they are."""
    fresh = [text for text in texts if text not in known]
    new = dict(zip(fresh, encoder.encode(fresh), strict=True))
    return np.stack([known[text] if text in known else new[text] for text in texts])


def _finished(path: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    try:
        vectors: NDArray[np.float32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return vectors if vectors.shape == shape and vectors.dtype == np.float32 else None


def _save_array(path: Path, array: NDArray[np.float32]) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    temporary.replace(path)


def _write_data(data: Path, lines: Sequence[str], vectors: Floats, kinds: Floats, lexical: Lexical) -> None:
    if data.exists():
        shutil.rmtree(data)
    temporary = data.with_name(f"{data.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        with gzip.GzipFile(temporary / _PRODUCTS, "wb", compresslevel=6, mtime=0) as file:
            file.write("\n".join(lines).encode())
        np.save(temporary / _VECTORS, vectors, allow_pickle=False)
        np.save(temporary / _KINDS, kinds, allow_pickle=False)
        lexical.save(temporary / _LEXICAL)
        temporary.replace(data)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Hold the directory's lock, which the system lets go of when the process ends in whatever way."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise IndexStoreError(f"Cannot write the index to {folder}: {error}. Choose another directory.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise IndexStoreError(
                f"Another process is writing the index {folder}. Wait until it is done, or choose another directory."
            ) from error
        yield


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "The disk is full" if full else f"Writing failed ({error})"
        advice = "Free some space and run the same command again: finished parts are kept" if full else "Try again"
        raise IndexStoreError(
            f"{what} while the index {folder} was written; what was there before is unchanged. {advice}."
        ) from error


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in ("numpy", "bm25s", "sentence-transformers", "torch"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
