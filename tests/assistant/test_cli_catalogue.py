"""`shopkeeper index` and `shopkeeper search` on a tiny catalogue, and what they say to bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.assistant.cli import Done, run

CSV = """sku,name,price,color,brand,category
b1,Fellrun Hiking Boots,109,green,Fellrun,Shoes > Hiking Boots
b2,Ridgeway Hiking Boots,89,black,Ridgeway,Shoes > Hiking Boots
b3,Summit [bold]Hiking[/bold] Boots :boot:,180,red,Summit,Shoes > Hiking Boots
k1,Brea Gooseneck Kettle,59,black,Brea,Kitchen > Kettles
k2,Karo Family Kettle,cheap,white,Karo,Kitchen > Kettles
k3,,35,white,Karo,Kitchen > Kettles
"""
MAP = ("--map", "id=sku", "--map", "title=name", "--map", "product_type=category")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with two bad records and a configuration for it."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.csv").write_text(CSV, "utf-8")
    settings = {
        "shop": {
            "name": "Tiny",
            "catalogue": str(folder / "shop.csv"),
            "mapping": {"id": "sku", "title": "name", "product_type": "category"},
        },
        "index": {"path": str(folder / "index")},
        "store": {"url": f"sqlite:///{folder / 'shop.db'}"},
    }
    (folder / "shop.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    return folder


def ids(done: Done) -> set[str]:
    assert done.code == 0, done
    return {hit["product"]["id"] for hit in json.loads(done.out)}


def test_index_reports_bad_records_by_line_and_keeps_the_good(home: Path, tmp_path: Path, capsys: Capture) -> None:
    done = run(capsys, "index", home / "shop.csv", *MAP, "--out", tmp_path / "i", "--json")
    assert done.code == 0
    made = json.loads(done.out)
    assert made["products"] == 4
    assert [(p["line"], p["field"]) for p in made["problems"]] == [(6, "price"), (7, "title")]
    assert f"{home / 'shop.csv'}:6: price: " in done.err
    assert ids(run(capsys, "search", "boots", "--index", tmp_path / "i", "--json")) >= {"b1", "b2", "b3"}


def test_index_and_search_by_a_configuration_alone(home: Path, capsys: Capture) -> None:
    done = run(capsys, "index", "--config", home / "shop.yaml")
    assert done.code == 0
    assert "4 products; 2 problems" in done.err.splitlines()[-1]
    search = ("search", "boots", "--config", home / "shop.yaml", "--json")
    assert ids(run(capsys, *search, "--kind", "hiking boots")) == {"b1", "b2", "b3"}
    assert ids(run(capsys, *search, "--max-price", "120", "--where", "color!=black")) == {"b1"}
    assert ids(run(capsys, *search, "--min-price", "100", "--where", "brand = summit")) == {"b3"}
    assert len(ids(run(capsys, *search, "-k", "1"))) == 1
    nothing = run(capsys, *search, "--max-price", "1")
    assert (nothing.code, json.loads(nothing.out)) == (0, [])


def test_the_table_shows_titles_as_they_are(home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = run(capsys, "search", "summit boots", "--config", home / "shop.yaml", "-k", "1")
    assert "Summit [bold]Hiking[/bold] Boots :boot:" in done.out
    assert "180.00 USD" in done.out
    none = run(capsys, "search", "boots", "--config", home / "shop.yaml", "--max-price", "1")
    assert (none.code, none.out) == (0, "")
    assert "Take a condition away" in none.err


def test_prices_in_cents(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "p.jsonl").write_text('{"id": "1", "title": "Kettle", "price": 2599}\n', "utf-8")
    out = tmp_path / "i"
    assert run(capsys, "index", tmp_path / "p.jsonl", "-o", out, "--price-scale", "0.01", "--currency", "eur").code == 0
    found = json.loads(run(capsys, "search", "kettle", "--index", out, "--json").out)[0]["product"]
    assert (found["price"], found["currency"]) == (25.99, "EUR")


def test_strict_stops_at_the_first_bad_record(home: Path, tmp_path: Path, capsys: Capture) -> None:
    done = run(capsys, "index", home / "shop.csv", *MAP, "--strict", "--out", tmp_path / "i")
    assert "shop.csv:6: price" in done.sentence
    assert not (tmp_path / "i").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.csv", None), ("empty.jsonl", b""), ("noise.jsonl", bytes(range(256))), ("cut.csv.gz", b"\x1f\x8b"),
        ("shop.docx", b"x"), ("no.parquet", b"PAR1"), ("folder.csv", "folder"), ("header.csv", b"id,title,price\n"),
        ("bomb.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ],
)  # fmt: skip
def test_files_that_hold_no_catalogue(name: str, content: bytes | str | None, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    done = run(capsys, "index", path, "--out", tmp_path / "index")
    assert (done.code, done.out) == (2, "")
    assert done.err.strip()
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["index"], "expected a catalogue file"),
        (["index", "shop.csv", "--map", "title"], "expected OURS=THEIRS"),
        (["index", "shop.csv", "--map", "titel=name"], "titel"),
        (["index", "shop.csv", "--currency", "dollars"], "expected three letters"),
        (["index", "shop.csv", "--price-scale", "0"], "expected a number above 0"),
        (["index", "shop.csv", "--config", "nosuch.yaml"], "nosuch.yaml"),
        (["search"], "Missing argument 'query'"),
        (["search", "x", "--where", "color"], "expected ATTRIBUTE OPERATOR VALUE"),
        (["search", "x", "--where", "use=camping"], "found 'use=camping'"),
        (["search", "x", "--where", "price<=cheap"], "price needs a number"),
        (["search", "x", "--where", "rating>=nan"], "rating needs a number"),
        (["search", "x", "--max-price", "cheap"], "--max-price"),
        (["search", "x", "--max-price", "-1"], "--max-price"),
        (["search", "x", "-k", "0"], "-k"),
        (["search", "x", "--index", "nosuch"], "nosuch"),
        (["search", "x", "--config", "nosuch.yaml"], "configs/demo.yaml"),
        (["serve", "--host", "256.0.0.1"], "Cannot listen on 256.0.0.1"),
        (["serve", "--port", "70000"], "--port"),
        (["buy"], "buy"),
        (["--colour"], "--colour"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(arguments: list[str], said: str, capsys: Capture) -> None:
    assert said in run(capsys, *arguments).sentence


@pytest.mark.parametrize(
    "command", ["index", "search", "serve", "chat", "read", "prepare", "train", "evaluate", "data"]
)
def test_every_command_has_help(command: str, capsys: Capture) -> None:
    done = run(capsys, command, "--help")
    assert done.code == 0
    assert f"shopkeeper {command}" in done.out


def test_help_and_no_command_at_all(capsys: Capture) -> None:
    done = run(capsys, "--help")
    assert (done.code, done.err) == (0, "")
    assert "search" in done.out
    assert run(capsys).code == 2


def test_an_interruption_is_130(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.cli.service.make_ready", interrupted)
    done = run(capsys, "prepare")
    assert (done.code, done.err) == (130, "Interrupted.\n")
