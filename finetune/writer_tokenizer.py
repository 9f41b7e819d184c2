"""Tokenizers of models trained from scratch: byte-level BPE in which every placeholder is one token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from assistant.facts import keys

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

END, PAD, START = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
# A placeholder is one token with or without a space before it, the same in prompt and answer, so that it can be copied.
PIECES = r"\{[a-z0-9._]+\}|'(?:s|t|re|ve|m|ll|d)\b| ?\p{L}+| ?[^\s\p{L}{}]+|[{}]|\s+"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def train_tokenizer(
    texts: Iterable[str], size: int, pieces: str = PIECES, template: str = TEMPLATE, context: int = 1024
) -> PreTrainedTokenizerFast:
    """A tokenizer of at most `size` tokens learnt from `texts`, with a chat template in Qwen's layout. No token is made
    of parts of two `pieces`, an expression."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pieces), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*_placeholders(), *texts], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, chat_template=template, model_max_length=context
    )


def _placeholders() -> list[str]:
    """Each placeholder often enough that it becomes one token."""
    return [f"{{{key}}}" for key in keys() for _ in range(2000)]
