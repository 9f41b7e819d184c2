"""The embedded encoder, other models, adapters, and what is said when they do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder import Encoder, embedded_weights
from retrieval.errors import EncoderError


def test_minilm_vectors(minilm: Encoder) -> None:
    vectors = minilm.encode(["hiking boots", "boots for hiking", "a kettle"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.8 > 0.5 > vectors[0] @ vectors[2]
    assert minilm.encode([]).shape == (0, 384)


def test_damaged_weights_are_refused() -> None:
    with pytest.raises(EncoderError, match=r"has sha256 53aa5117.*expected 0000"):
        embedded_weights("0000")


def test_fingerprints_tell_models_apart(make_model: Callable[[int], Path], tiny: Encoder) -> None:
    other = Encoder.load(str(make_model(1)))
    assert Encoder.load(str(make_model(0))).fingerprint == tiny.fingerprint != other.fingerprint


def test_an_adapter_changes_vectors_and_fingerprint(
    make_model: Callable[[int], Path], tiny: Encoder, tmp_path: Path
) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModel

    folder = make_model(0)
    model = get_peft_model(AutoModel.from_pretrained(folder), LoraConfig(r=2, target_modules=["query", "value"]))
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    model.save_pretrained(str(tmp_path / "adapter"))
    adapted = Encoder.load(str(folder), tmp_path / "adapter")
    assert adapted.fingerprint != tiny.fingerprint
    assert not np.allclose(adapted.encode(["boots"]), tiny.encode(["boots"]))


def test_what_is_missing_is_named(tmp_path: Path, make_model: Callable[[int], Path]) -> None:
    with pytest.raises(EncoderError, match=r"lacks adapter_config\.json and adapter_model\.safetensors"):
        Encoder.load(str(make_model(0)), tmp_path)
    with pytest.raises(EncoderError, match="Cannot load the encoder"):
        Encoder.load(str(tmp_path))
