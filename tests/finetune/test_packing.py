"""Which tokens are trained, and that packed and padded examples learn the same as each alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from assistant.checkpoints import load_base
from assistant.generation import render
from finetune.chat_pairs import Example, Pair, encode_pair
from finetune.lora_model import summed_loss
from finetune.packed_attention import attend_by_example, attends_by_example
from finetune.packing import IGNORE, Batch, pack, pad, rows, stack, steps
from tests.finetune.lora_parts import PAIRS
from tests.tiny import tiny_chat_model


@pytest.fixture(scope="module", params=["qwen3", "llama", "gemma3"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat_model(tmp_path_factory.mktemp(request.param), request.param)


def trained(batch: Batch) -> list[list[int]]:
    """The tokens that each row trains, read off the positions after those that are kept."""
    following = torch.cat([batch.ids, batch.ids[:, :1]], 1)[:, batch.keep + 1]
    asked = batch.labels != IGNORE
    assert following[asked].equal(batch.labels[asked])
    return [row[mask].tolist() for row, mask in zip(batch.labels, asked, strict=True)]


def test_exactly_the_answer_and_the_end_of_the_turn_are_trained(model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model)
    example = encode_pair(tokenizer, PAIRS[0])
    assert tokenizer.decode(example.ids[example.prompt :]) == '{"acts":["greet"]}<|im_end|>'
    assert tokenizer.decode(example.ids[: example.prompt]) == render(tokenizer, PAIRS[0].messages)
    assert tokenizer.decode(example.ids[: example.prompt]).endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    (only,) = trained(pack([example]))
    assert tokenizer.decode(only) == '{"acts":["greet"]}<|im_end|>'


def test_batches_train_the_same_tokens_packed_and_padded(model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model)
    examples = [encode_pair(tokenizer, pair) for pair in PAIRS[:3]]
    answers = [list(e.ids[e.prompt :]) for e in examples]
    packed, padded = pack(examples), pad(examples, tokenizer.pad_token_id)
    assert trained(packed) == [[token for answer in answers for token in answer]]
    assert trained(padded) == answers
    assert packed.trained == padded.trained == sum(e.trained for e in examples)
    assert packed.seen == padded.seen == sum(len(e.ids) for e in examples)


@pytest.mark.parametrize("attention", ["sdpa", "eager", "by example"])
def test_no_example_sees_another(model: Path, attention: str) -> None:
    """Packed, stacked and padded losses are the sums of the losses of each example alone, and so are the gradients."""
    own = attention == "by example"
    base, tokenizer = load_base(str(model), torch.float32, attn_implementation="sdpa" if own else attention)
    if own:
        attend_by_example(base)
        assert attends_by_example(base) != (base.config.model_type == "gemma3_text")
    long = Pair(({"role": "user", "content": "hiking boots, waterproof " * 12},), '{"acts":["state_need"]}')
    examples = [encode_pair(tokenizer, pair) for pair in (*PAIRS, long)]
    alone = sum(summed_loss(base, pack([e])) for e in examples)
    assert isinstance(alone, torch.Tensor)
    expected = torch.autograd.grad(alone, list(base.parameters()))
    stacked = stack([pack(examples[:2]), pack(examples[2:])], 0)
    for batch in (pack(examples), stacked, pad(examples, 0)):
        loss = summed_loss(base, batch)
        assert loss.item() == pytest.approx(alone.item(), rel=1e-5)
        for found, wanted in zip(torch.autograd.grad(loss, list(base.parameters())), expected, strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


def test_without_positions_of_their_own_examples_would_see_each_other(model: Path) -> None:
    """What the test above would miss if packing were silently lost."""
    base, tokenizer = load_base(str(model), torch.float32)
    base.requires_grad_(False)
    examples = [encode_pair(tokenizer, pair) for pair in PAIRS]
    packed = pack(examples)
    running = torch.arange(packed.ids.shape[1])[None]
    with torch.inference_mode():
        alone = sum(float(summed_loss(base, pack([e]))) for e in examples)
        mixed = float(summed_loss(base, Batch(packed.ids, packed.keep, packed.labels, positions=running)))
    assert abs(mixed - alone) > 1e-4 * alone


EXAMPLES = st.lists(st.integers(2, 40).map(lambda n: Example(tuple(range(n)), n // 2)), max_size=30)


@given(examples=EXAMPLES, longest=st.integers(1, 60))
def test_rows_hold_every_example_once_and_are_no_longer_than_asked(examples: list[Example], longest: int) -> None:
    groups = rows(examples, longest)
    assert sorted(len(e.ids) for g in groups for e in g) == sorted(len(e.ids) for e in examples)
    assert all(len(g) == 1 or sum(len(e.ids) for e in g) <= longest for g in groups)


def test_each_epoch_has_all_examples_in_an_order_of_its_own() -> None:
    plan = list(steps(5, 2, 2, seed=3))
    assert [len(step) for step in plan] == [2, 2, 1] * 2
    first, second = ([i for step in part for i in step] for part in (plan[:3], plan[3:]))
    assert sorted(first) == sorted(second) == list(range(5))
    assert first != second


def test_rows_on_top_of_each_other_learn_as_each_alone(model: Path) -> None:
    base, tokenizer = load_base(str(model), torch.float32)
    base.requires_grad_(False)
    examples = [encode_pair(tokenizer, pair) for pair in PAIRS]
    packed = [pack(examples[:2]), pack(examples[2:3]), pack(examples[3:])]
    stacked = stack(packed, tokenizer.pad_token_id)
    assert stacked.ids.shape[0] == 3
    assert trained(stacked) == [tokens for row in packed for tokens in trained(row)]
    assert (stacked.trained, stacked.seen) == (sum(b.trained for b in packed), sum(len(e.ids) for e in examples))
    alone = sum(float(summed_loss(base, row)) for row in packed)
    assert float(summed_loss(base, stacked)) == pytest.approx(alone, rel=1e-5)
