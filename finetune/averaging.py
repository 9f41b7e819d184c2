"""The weighted mean of several runs of one network, often better than each: models of one descent lie in one valley.

    python -m finetune.averaging runs/reader runs/reader-a=0.35 runs/reader-b=0.65

Settings and thresholds are the last folder's; choose thresholds anew (`finetune.train_reader.settle`).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from assistant.compact_reader import ADAPTER, HEADS


def average(folders: Mapping[Path, float], output: Path) -> None:
    """Write the mean of the readers in `folders`, each with its weight, to `output`.

    Raises `ValueError` where weights do not add up to 1 or the readers have other tensors than the first.
    """
    if abs(sum(folders.values()) - 1) > 1e-6:
        raise ValueError(f"expected weights that add up to 1, found {sum(folders.values()):g}")
    shutil.copytree(list(folders)[-1], output, dirs_exist_ok=True)
    for name in (ADAPTER, HEADS):
        loaded = [(weight, load_file(folder / name)) for folder, weight in folders.items()]
        shapes = [{key: value.shape for key, value in tensors.items()} for _, tensors in loaded]
        if any(other != shapes[0] for other in shapes[1:]):
            raise ValueError(f"expected readers of one shape, found others in {name}: average runs of one recipe")
        mean = {key: _mean([(weight, tensors[key]) for weight, tensors in loaded]) for key in loaded[0][1]}
        save_file(mean, output / name)


def _mean(parts: list[tuple[float, torch.Tensor]]) -> torch.Tensor:
    return torch.stack([weight * tensor.float() for weight, tensor in parts]).sum(0).to(parts[0][1].dtype).contiguous()


def main(arguments: list[str]) -> None:
    output, *named = arguments
    pairs = [name.rpartition("=") for name in named]
    average({Path(folder): float(weight) for folder, _, weight in pairs}, Path(output))


if __name__ == "__main__":
    main(sys.argv[1:])
