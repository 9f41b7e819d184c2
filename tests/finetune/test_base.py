"""A base model from scratch at the smallest size: its data, its steps, and that it is a chat model like any other."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from assistant.generation import Generator
from assistant.prompts import INSTRUCTION, reader_messages
from assistant.records import Conversation, Message, State
from finetune import base as module
from finetune import lora_progress
from finetune.base import plan, train_base
from finetune.base_data import Corpus, Tokens, load_corpus
from finetune.base_recipe import SIZES, BaseRecipe
from finetune.base_sweep import sweep
from finetune.base_text import documents, sentences
from finetune.chat_pairs import Example
from finetune.lora import train_lora
from finetune.lora_tasks import reader_task
from tests.finetune.lora_parts import recipe as lora_recipe
from tests.finetune.lora_parts import silent

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = ["A kettle that boils fast and stays quiet.", "Boots for wet hills, in green or brown.", "Where is it?"]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> BaseRecipe:
    """The smallest run on a text of our own, its data made."""
    folder = tmp_path_factory.mktemp("base")
    (folder / "text" / "webshop").mkdir(parents=True)
    goals = [f"{sentence} Number {i}." for i in range(90) for sentence in SENTENCES]
    (folder / "text" / "webshop" / "human_goals.json.gz").write_bytes(gzip.compress(json.dumps(goals).encode()))
    made = BaseRecipe(
        text=str(folder / "text"), shared=None, data=str(folder / "data"), vocabulary=1024, context=768, chats=24,
        shard=16, held_out=4, workers=1, size="tiny", text_epochs=1, learning_rate=2e-2, batch_tokens=3072, rows=2,
        evaluate_every=100, checkpoint_every=3, device="cpu", output=str(folder / "out"),
    )  # fmt: skip
    load_corpus(made, silent)
    return made


@pytest.fixture(scope="module")
def corpus(recipe: BaseRecipe) -> Corpus:
    return load_corpus(recipe, silent)


@pytest.fixture(scope="module")
def trained(recipe: BaseRecipe) -> module.BaseMetrics:
    return train_base(recipe, silent)


def weights(folder: str) -> dict[str, torch.Tensor]:
    return load_file(Path(folder) / "model.safetensors")


def test_shipped_recipe_and_what_makes_no_sense() -> None:
    shipped = BaseRecipe.from_yaml(ROOT / "configs" / "train-base.yaml")
    assert shipped == BaseRecipe()
    assert set(SIZES) >= {"tiny", "20m", "60m"}
    for settings, message in (({"size": "9b"}, "`size` is one of"), ({"vocabulary": 9}, "`vocabulary` is 512"),
                              ({"mix": 1.0}, "`mix` is a share"), ({"rows": 0}, "`rows` must be")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            replace(shipped, **settings)  # type: ignore[arg-type]


def test_only_language_is_text() -> None:
    record = {"id": "a b c", "title": "Quiet kettle", "url": "https://kettles.example/x y", "n": 3,
              "frames": [{"value": "San Jose"}], "turns": [{"text": "hello there", "intent": "GREET"}]}  # fmt: skip
    assert list(sentences(record)) == ["Quiet kettle", "hello there"]


def test_each_document_is_there_once(recipe: BaseRecipe) -> None:
    found = list(documents(Path(recipe.text)))
    assert len(found) == len(set(found)) == 3 * 90
    assert found[0] == "A kettle that boils fast and stays quiet. Number 0."


def test_examples_come_back_from_disk_as_they_were() -> None:
    examples = [Example((1, 2, 3), 1), Example((65_535, 4), 1), Example((5, 6, 7, 8), 3)]
    tokens = Tokens.joined([Tokens.of(examples[:2]), Tokens.of(examples[2:])])
    assert [*tokens] == tokens[:] == examples
    assert [*tokens.first(2)] == examples[:2] and tokens.first(2).ids.tolist() == [1, 2, 3, 65_535, 4]
    assert [*tokens.first(9)] == examples


def test_chats_are_rendered_as_they_are_served_and_those_held_out_are_other_ones(corpus: Corpus) -> None:
    tokenizer = corpus.tokenizer
    assert len(corpus.chats) == 24 and 1 < len(corpus.chats_held_out) <= 4
    texts = [tokenizer.decode(example.ids) for example in corpus.chats]
    assert any(INSTRUCTION[:80] + "<|im_end|>" in text for text in texts)
    assert not any(INSTRUCTION[:81] in text for text in texts)
    replies = sum("facts:" in text for text in texts)
    assert 0 < replies < len(texts) / 2
    for example in corpus.chats:
        assert tokenizer.decode(example.ids[: example.prompt]).endswith("<|im_start|>assistant\n")
        assert example.ids[-1] == tokenizer.eos_token_id
    assert not {tuple(e.ids) for e in corpus.chats} & {tuple(e.ids) for e in corpus.chats_held_out}


def test_text_is_cut_into_whole_blocks(recipe: BaseRecipe, corpus: Corpus) -> None:
    assert all(len(block.ids) == recipe.context and block.prompt == 1 for block in corpus.text)


def test_a_folder_of_other_tokens_is_refused(recipe: BaseRecipe) -> None:
    with pytest.raises(ValueError, match="was made with another vocabulary"):
        load_corpus(replace(recipe, vocabulary=2048), silent)
    with pytest.raises(ValueError, match="No text in"):
        load_corpus(replace(recipe, data=recipe.data + "-none", text=recipe.data), silent)


def test_every_step_has_its_tokens_and_text_comes_first(recipe: BaseRecipe, corpus: Corpus) -> None:
    planned = plan(replace(recipe, epochs=3, mix=0.25), corpus)
    blocks = len(corpus.text)
    texts = [step for step in planned if all(i < blocks for i in step)]
    assert planned[: len(texts)] == texts
    assert sorted(i for step in texts for i in step) == list(range(blocks))
    chats = [i - blocks for step in planned for i in step if i >= blocks]
    assert sorted(chats) == sorted(list(range(24)) * 3)
    assert all(sum(i < blocks for i in step) == 1 for step in planned[len(texts) :])


def test_it_learns_and_leaves_a_chat_model(recipe: BaseRecipe, trained: module.BaseMetrics) -> None:
    assert trained.losses[-1] < trained.losses[0] - 0.2
    assert np.isfinite([trained.text_loss, trained.chat_loss]).all()
    output = Path(recipe.output)
    assert (output / "curve.svg").read_text().startswith("<svg") and not (output / "checkpoint.pt").exists()
    assert "0.1 M parameters" in (output / "README.md").read_text()
    served = Generator.load(output, device="cpu")
    chat = reader_messages(State(), Conversation(id="c", messages=(Message(role="user", content="a kettle"),)))
    assert served.generate(chat, max_new_tokens=3).tokens


def test_an_interrupted_run_ends_with_the_same_weights(
    recipe: BaseRecipe, trained: module.BaseMetrics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = replace(recipe, output=str(tmp_path))
    saved = lora_progress.save

    def stop(*arguments: Any) -> None:
        saved(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(lora_progress, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        train_base(again, silent)
    monkeypatch.undo()
    lines: list[str] = []
    assert train_base(again, lines.append).losses == trained.losses
    assert any("step 3 of" in line for line in lines)
    first, second = weights(recipe.output), weights(again.output)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_its_adapter_is_trained_by_the_code_for_hub_models(
    recipe: BaseRecipe, trained: module.BaseMetrics, tmp_path: Path
) -> None:
    conversation = {"messages": [{"role": "user", "content": "a red kettle"}], "label": {
        "needs": [{"product": "kettle", "active": True, "constraints": [
            {"attribute": "color", "op": "is", "value": "red", "strength": "must",
             "source": {"message": 0, "quote": "red"}}]}], "acts": ["state_need"], "stage": "exploring"}}  # fmt: skip
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps({"id": f"c{i}", **conversation}) + "\n" for i in range(6)))
    settings = lora_recipe(Path(recipe.output), tmp_path / "reader", data=[str(data)], max_steps=2, dev_limit=1)
    metrics = train_lora(settings, reader_task(settings, silent), silent)
    assert metrics.steps == 2
    assert Generator.load(recipe.output, {"reader": tmp_path / "reader"}, device="cpu").adapters == ("reader",)


def test_a_sweep_trains_each_size_on_each_amount_once(recipe: BaseRecipe, tmp_path: Path) -> None:
    small = replace(recipe, output=str(tmp_path), text_epochs=0, batch_tokens=8192, max_steps=1)
    done = sweep(small, ["tiny"], [8, 24], silent)
    assert [(m.size, m.chats) for m in done] == [("tiny", 8), ("tiny", 24)]
    lines: list[str] = []
    assert sweep(small, ["tiny"], [8, 24], lines.append) == done
    assert lines == ["tiny on 8 chats", "tiny on 24 chats"]
    assert [row["chats"] for row in json.loads((tmp_path / "sweep.json").read_text())] == [8, 24]
    assert "thousands of readings" in (tmp_path / "sweep.svg").read_text()
