"""The chat model that a LoRA run trains: the frozen base, in 4 bits where asked for, and a fresh adapter on it."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch

from assistant.checkpoints import load_base
from assistant.errors import ModelError
from finetune.lora_recipe import LoraRecipe
from finetune.packed_attention import attend_by_example, attends_by_example, bounds
from finetune.packing import IGNORE, Batch


def load(recipe: LoraRecipe, device: torch.device, dtype: torch.dtype) -> tuple[Any, Any]:
    """The base on its device, and its tokenizer. Raises `ModelError` where it, or what 4 bits need, is not there."""
    if recipe.quantize is None:
        base, tokenizer = load_base(recipe.model, dtype)
        return base.to(device), tokenizer
    return load_base(recipe.model, dtype, quantization_config=four_bit(dtype, device), device_map={"": device})


def four_bit(dtype: torch.dtype, device: torch.device) -> Any:
    """How QLoRA keeps its base: 4-bit normal floats, computed with in `dtype`. Raises `ModelError` without a GPU or
    without bitsandbytes."""
    if device.type != "cuda":
        raise ModelError(f"`quantize: 4bit` needs an NVIDIA GPU, and this run is on {device.type}. Leave it out here.")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError("`quantize: 4bit` needs the package bitsandbytes: pip install bitsandbytes, or leave it out.")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def adapt(base: Any, recipe: LoraRecipe) -> Any:
    """`base` frozen, with a fresh adapter on `recipe.targets` whose first weights depend on the seed alone."""
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    if recipe.quantize is not None:
        base = prepare_model_for_kbit_training(base, use_gradient_checkpointing=False)
    torch.manual_seed(recipe.seed)
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=recipe.targets,
        use_rslora=recipe.rslora,
        use_dora=recipe.dora,
        task_type="CAUSAL_LM",
    )
    try:
        model = get_peft_model(base, config)
    except ValueError as error:
        raise ValueError(f"`targets` {recipe.targets!r} do not fit {recipe.model!r}: {error}") from error
    attend_by_example(model)
    if recipe.gradient_checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def summed_loss(model: Any, batch: Batch) -> torch.Tensor:
    """The summed cross-entropy of the trained tokens, in nats; scores are made for their positions only."""
    mask, apart = batch.mask, {}
    if batch.positions is not None and attends_by_example(model):
        mask, apart = torch.ones_like(batch.ids), {"examples": bounds(batch.positions)}
    out = model(
        input_ids=batch.ids,
        attention_mask=mask,
        position_ids=batch.positions,
        use_cache=False,
        logits_to_keep=batch.keep,
        **apart,
    )
    scores = out.logits.flatten(0, 1).float()
    return torch.nn.functional.cross_entropy(scores, batch.labels.flatten(), ignore_index=IGNORE, reduction="sum")
