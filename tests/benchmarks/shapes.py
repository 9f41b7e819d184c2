"""Chat models of real shapes with random weights, and what a device can do at most: what speed depends on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from finetune.base_data import BASE_PIECES
from finetune.generator import generate
from finetune.writer_tokenizer import train_tokenizer

# (width, layers, attention heads, key and value heads, head size, feed-forward width, tokens): Qwen3's own
SHAPES = {
    "tiny": (64, 2, 4, 2, 16, 128, 2048),
    "qwen3-0.6b": (1024, 28, 16, 8, 128, 3072, 151_936),
    "qwen3-1.7b": (2048, 28, 16, 8, 128, 6144, 151_936),
    "qwen3-4b": (2560, 36, 32, 8, 128, 9728, 151_936),
}


def random_chat_model(folder: Path, shape: str) -> Path:
    """A checkpoint of a shape in bfloat16, with a byte-level BPE of 2,000 tokens of made-up chats (real ones are
    longer, so a prompt has some more tokens here than with Qwen3's own). Made on the GPU where there is one."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    hidden, layers, heads, groups, head, feed_forward, vocabulary = SHAPES[shape]
    texts = [message.content for chain in generate(300, 1, shared=None) for message in chain[-1].messages]
    tokenizer = train_tokenizer(texts, 2000, BASE_PIECES, context=8192)
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = Qwen3ForCausalLM(
            Qwen3Config(
                vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                num_key_value_heads=groups, head_dim=head, intermediate_size=feed_forward, tie_word_embeddings=True,
                max_position_embeddings=8192, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )  # fmt: skip
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def settle() -> None:
    """Waits for the GPU's work, where there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """What an action gives, and the seconds it takes, the GPU's work included."""
    settle()
    started = time.perf_counter()
    result = action()
    settle()
    return result, time.perf_counter() - started


def copy_speed(device: str) -> float:
    """Bytes a second that a device reads and writes while it copies 1 GB (256 MB on the CPU)."""
    source = torch.zeros((1 << 30 if device == "cuda" else 1 << 28) // 4, device=device)
    target = torch.empty_like(source)
    seconds = min(timed(lambda: target.copy_(source))[1] for _ in range(5))
    return 2 * source.numel() * 4 / seconds


def product_speed(device: str, dtype: torch.dtype) -> float:
    """Floating-point operations a second of a large matrix product."""
    size = 8192 if device == "cuda" else 1024
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    seconds = min(timed(lambda: left @ right)[1] for _ in range(5))
    return 2 * size**3 / seconds


def device_name(device: str) -> str:
    """What to put beside a figure."""
    return torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
