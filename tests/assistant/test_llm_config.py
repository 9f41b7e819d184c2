"""The shipped settings for hub models."""

from __future__ import annotations

from pathlib import Path

from assistant.config import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_reader_and_writer_share_one_chat_model() -> None:
    settings = Settings.load(ROOT / "configs" / "llm.yaml")
    assert settings.reader.kind == settings.writer.kind == "hub"
    shared = ("model", "device", "dtype")
    assert [getattr(settings.reader, k) for k in shared] == [getattr(settings.writer, k) for k in shared]
