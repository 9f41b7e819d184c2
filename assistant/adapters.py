"""What a LoRA adapter folder says about itself, and whether it fits a model and today's prompts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import ModelError

CARD = "shopkeeper.json"
SIZES = ("model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size")


class AdapterCard(BaseModel):
    """Saved beside an adapter's weights: for what it was trained, on what, how, and what it was worth."""

    model_config = ConfigDict(frozen=True, extra="allow")

    role: str
    base: str
    base_fingerprint: str
    prompt_version: str
    data_sha256: str
    recipe: dict[str, Any]
    metrics: dict[str, Any] = {}


def fingerprint(model: Any) -> str:
    """Ties an adapter to the weights it was trained on: a hash of the sizes and of a few embeddings, in any dtype."""
    import torch

    config = model.config
    digest = hashlib.sha256(json.dumps({k: getattr(config, k, None) for k in SIZES}, sort_keys=True).encode())
    rows = model.get_input_embeddings().weight[:64].detach().to("cpu", torch.bfloat16).contiguous()
    digest.update(rows.view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:16]


def read_card(folder: Path) -> AdapterCard | None:
    """The card of an adapter folder; `None` where another program made it. Raises `ModelError` if unreadable."""
    path = folder / CARD
    if not path.exists():
        return None
    try:
        return AdapterCard.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise ModelError(
            f"{path} is not an adapter card: {error.errors()[0]['msg']}. Train the adapter again."
        ) from error


def check_adapter(folder: Path, model: Any, name: str, prompt_version: str | None) -> None:
    """Raises `ModelError` unless the adapter in `folder` was trained on `model` (called `name`) and, where a
    version is given, with that version of the prompt."""
    config = folder / "adapter_config.json"
    if not config.is_file():
        raise ModelError(
            f"No adapter at {str(folder)!r}: it should hold adapter_config.json and adapter_model.safetensors."
        )
    card = read_card(folder)
    if card is None:
        trained_on = json.loads(config.read_text(encoding="utf-8")).get("base_model_name_or_path") or ""
        if _short(trained_on) != _short(name):
            raise ModelError(
                f"The adapter {str(folder)!r} was trained on {trained_on!r}, not on {name!r}. Load that model."
            )
        return
    if card.base_fingerprint != fingerprint(model):
        raise ModelError(
            f"The adapter {str(folder)!r} was trained on other weights ({card.base!r}) than {name!r}. "
            "Load the model it was trained on, or train it on this one."
        )
    if prompt_version is not None and card.prompt_version != prompt_version:
        raise ModelError(
            f"The adapter {str(folder)!r} was trained with prompt version {card.prompt_version!r} and this program "
            f"uses {prompt_version!r}. Train it again, or install the version of Shopkeeper it was trained with."
        )


def _short(name: str) -> str:
    return name.rstrip("/").rsplit("/", 1)[-1].casefold()
