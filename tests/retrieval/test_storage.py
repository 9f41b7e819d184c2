"""Index directories: whole or not at all, resumed, checked."""

from __future__ import annotations

import errno
import multiprocessing
from collections.abc import Callable, Sequence
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
    assert seen == [(0, len(shop)), (len(shop), len(shop))]
    assert not list(tmp_path.glob("partial-*"))


def test_an_interrupted_build_goes_on(tmp_path: Path, tiny: Encoder) -> None:
    products = _many(3 * storage.CHUNK)
    counting = Counting(tiny)

    def stop(done: int, total: int) -> None:
        if done >= 2 * storage.CHUNK:
            raise StoppedError

    with pytest.raises(StoppedError):
        build_index(products, tmp_path, counting, stop)
    with pytest.raises(IndexStoreError, match="There is no index"):
        read_manifest(tmp_path)
    partial = next(tmp_path.glob("partial-*"))
    (partial / f"{storage.CHUNK:08d}.npy").write_bytes(b"half")
    counting.texts.clear()
    build_index(products, tmp_path, counting)
    kettles = [storage.document(kettle) for kettle in products]
    assert [text for text in counting.texts if text in kettles] == kettles[storage.CHUNK :]
    assert len(read_index(tmp_path, tiny).catalogue) == len(products)


class Counting(Encoder):
    """Remembers what it embedded."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder._model, encoder.fingerprint, encoder.name)
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:  # type: ignore[type-arg]
        self.texts += texts
        return super().encode(texts)


def test_only_what_is_new_is_embedded(tmp_path: Path, tiny: Encoder) -> None:
    old, counting = _many(5), Counting(tiny)
    build_index(old, tmp_path, tiny)
    build_index(old, tmp_path, counting)
    assert counting.texts == []
    new = [old[3].model_copy(update={"price": 5.0}), product("new", "Teapot"), old[0]]
    build_index(new, tmp_path, counting)
    assert [text for text in counting.texts if "Kettle" in text] == []
    stored = read_index(tmp_path, tiny)
    assert list(stored.catalogue) == new
    assert np.allclose(stored.vectors, tiny.encode([storage.document(p) for p in new]), atol=1e-5)


def test_a_damaged_index_is_made_anew(tmp_path: Path, tiny: Encoder) -> None:
    products = _many(5)
    folder = tmp_path / build_index(products, tmp_path, tiny).data
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) > 4
    for file in files:
        whole = file.read_bytes()
        for damaged in (b"", whole[: len(whole) // 2], bytes(byte ^ 0x5A for byte in whole)):
            file.write_bytes(damaged)
            with pytest.raises(IndexStoreError, match="Index the catalogue again"):
                read_index(tmp_path, tiny)
            build_index(products, tmp_path, tiny)
            assert list(read_index(tmp_path, tiny).catalogue) == products
        file.unlink()
        build_index(products, tmp_path, tiny)
        assert list(read_index(tmp_path, tiny).catalogue) == products
    packed = folder / "products.jsonl.gz"
    whole = packed.read_bytes()
    for place in range(len(whole)):
        packed.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            assert list(read_index(tmp_path, tiny).catalogue) == products
        except IndexStoreError as error:
            assert "Index the catalogue again" in str(error)


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
