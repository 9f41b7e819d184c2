"""Settings: shipped files parse, unknown keys are refused with the valid ones, the environment overrides."""

from __future__ import annotations

import re
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
        ("shop: {catalogue: a.jsonl, mappings: {}}", "shop.mappings: no such key. Did you mean mapping? Valid keys"),
        ("shop: {catalogue: a.jsonl}\nsever: {port: 1}", "sever: no such key. Did you mean server? Valid keys here"),
        ("shop: {catalogue: a.jsonl}\nserver: {port: many}", "parse string as an integer, found 'many'."),
        ("shop: {catalogue: a.jsonl}\nserver: many", "server: expected keys (host, port, "),
        ("", "found nothing."),
        ("shop: {catalogue: a.jsonl}\nshoop: {}", "shoop: no such key. Did you mean shop? Valid keys here: shop"),
        ("shop: {catalogue: a.jsonl}\nserver: {port: 99999}", "server.port"),
        ("shop: {currency: dollars, catalogue: a}", "shop.currency"),
        ("index: {path: x}", "shop"),
        ("- a\n- b", "expected sections"),
        ("shop: [", "expected the node content, but found '<stream end>'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        Settings.load(written(tmp_path, text), {})


def test_a_section_whose_keys_are_all_commented_out_is_that_of_the_defaults(tmp_path: Path) -> None:
    file = written(tmp_path, "shop: {catalogue: a.jsonl}\nserver:\n  # port: 1\n")
    assert Settings.load(file, {"SHOPKEEPER_HOST": "::1"}).server.port == 7860


def test_the_environment_is_named_where_it_is_wrong(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = written(tmp_path, "shop: {catalogue: a.jsonl}\n")
    with pytest.raises(ConfigError, match=r"found 'tcp://10\.0\.0\.1', set by SHOPKEEPER_PORT in the environment"):
        Settings.load(file, {"SHOPKEEPER_PORT": "tcp://10.0.0.1"})
    with pytest.raises(ConfigError) as told:
        Settings.load(file, {"SHOPKEEPER_SERVER_STAFF_TOKEN": "secret"})
    assert "SHOPKEEPER_SERVER_STAFF_TOKEN" in str(told.value) and "'secret'" not in str(told.value)
    caplog.clear()
    Settings.load(file, {"SHOPKEEPER_SERVICE_PORT": "1", "SHOPKEEPER_AGENT_PASSWORD": "x", "SHOPKEEPER_PORT": "1"})
    assert caplog.messages == []
    Settings.load(file, {"SHOPKEEPER_SERVER_PROT": "1"})
    assert caplog.messages == [
        "SHOPKEEPER_SERVER_PROT in the environment means nothing; did you mean SHOPKEEPER_SERVER_PORT?"]


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
