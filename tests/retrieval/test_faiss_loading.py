"""CUDA's libraries are loaded from the packages that hold them, where there are any."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from retrieval.faiss_loading import load_faiss, preload


def test_faiss_is_there() -> None:
    assert load_faiss() is sys.modules["faiss"]


def test_libraries_of_packages_are_loaded_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of Python's own takes the place of cuBLAS: what is loaded shows in the process's memory."""
    own = importlib.util.find_spec("_json")
    if own is None or own.origin is None or not own.origin.endswith(".so") or not Path("/proc/self/maps").exists():
        pytest.skip("needs a shared library of Python's own and Linux")
    folder = tmp_path / "nvidia" / "cublas" / "lib"
    folder.mkdir(parents=True)
    shutil.copy(own.origin, folder / "libcublas.so.12")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "nvidia", raising=False)
    monkeypatch.delitem(sys.modules, "nvidia.cublas", raising=False)
    importlib.invalidate_caches()
    assert preload() == [folder / "libcublas.so.12"]
    assert str(folder) in Path("/proc/self/maps").read_text()


def test_without_the_packages_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert preload() == []
