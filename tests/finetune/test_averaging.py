"""The mean of readers is a reader."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from assistant.compact_reader import HEADS, CompactReader
from assistant.records import Conversation, Message, State
from finetune.averaging import average, main

READER = Path(__file__).resolve().parents[2] / "assistant" / "models" / "reader"


def test_the_mean_of_one_reader_with_itself_reads_alike(tmp_path: Path) -> None:
    average({READER: 1.0}, tmp_path / "copy")
    main([str(tmp_path / "mean"), f"{READER}=0.25", f"{tmp_path / 'copy'}=0.75"])
    conversation = Conversation(id="c", messages=(Message(role="user", content="a red kettle under 40, not plastic"),))
    first, second = CompactReader.load(READER), CompactReader.load(tmp_path / "mean")
    assert first.read(State(), conversation) == second.read(State(), conversation)


def test_weights_count(tmp_path: Path) -> None:
    other = tmp_path / "other"
    average({READER: 1.0}, other)
    heads = load_file(other / HEADS)
    save_file({name: torch.zeros_like(value) for name, value in heads.items()}, other / HEADS)
    average({READER: 0.25, other: 0.75}, tmp_path / "mean")
    mean = load_file(tmp_path / "mean" / HEADS)
    assert all(torch.allclose(mean[name], value / 4, atol=1e-3) for name, value in heads.items())


def test_what_cannot_be_averaged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        average({READER: 0.5}, tmp_path / "mean")
    other = tmp_path / "other"
    average({READER: 1.0}, other)
    save_file({"one": torch.zeros(1)}, other / HEADS)
    with pytest.raises(ValueError, match="of one shape"):
        average({READER: 0.5, other: 0.5}, tmp_path / "mean")
