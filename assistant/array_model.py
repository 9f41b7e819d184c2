"""Small models of a few arrays, each in a folder of its own: settings as JSON, weights as safetensors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from assistant.errors import ModelError

SETTINGS, WEIGHTS = "config.json", "weights.safetensors"
FORMAT = 1
ABOUT = "about"
Matrix = NDArray[np.float32]
Model = TypeVar("Model")
Build = Callable[[dict[str, Any], dict[str, Matrix]], Model]
"""A model from its settings and arrays; raises `ValueError`, `KeyError` or `TypeError` where they do not fit."""


def load_arrays(path: str | Path, kind: str, how: str, build: Build[Model]) -> Model:
    """What `build` makes of the settings and arrays in a folder. Raises `ModelError`, which names the model as `kind`
    and says `how` to get one, where there is none or where `build` or the file's format refuses it."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = Path(path)
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        arrays = {name: array.astype(np.float32) for name, array in load_file(folder / WEIGHTS).items()}
        if settings.pop("format") != FORMAT:
            raise ValueError(f"expected format {FORMAT}")
        return build(settings, arrays)
    except FileNotFoundError as error:
        raise ModelError(f"No {kind} in {folder}: {Path(error.filename).name} is missing. {how}") from None
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(f"{folder} holds no {kind} of this version: {error}. {how}") from error


def save_arrays(path: str | Path, model: Any, dtype: DTypeLike = np.float32, **settings: Any) -> None:
    """Writes a dataclass of arrays with its settings `about`, and further `settings`, into a folder."""
    from safetensors.numpy import save_file

    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, **settings} | asdict(model.about), indent=1, ensure_ascii=False)
    (folder / SETTINGS).write_text(text + "\n", encoding="utf-8")
    names = [field.name for field in fields(model) if field.name != ABOUT]
    save_file({name: np.ascontiguousarray(getattr(model, name), dtype) for name in names}, folder / WEIGHTS)


def check_shapes(model: Any, expected: Mapping[str, tuple[int, ...]]) -> None:
    """Raises `ValueError` where an array of the model has another shape than expected."""
    for name, shape in expected.items():
        if getattr(model, name).shape != shape:
            raise ValueError(f"{name}: expected the shape {shape}, found {getattr(model, name).shape}")
