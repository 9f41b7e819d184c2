"""Settings: shipped files parse, unknown keys are refused with the valid ones, the environment overrides."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.config import Settings
from assistant.errors import ConfigError

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    return file


def test_the_demo_parses_and_is_the_compact_one() -> None:
    settings = Settings.load(CONFIGS / "demo.yaml", {})
    assert settings.reader.kind == settings.writer.kind == "compact" and settings.shop.demo_seed is not None
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 7860)


def test_environment_overrides_the_file_by_section_and_key(tmp_path: Path) -> None:
    file = written(tmp_path, "shop: {catalogue: a.jsonl}\nserver: {port: 9000}\n")
    environment = {"SHOPKEEPER_STORE_URL": "sqlite:///x.db", "SHOPKEEPER_PORT": "8123", "SHOPKEEPER_NOSUCH_KEY": "1"}
    settings = Settings.load(file, environment)
    assert settings.store.url == "sqlite:///x.db" and settings.server.port == 8123
    assert settings.shop.files == (Path("a.jsonl"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop: {catalogue: a.jsonl, colour: red}", "shop.colour: no such key. Valid keys here: name, currency"),
        ("shop: {catalogue: a.jsonl}\nshoop: {}", "shoop: no such key. Valid keys here: shop, index"),
        ("shop: {catalogue: a.jsonl}\nserver: {port: 99999}", "server.port"),
        ("shop: {currency: dollars, catalogue: a}", "shop.currency"),
        ("index: {path: x}", "shop"),
        ("- a\n- b", "expected sections"),
        ("shop: [", "cannot be read as YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace(".", r"\.").replace("[", r"\[")):
        Settings.load(written(tmp_path, text), {})


def test_a_missing_file_lists_the_ones_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CONFIGS.parent)
    with pytest.raises(ConfigError, match=r"configs/demo\.yaml"):
        Settings.load("configs/nosuch.yaml", {})


def test_a_chatwoot_takes_its_secrets_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("shop: {catalogue: none.jsonl}\nchatwoot: {url: 'https://chatwoot.example', account: 2}\n")
    secrets = {"SHOPKEEPER_CHATWOOT_TOKEN": "token-of-the-bot", "SHOPKEEPER_CHATWOOT_SECRET": "secret-of-the-bot"}
    chatwoot = Settings.load(path, environment=secrets).chatwoot
    assert (chatwoot.account, chatwoot.token, chatwoot.secret) == (2, "token-of-the-bot", "secret-of-the-bot")
    assert "of-the-bot" not in repr(chatwoot)
    with pytest.raises(ConfigError, match="SHOPKEEPER_CHATWOOT_TOKEN"):
        Settings.load(path, environment={})
