"""The shipped settings for several machines."""

from __future__ import annotations

from pathlib import Path

from assistant.config import Settings

CLUSTER = Path(__file__).resolve().parents[2] / "configs" / "cluster.yaml"


def test_models_are_elsewhere_and_secrets_come_from_the_environment() -> None:
    store = "postgresql+psycopg://user:password@host/shopkeeper"
    settings = Settings.load(
        CLUSTER, {"SHOPKEEPER_STORE_URL": store, "SHOPKEEPER_READER_API_KEY": "k", "SHOPKEEPER_WRITER_URL": "http://b/v1"}
    )
    assert settings.store.url == store and settings.reader.api_key == "k" and settings.writer.url == "http://b/v1"
    for role in (settings.reader, settings.writer):
        assert role.kind == "endpoint" and role.guided == "structured_outputs"
        assert role.extra == {"chat_template_kwargs": {"enable_thinking": False}}
    alone = Settings.load(CLUSTER, {})
    assert alone.store.url.startswith("postgresql+psycopg://") and alone.reader.api_key is None
    assert alone.reader.model != alone.writer.model and not alone.server.completions
