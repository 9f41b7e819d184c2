"""Index directories: whole or not at all, resumed, checked."""

from __future__ import annotations

import errno
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retrieval import storage
from retrieval.encoder import Encoder
from retrieval.errors import IndexStoreError
from retrieval.product import Product
from retrieval.storage import build_index, read_index, read_manifest
from tests.retrieval.conftest import product


def _many(count: int) -> list[Product]:
    return [product(str(i), f"Kettle number {i}") for i in range(count)]


class StoppedError(Exception):
    """Ends a build in the middle, as a person would."""


def test_what_is_written_is_read(tmp_path: Path, shop: list[Product], tiny: Encoder) -> None:
    seen: list[tuple[int, int]] = []
    manifest = build_index(shop, tmp_path, tiny, lambda done, total: seen.append((done, total)))
    stored = read_index(tmp_path, tiny)
    assert list(stored.catalogue) == shop
    assert stored.manifest == manifest == read_manifest(tmp_path)
    assert (manifest.count, manifest.dim, manifest.encoder) == (len(shop), 16, tiny.fingerprint)
    assert np.allclose(stored.vectors, tiny.encode([storage.document(p) for p in shop]), atol=1e-5)
    assert seen == [(len(shop), len(shop))]
    assert not list(tmp_path.glob("partial-*"))


def test_an_interrupted_build_goes_on(tmp_path: Path, tiny: Encoder) -> None:
    products = _many(3 * storage.CHUNK)
    encoded: list[int] = []

    class Counting(Encoder):
        def encode(self, texts: object) -> np.ndarray:  # type: ignore[override, type-arg]
            encoded.append(len(texts))  # type: ignore[arg-type]
            return super().encode(texts)  # type: ignore[arg-type]

    counting = Counting(tiny._model, tiny.fingerprint, tiny.name)

    def stop(done: int, total: int) -> None:
        if done >= 2 * storage.CHUNK:
            raise StoppedError

    with pytest.raises(StoppedError):
        build_index(products, tmp_path, counting, stop)
    with pytest.raises(IndexStoreError, match="There is no index"):
        read_manifest(tmp_path)
    partial = next(tmp_path.glob("partial-*"))
    (partial / f"{storage.CHUNK:08d}.npy").write_bytes(b"half")
    encoded.clear()
    build_index(products, tmp_path, counting)
    assert [n for n in encoded if n == storage.CHUNK] == [storage.CHUNK] * 2
    assert len(read_index(tmp_path, tiny).catalogue) == len(products)


def test_the_old_index_stays_until_the_new_one_is_whole(
    tmp_path: Path, tiny: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(_many(3), tmp_path, tiny)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        with pytest.raises(IndexStoreError, match="disk is full"):
            build_index(_many(4), tmp_path, tiny)
    assert len(read_index(tmp_path, tiny).catalogue) == 3
    build_index(_many(4), tmp_path, tiny)
    assert len(read_index(tmp_path, tiny).catalogue) == 4
    assert len(list(tmp_path.glob("data-*"))) == 1


def _hold(folder: str, ready: object, done: object) -> None:
    with storage._writing(Path(folder)):
        ready.set()  # type: ignore[attr-defined]
        done.wait(30)  # type: ignore[attr-defined]


def test_two_writers(tmp_path: Path, tiny: Encoder) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(tmp_path), ready, done))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(IndexStoreError, match="Another process is writing"):
            build_index(_many(2), tmp_path, tiny)
    finally:
        done.set()
        other.join()
    build_index(_many(2), tmp_path, tiny)


def test_mismatches_are_refused(tmp_path: Path, tiny: Encoder, make_model: Callable[[int], Path]) -> None:
    build_index(_many(3), tmp_path, tiny)
    with pytest.raises(IndexStoreError, match="was made with the encoder"):
        read_index(tmp_path, Encoder.load(str(make_model(1))))
    data = tmp_path / read_manifest(tmp_path).data
    np.save(data / "vectors.npy", np.zeros((2, 16), dtype=np.float32))
    with pytest.raises(IndexStoreError, match="does not fit its manifest"):
        read_index(tmp_path, tiny)
    (data / "products.jsonl.gz").write_bytes(b"\x1f\x8bhalf")
    with pytest.raises(IndexStoreError, match="is damaged"):
        read_index(tmp_path, tiny)
    (tmp_path / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(IndexStoreError, match="has format 99"):
        read_index(tmp_path, tiny)


def test_nothing_to_index(tmp_path: Path, tiny: Encoder) -> None:
    with pytest.raises(IndexStoreError, match="no products"):
        build_index([], tmp_path, tiny)
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexStoreError, match="Cannot write"):
        build_index(_many(1), tmp_path / "file", tiny)
