"""The index of a shop: embedded once, found current, made anew where its sources changed or it is damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant import indexing
from assistant.cli import output
from assistant.config import Settings
from assistant.errors import ConfigError
from assistant.indexing import prepare
from retrieval.errors import IndexStoreError
from retrieval.storage import build_index, read_index
from tests.assistant.cli import run
from tests.assistant.small_shop import encoder

CSV = "id,title,price\n1,Kettle,20\n2,Teapot,30\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A shop of two products in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(indexing, "build_encoder", lambda _: encoder())
    Path("shop.csv").write_text(CSV, "utf-8")
    Path("shop.yaml").write_text("shop: {catalogue: shop.csv}\nindex: {path: index}\n", "utf-8")
    return Settings.load("shop.yaml", {})


def embedded(settings: Settings) -> list[int]:
    """What `prepare` says of its progress; empty where it embeds nothing."""
    seen: list[int] = []
    prepare(settings, lambda done, _: seen.append(done))
    return seen


def prices(settings: Settings) -> list[float | None]:
    return [product.price for product in read_index(settings.index.path, encoder()).catalogue]


def test_a_copy_of_everything_is_not_embedded_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert embedded(settings) == [0, 2]
    assert embedded(settings) == []
    Path("copy").mkdir()
    for name in ("shop.csv", "index"):
        (shutil.copytree if Path(name).is_dir() else shutil.copyfile)(name, Path("copy") / name)
    monkeypatch.chdir("copy")
    assert embedded(settings) == []
    assert prices(settings) == [20, 30]


def test_what_changes_while_it_is_indexed_is_indexed_at_the_next_start(settings: Settings) -> None:
    def dearer(done: int, _: int) -> None:
        if done == 0:
            Path("shop.csv").write_text(CSV.replace("20", "2500"), "utf-8")

    prepare(settings, dearer)
    assert prices(settings) == [20, 30]
    prepare(settings)
    assert prices(settings) == [2500, 30]


@pytest.mark.parametrize("stamp", ["", "[]", "{", '{"files": 3}', "\xff"])
def test_a_half_written_note_of_the_sources_is_no_error(settings: Settings, stamp: str) -> None:
    prepare(settings)
    Path("index/sources.json").write_text(stamp, "latin-1")
    prepare(settings)
    assert prices(settings) == [20, 30]


def test_an_index_of_something_else_in_its_place_is_replaced(settings: Settings) -> None:
    prepare(settings)
    others = [product.model_copy(update={"price": 1.0}) for product in read_index("index", encoder()).catalogue]
    build_index(others, "index", encoder())
    prepare(settings)
    assert prices(settings) == [20, 30]


def test_index_mends_what_search_finds_damaged(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(settings)
    vectors = next(Path("index").glob("data-*/vectors.npy"))
    vectors.write_bytes(vectors.read_bytes()[:-9])
    with pytest.raises(IndexStoreError, match="damaged"):
        prices(settings)
    assert "Index the catalogue again" in run(capsys, "search", "kettle", "--config", "shop.yaml").sentence
    assert run(capsys, "index", "--config", "shop.yaml").code == 0
    assert prices(settings) == [20, 30]


def test_what_is_wrong_in_a_catalogue_is_told_at_the_start(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("shop.csv").write_text(CSV + "3,Teacup,cheap\n,Lid,2\n", "utf-8")
    told = run(capsys, "prepare", "--config", "shop.yaml").err.splitlines()
    assert "shop.csv:4: price: " in told[1]
    assert "Problems in the catalogue: 2." in told[2]
    assert len(run(capsys, "prepare", "--config", "shop.yaml").err.splitlines()) == 1


def test_a_missing_catalogue_is_named(settings: Settings) -> None:
    Path("shop.csv").rename("other.csv")
    with pytest.raises(ConfigError, match=r"No catalogue file shop\.csv"):
        prepare(settings)


@pytest.mark.parametrize(("text", "said"), [("id,title\n", "needs an id and a title"), ("id,title\n,x\n", "csv:2: id")])
def test_a_catalogue_without_products_says_what_is_needed(settings: Settings, text: str, said: str) -> None:
    Path("shop.csv").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=said):
        prepare(settings)


def test_an_index_serves_without_its_catalogue_and_for_no_other(settings: Settings) -> None:
    prepare(settings)
    Path("shop.csv").unlink()
    assert embedded(settings) == []
    slip = settings.model_copy(update={"shop": settings.shop.model_copy(update={"catalogue": Path("shpo.csv")})})
    with pytest.raises(ConfigError, match=r"No catalogue file shpo\.csv"):
        prepare(slip)
    Path("index/sources.json").unlink()
    assert embedded(slip) == []


def test_a_log_shows_that_it_goes_on(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "LOGGED_EVERY", 0)
    with output.progress("Embedding products") as advance:
        advance(0, 600)
        advance(256, 600)
    assert capsys.readouterr().err.splitlines() == ["Embedding products: 0 of 600", "Embedding products: 256 of 600"]
