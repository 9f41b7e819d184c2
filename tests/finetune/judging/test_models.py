"""Models are found by name, told apart by what they are made of, and loaded only when something is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.config import Settings
from assistant.errors import ModelError
from assistant.hub_reader import HubReader
from finetune.evaluate import read
from finetune.judging.models import distinct, find_model
from tests.finetune.judging.conftest import chat
from tests.tiny import tiny_chat_model

ROOT = Path(__file__).resolve().parents[3]
READER = ROOT / "assistant" / "models" / "reader"


@pytest.fixture
def settings() -> Settings:
    return Settings.load(ROOT / "configs" / "demo.yaml", environment={})


def test_the_adapter_and_its_base_read_differently(settings: Settings) -> None:
    message = chat("a", "a red kettle under 40 dollars, please", "red")
    adapter, base = (find_model(name, settings).load() for name in ("adapter", "base"))
    with_adapter, without = (read(each.reader, message, each.tokens) for each in (adapter, base))
    assert ["kettle" in (need.product or "") for need in with_adapter.final.needs] == [True]
    assert with_adapter.final != without.final
    assert with_adapter.tokens == without.tokens
    assert 8 < (with_adapter.tokens[0] or 0) < 100


def test_fingerprints_follow_weights_and_role(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    shutil.copytree(READER, folder)
    first = find_model(str(folder), settings).fingerprint
    assert first == find_model(str(folder), settings).fingerprint
    config = folder / "config.json"
    config.write_text(config.read_text().replace("}", " }", 1))
    assert find_model(str(folder), settings).fingerprint != first
    assert find_model("adapter", settings).fingerprint != find_model("base", settings).fingerprint


def test_a_configuration_with_a_chat_model_and_its_base(settings: Settings, tmp_path: Path) -> None:
    folder = tiny_chat_model(tmp_path / "model", context=8192)
    path = tmp_path / "tiny.yaml"
    path.write_text(f"shop: {{catalogue: none.jsonl}}\nreader: {{kind: hub, model: {folder}, device: cpu}}\n")
    loaded = find_model(str(path), settings).load()
    assert isinstance(loaded.reader, HubReader)
    assert loaded.tokens is not None
    hub = Settings.load(path, environment={})
    assert find_model("base", hub).about == f"{folder}, no adapter"


@pytest.mark.parametrize("name", ["nosuch", "nosuch/folder", "adaptor"])
def test_an_unknown_name_is_told_with_those_there_are(name: str, settings: Settings) -> None:
    with pytest.raises(ValueError, match=f"adapter .* base .* baseline .* found '{name}'"):
        find_model(name, settings)


def test_a_folder_without_weights_is_told_when_it_is_loaded(settings: Settings, tmp_path: Path) -> None:
    model = find_model(str(tmp_path), settings)
    with pytest.raises(ModelError, match="lacks"):
        model.load()


def test_a_baseline_needs_something_to_learn_from(settings: Settings) -> None:
    with pytest.raises(ValueError, match="--train FILE"):
        find_model("baseline", settings)


def test_models_of_one_name_are_numbered(settings: Settings) -> None:
    one = find_model("adapter", settings)
    assert [model.name for model in distinct([one, one])] == ["adapter", "adapter (2)"]
