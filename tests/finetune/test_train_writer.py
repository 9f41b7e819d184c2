"""The whole recipe on a tiny writer: it learns, goes on after an interruption, and what it saves can be served."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from assistant.checkpoints import load_base
from assistant.generation import render
from assistant.writing import CompactWriter
from finetune.replies.examples import NOBODY, examples
from finetune.train_writer import IGNORED, Batches, Recipe, encode, fit, new_model, start, train_writer
from finetune.writer_tokenizer import END, train_tokenizer

TINY = Recipe(
    examples=160, hidden=16, layers=2, heads=2, feed_forward=32, steps=6, adapter_steps=2, rank=2, batch=4, warmup=2,
    checkpoint_every=3, judged=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("writer")
    train_writer(Recipe(**{**vars(TINY), "output": str(output)}), lambda line: None)
    return output


def test_what_is_saved_loads_and_streams(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert {
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "phrasebook.json",
        "README.md",
        "metrics.json",
    } <= names
    assert (trained / "adapter" / "adapter_model.safetensors").is_file()
    writer = CompactWriter.load(trained)
    example = examples(1, seed=1)[0]
    text = "".join(writer.pieces(example.plan, NOBODY))
    assert text == "".join(writer.pieces(example.plan, NOBODY))


def test_a_run_can_begin_with_an_earlier_writer(trained: Path) -> None:
    corpus = examples(20, seed=5)
    base, tokenizer = start(Recipe(**{**vars(TINY), "start": str(trained)}), corpus)
    earlier = load_base(str(trained), torch.float32)[0]
    assert all(torch.equal(p, q) for p, q in zip(base.parameters(), earlier.parameters(), strict=True))
    assert len(tokenizer) == base.config.vocab_size


def test_loss_is_on_the_answer_and_its_end_only() -> None:
    example = examples(1, seed=2)[0]
    tokenizer = train_tokenizer([example.reply, example.messages[0]["content"]], 600)
    ids, labels = encode(tokenizer, example)
    start = labels.count(IGNORED)
    assert tokenizer.decode(ids[:start]) == render(tokenizer, example.messages)
    assert tokenizer.decode(labels[start:]) == example.reply + END


def test_every_placeholder_is_one_token_wherever_it_stands() -> None:
    tokenizer = train_tokenizer(["Take {1.title} ({1.price})."], 600)
    tokens = tokenizer.tokenize('facts:{1.title}{1.price} Take {1.title} ({1.price}), "{policy1}"')
    assert tokens.count("{1.title}") == tokens.count("{1.price}") == 2 and "{policy1}" in tokens


def test_batches_are_the_same_wherever_a_run_goes_on() -> None:
    rows = [([1, 2, i], [IGNORED, 2, i]) for i in range(40)]
    forward, anywhere = Batches(rows, 4, 0, "0", 0.5), Batches(rows, 4, 0, "0", 0.5)
    first = [forward[step][0].tolist() for step in range(23)]
    assert [anywhere[step][0].tolist() for step in (22, 3, 11)] == [first[22], first[3], first[11]]


def test_an_interrupted_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    corpus = examples(40, seed=4)
    tokenizer = train_tokenizer([e.reply for e in corpus], 600)
    batches = Batches([encode(tokenizer, e) for e in corpus], 4, tokenizer.pad_token_id, "0")

    def run(checkpoint: Path, *stops: int) -> dict[str, torch.Tensor]:
        for stop in stops:
            model = new_model(TINY, tokenizer)
            interrupted = Batches(batches._rows, 4, tokenizer.pad_token_id, "0")
            if stop < TINY.steps:
                interrupted = _Stopping(batches._rows, 4, tokenizer.pad_token_id, "0")
                interrupted.stop = stop
                with pytest.raises(KeyboardInterrupt):
                    fit(model, interrupted, TINY, checkpoint, lambda line: None)
            else:
                fit(model, interrupted, TINY, checkpoint, lambda line: None)
        return dict(model.state_dict())

    whole, resumed = run(tmp_path / "a.pt", 6), run(tmp_path / "b.pt", 4, 6)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


class _Stopping(Batches):
    stop = 0

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        if step == self.stop:
            raise KeyboardInterrupt
        return super().__getitem__(step)


def test_the_shipped_recipe_parses_and_unknown_keys_are_refused(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[2] / "configs" / "train-writer.yaml"
    assert Recipe.from_yaml(shipped).layers > 0
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("layer: 2\n")
    with pytest.raises(ValueError, match="unknown setting 'layer'"):
        Recipe.from_yaml(wrong)
