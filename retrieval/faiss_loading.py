"""Importing FAISS, also in its build for GPUs, which does not find CUDA's libraries by itself."""

from __future__ import annotations

import ctypes
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

LIBRARIES = {
    "nvidia.cuda_runtime": ("libcudart.so.12",),
    "nvidia.cublas": ("libcublasLt.so.12", "libcublas.so.12"),
}
"""Packages that faiss-gpu-cu12 is installed with, and what it is linked against, in the order in which they need each
other. A torch built for another CUDA brings others."""


@cache
def load_faiss() -> Any:
    """The module `faiss`. CUDA 12's libraries are loaded first where pip has put them."""
    preload()
    import faiss

    return faiss


def preload() -> list[Path]:
    """Loads CUDA 12's libraries from the packages that hold them, and says which there were."""
    found = [path for package, names in LIBRARIES.items() for name in names for path in _places(package, name)]
    for path in found:
        ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    return found


def _places(package: str, name: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        return []
    folders = spec.submodule_search_locations if spec else None
    return [path for folder in folders or () if (path := Path(folder) / "lib" / name).is_file()][:1]
