"""LoRA training on tiny models of real architectures, on the CPU."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from assistant.adapters import read_card
from assistant.errors import ModelError
from assistant.generation import Generator, render
from assistant.prompts import PROMPT_VERSION
from assistant.records import Conversation
from finetune.chat_pairs import IGNORE, Pair, collate, encode_pair, load_reader_pairs, reader_pairs, steps
from finetune.conversations import write_conversations
from finetune.lora import LoraRecipe, schedule, train_lora
from tests.tiny import tiny_chat_model

ROOT = Path(__file__).resolve().parents[2]
PAIRS = [
    Pair(({"role": "system", "content": "Read."}, {"role": "user", "content": f"boots, not {color}"}), answer)
    for color in ("black", "red", "blue")
    for answer in ('{"acts":["greet"]}', f'{{"color":"{color}"}}')
]


@pytest.fixture(scope="module", params=["qwen3", "llama"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat_model(tmp_path_factory.mktemp(request.param), request.param)


def recipe(model: Path, output: Path, **changes: object) -> LoraRecipe:
    basic = LoraRecipe(
        model=str(model),
        output=str(output),
        rank=4,
        alpha=8,
        epochs=2,
        batch_size=2,
        accumulate=1,
        device="cpu",
        learning_rate=1e-2,
        checkpoint_every=2,
    )
    return replace(basic, **changes)  # type: ignore[arg-type]


def silent(_: str) -> None:
    """Reports nothing."""


def test_exactly_the_answer_and_the_end_of_the_turn_are_trained(model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model)
    example = encode_pair(tokenizer, PAIRS[0])
    assert tokenizer.decode(example.ids[example.prompt :]) == '{"acts":["greet"]}<|im_end|>'
    assert tokenizer.decode(example.ids[: example.prompt]) == render(tokenizer, PAIRS[0].messages)
    assert tokenizer.decode(example.ids[: example.prompt]).endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


def test_labels_stand_where_the_scores_of_the_last_positions_do(model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model)
    examples = [encode_pair(tokenizer, pair) for pair in PAIRS[:3]]
    batch = collate(examples, tokenizer.pad_token_id)
    assert batch.trained == sum(len(e.ids) - e.prompt for e in examples)
    for row, example in enumerate(examples):
        kept = batch.labels[row][batch.labels[row] != IGNORE]
        assert tuple(kept.tolist()) == example.ids[example.prompt :]
        assert batch.ids[row, -batch.labels.shape[1] :][batch.labels[row] != IGNORE].equal(kept)
        assert int(batch.mask[row].sum()) == len(example.ids)


def test_padding_does_not_change_the_loss(model: Path) -> None:
    from assistant.checkpoints import load_base
    from finetune.lora import summed_loss

    base, tokenizer = load_base(str(model), torch.float32)
    examples = [encode_pair(tokenizer, pair) for pair in PAIRS]
    with torch.inference_mode():
        alone = sum(float(summed_loss(base, collate([e], 0))) for e in examples)
        assert float(summed_loss(base, collate(examples, 0))) == pytest.approx(alone, rel=1e-4)


@pytest.mark.parametrize(
    "options",
    [{}, {"rslora": True}, {"dora": True}, {"targets": ["q_proj"], "gradient_checkpointing": False}],
    ids=["plain", "rslora", "dora", "one target"],
)
def test_training_lowers_the_loss_and_the_adapter_serves(
    model: Path, tmp_path: Path, options: dict[str, object]
) -> None:
    metrics = train_lora(recipe(model, tmp_path, epochs=4, **options), (PAIRS, PAIRS), report=silent)
    assert metrics.held_out_loss < metrics.held_out_loss_before
    assert metrics.steps == len(metrics.losses) == 12
    assert json.loads((tmp_path / "metrics.json").read_text())["trained_parameters"] == metrics.trained_parameters > 0
    card = read_card(tmp_path)
    assert card is not None
    assert (card.role, card.prompt_version, card.recipe["rank"]) == ("reader", PROMPT_VERSION, 4)
    assert len(card.data_sha256) == 64
    served = Generator.load(model, {"reader": tmp_path}, device="cpu")
    chat = PAIRS[0].messages
    adapted, plain = (served.generate(chat, adapter=a, max_new_tokens=1).tokens[0] for a in ("reader", None))
    assert adapted.logprob != plain.logprob


def test_the_same_seed_gives_the_same_weights_and_another_does_not(model: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_lora(recipe(model, tmp_path / name, seed=seed, epochs=1, dropout=0.1), (PAIRS, []), report=silent)
    a, b, c = (load_file(tmp_path / name / "adapter_model.safetensors") for name in "abc")
    assert all(a[key].equal(b[key]) for key in a)
    assert not all(a[key].equal(c[key]) for key in a)


def test_an_interrupted_run_ends_with_the_same_weights(model: Path, tmp_path: Path) -> None:
    class PowerCutError(Exception):
        """Stands for a power cut."""

    from finetune.lora import _Run

    whole = recipe(model, tmp_path / "whole", dropout=0.1)
    train_lora(whole, (PAIRS, PAIRS), report=silent)
    halved = replace(whole, output=str(tmp_path / "halved"))
    run = _Run(halved, (PAIRS, PAIRS), silent)
    after = run._after

    def power_cut(done: int, total: int, loss: float, rate: float) -> None:
        after(done, total, loss, rate)
        if done == 5:
            raise PowerCutError

    run._after = power_cut  # type: ignore[method-assign]
    with pytest.raises(PowerCutError):
        run.train()
    assert (tmp_path / "halved" / "checkpoint.pt").exists()
    lines: list[str] = []
    metrics = train_lora(halved, (PAIRS, PAIRS), report=lines.append)
    assert lines[0] == "going on after step 4 of 6"
    assert len(metrics.losses) == 2
    assert not (tmp_path / "halved" / "checkpoint.pt").exists()
    a, b = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("whole", "halved"))
    assert all(torch.equal(a[key], b[key]) for key in a)


def test_a_checkpoint_of_another_run_is_refused(model: Path, tmp_path: Path) -> None:
    from finetune.lora import _Run

    _Run(recipe(model, tmp_path), (PAIRS, []), silent)._checkpoint(2)
    with pytest.raises(ValueError, match="another recipe"):
        train_lora(recipe(model, tmp_path, rank=8), (PAIRS, []), report=silent)


def test_batches_do_not_change_what_a_step_learns(model: Path, tmp_path: Path) -> None:
    for name, size, accumulate in (("a", 6, 1), ("b", 2, 3)):
        train_lora(
            recipe(model, tmp_path / name, batch_size=size, accumulate=accumulate, epochs=1), (PAIRS, []), report=silent
        )
    a, b = (load_file(tmp_path / name / "adapter_model.safetensors") for name in "ab")
    assert all(torch.allclose(a[key], b[key], atol=1e-5) for key in a)


LABELLED = Conversation.model_validate(
    {
        "id": "own-1.1",
        "messages": [{"role": "user", "content": "a kettle under 40 euros"}],
        "label": {
            "needs": [{"product": "kettle", "active": True, "constraints": [
                {"attribute": "price", "op": "at_most", "value": 40, "unit": "EUR", "strength": "must",
                 "source": {"message": 0, "quote": "under 40 euros"}}]}],
            "acts": ["state_need"], "stage": "exploring",
        },
    }
)  # fmt: skip


def test_labelled_conversations_become_pairs(tmp_path: Path) -> None:
    (pair,) = reader_pairs([LABELLED])
    assert json.loads(pair.answer)["added"][0]["quote"] == "under 40 euros"
    assert "a kettle under 40 euros" in pair.messages[1]["content"]
    many = [LABELLED.model_copy(update={"id": f"own-{i}.1"}) for i in range(40)]
    write_conversations(tmp_path / "labelled.jsonl", many)
    train, held_out, problems = load_reader_pairs([tmp_path / "labelled.jsonl"], 0.25, seed=0)
    assert len(train) + len(held_out) == 40
    assert 0 < len(held_out) < 20
    assert problems == []


def test_nothing_to_train_on_is_said(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Nothing to train on"):
        train_lora(recipe(model, tmp_path, max_length=4), (PAIRS, []), report=silent)
    with pytest.raises(ValueError, match="give `data` files"):
        train_lora(recipe(model, tmp_path), report=silent)
    with pytest.raises(ModelError, match="No model folder"):
        train_lora(recipe(tmp_path / "none", tmp_path), (PAIRS, []), report=silent)


def test_recipes(tmp_path: Path) -> None:
    shipped = LoraRecipe.from_yaml(ROOT / "configs" / "train-hub-reader.yaml", rank=8)
    assert (shipped.model, shipped.rank) == ("Qwen/Qwen3-4B-Instruct-2507", 8)
    with pytest.raises(ValueError, match="unknown setting 'ranks'"):
        LoraRecipe.from_yaml(ROOT / "configs" / "train-hub-reader.yaml", ranks=8)
    with pytest.raises(ValueError, match="`rank` must be 1 or more"):
        LoraRecipe(rank=0)


def test_steps_and_schedule() -> None:
    plan = list(steps(5, 2, 2, seed=3))
    assert [len(step) for step in plan] == [2, 2, 1] * 2
    assert sorted(i for step in plan[:3] for i in step) == list(range(5))
    rates = [schedule(i, 100, 0.05) for i in range(100)]
    assert max(rates) == rates[5] == 1.0
    assert rates[0] == 0.2
    assert 0.1 < rates[-1] < 0.11
