"""Chat models small enough for tests: real architectures with random weights, and a byte-level BPE of their own."""

from __future__ import annotations

from pathlib import Path

LINES = [
    '{"acts":["state_need"],"stage":"exploring","add":[{"quote":"under $120","attribute":"price"}]}',
    "waterproof hiking boots under 120 USD, not black, in size 42",
    "Grüße aus Köln: schöne Wanderschuhe für 99 €, 防水的登山鞋 🥾",
]
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def tiny_chat_model(directory: Path, family: str = "qwen3", seed: int = 0, context: int = 4096) -> Path:
    """Writes a two-layer checkpoint of `family` (`qwen3`, `llama`, or `gemma3`, of whose layers one sees a window of 64
    tokens only) with tokenizer and chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        LlamaConfig,
        LlamaForCausalLM,
        PreTrainedTokenizerFast,
        Qwen3Config,
        Qwen3ForCausalLM,
    )

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        LINES,
        trainers.BpeTrainer(vocab_size=320, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=TEMPLATE
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    sizes = {
        "vocab_size": len(tokenizer) + 5,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": context,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }
    torch.manual_seed(seed)
    if family == "gemma3":
        kinds = ["sliding_attention", "full_attention"]
        model = Gemma3ForCausalLM(Gemma3TextConfig(**sizes, sliding_window=64, layer_types=kinds))
    else:
        model = Qwen3ForCausalLM(Qwen3Config(**sizes)) if family == "qwen3" else LlamaForCausalLM(LlamaConfig(**sizes))
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


def teach(folder: Path, texts: list[str], steps: int = 60, seed: int = 0) -> Path:
    """Trains the checkpoint in `folder` on `texts` for a few seconds, as answers to a prompt of random tokens."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    opening = tokenizer.encode("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    answers = [[*tokenizer.encode(text)[:160], tokenizer.eos_token_id] for text in texts]
    for step in range(steps):
        answer = answers[step % len(answers)]
        prompt = [*torch.randint(3, 260, (24,)).tolist(), *opening]
        ids = torch.tensor([prompt + answer])
        labels = ids.clone()
        labels[:, : len(prompt)] = -100
        model(input_ids=ids, labels=labels).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.save_pretrained(folder)
    return folder
