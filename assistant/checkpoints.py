"""Loading chat models and adapters from folders, the local cache or the hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError

if TYPE_CHECKING:
    import torch

TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|endoftext|>", "</s>")


def pick_device(device: str) -> str:
    """`auto` is the GPU if torch sees one. Raises `ModelError` where a GPU is asked for and there is none."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError(f"device is {device!r} but torch sees no GPU. Use `device: cpu`, or install torch for CUDA.")
    return device


def pick_dtype(dtype: str, device: str) -> torch.dtype:
    """`auto` is bfloat16 on a GPU that has it, float32 otherwise. Raises `ModelError` for what torch does not know."""
    import torch

    if dtype == "auto":
        on_gpu = device.startswith("cuda") and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if on_gpu else torch.float32
    found = getattr(torch, dtype, None)
    if not isinstance(found, torch.dtype):
        raise ModelError(f"dtype is {dtype!r}; use auto, float32, bfloat16 or float16.")
    return found


def load_base(name: str, dtype: torch.dtype, **options: Any) -> tuple[Any, Any]:
    """The model and its tokenizer, from a folder, the local cache or the hub; `options` are those of transformers'
    `from_pretrained` for the model. Raises `ModelError` if in none."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    local = Path(name).expanduser()
    if not local.is_dir() and (name.startswith((".", "/", "~")) or name.count("/") > 1):
        raise ModelError(f"No model folder at {name!r}: it should hold config.json, tokenizer.json and *.safetensors.")
    source = str(local) if local.is_dir() else name
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        model = AutoModelForCausalLM.from_pretrained(source, dtype=dtype, **options)
    except (OSError, ValueError) as error:
        if local.is_dir():
            raise ModelError(f"The folder {name!r} does not hold a causal language model: {_first(error)}") from error
        folder = f"models/{name.rsplit('/', 1)[-1]}"
        raise ModelError(
            f"{name!r} is not in the local cache and could not be fetched. On a connected machine run "
            f"`hf download {name} --local-dir {folder}`, copy that folder here and give its path as `model`. "
            f"(Cause: {_first(error)})"
        ) from error
    return model, tokenizer


def with_adapters(base: Any, folders: Mapping[str, Path]) -> Any:
    """`base` with each folder's LoRA adapter under its name; `base` itself without any."""
    if not folders:
        return base
    from peft import PeftModel

    (first, folder), *others = folders.items()
    model = PeftModel.from_pretrained(base, str(folder), adapter_name=first)
    for name, path in others:
        model.load_adapter(str(path), adapter_name=name)
    return model


def stop_ids(model: Any, tokenizer: Any) -> list[int]:
    """The ids that end an answer: the model's, the tokenizer's, and the usual turn ends that it knows."""
    configured = getattr(model.generation_config, "eos_token_id", None)
    ids = set(configured if isinstance(configured, list) else [configured]) | {tokenizer.eos_token_id}
    ids |= {tokenizer.get_added_vocab().get(token) for token in TURN_ENDS}
    stops = sorted(i for i in ids if i is not None)
    if not stops:
        raise ModelError(f"{tokenizer.name_or_path!r} has no end-of-sequence token, so an answer would never end.")
    return stops


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
