"""Labelling in a real browser: a person corrects a state and finds it in the file; wide, on a phone, by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Locator, Page, expect

from finetune.conversations import read_conversations
from finetune.labelling.page import mount_labelling
from finetune.labelling.session import Labelling
from finetune.labelling.workbook import open_workbook
from tests.assistant.local_server import serving
from tests.browser.conftest import WAIT
from tests.browser.steps import overflow
from tests.finetune.labelling_chats import KnownReader, chats

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@dataclass(frozen=True)
class Served:
    """A running page and the file that it writes."""

    url: str
    out: Path

    def labels(self) -> dict[str, dict]:
        conversations, problems = read_conversations(self.out)
        assert problems == []
        return {c.id: c.label or {} for c in conversations}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    out = tmp_path / "labels.jsonl"
    with (
        open_workbook([chats(tmp_path / "chats.jsonl")], out) as (workbook, _),
        serving(mount_labelling(FastAPI(), Labelling(workbook, KnownReader()))) as url,
    ):
        yield Served(url, out)


@pytest.fixture
def visit(chromium: Browser, served: Served) -> Iterator[Open]:
    wrong: list[str] = []
    contexts = []

    def open_page(width: int = 1400, height: int = 900, scheme: str = "light") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on("request", lambda r: r.url.startswith((served.url, "data:", "blob:")) or wrong.append(r.url))
        page.goto(served.url, wait_until="domcontentloaded")
        page.locator("#label .state").wait_for()
        return page

    yield open_page
    assert not any(page.evaluate("window.hacked") for context in contexts for page in context.pages)
    for context in contexts:
        context.close()
    assert not wrong


def rows(page: Page) -> Locator:
    return page.locator("#label .needs .row")


def mark(page: Page, message: int, words: str) -> None:
    """Marks words of a message as a mouse does."""
    page.evaluate(
        """([message, words]) => {
        const node = document.querySelector(`[data-message="${message}"]`).firstChild;
        const start = node.data.indexOf(words);
        window.getSelection().setBaseAndExtent(node, start, node, start + words.length) }""",
        [message, words],
    )


def test_a_state_is_corrected_and_is_in_the_file(served: Served, visit: Open) -> None:
    page = visit()
    expect(page.locator(".where")).to_contain_text("1 of 3 · 0 saved · proposed by the reader")
    expect(rows(page)).to_have_count(2)
    color = rows(page).nth(1)
    color.get_by_label("Comparison").select_option("is_not")
    mark(page, 0, "not black")
    expect(page.locator(".marked")).to_have_text("Marked: “not black”")
    color.get_by_role("button", name="Quote").click()
    expect(color.get_by_label("Quote")).to_have_value("not black")
    mark(page, 0, "Waterproof")
    page.get_by_role("button", name="+ point from marked words").click()
    expect(rows(page).nth(2).get_by_label("Value")).to_have_value("waterproof")
    rows(page).nth(2).get_by_label("Strength").select_option("prefer")
    page.get_by_label("greet").set_checked(False)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_have_text("Message 1 is saved.")
    expect(page.locator(".where")).to_contain_text("2 of 3 · 1 saved")
    label = served.labels()["boots.1"]
    held = label["needs"][0]["constraints"]
    assert [(c["attribute"], c["op"], c["value"], c["strength"]) for c in held] == [
        ("price", "at_most", 120, "must"),
        ("color", "is_not", "black", "must"),
        ("feature", "is", "waterproof", "prefer"),
    ]
    assert held[1]["source"] == {"message": 0, "quote": "not black"}
    assert (label["acts"], label["stage"]) == (["state_need"], "exploring")

    page.get_by_role("button", name="Previous").click()
    expect(page.locator(".badge")).to_have_text("saved")
    rows(page).nth(2).get_by_role("button", name="Remove this point").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".where")).to_contain_text("2 of 3")
    assert len(served.labels()["boots.1"]["needs"][0]["constraints"]) == 2


def test_what_cannot_be_saved_is_said_beside_it(served: Served, visit: Open) -> None:
    page = visit()
    rows(page).nth(0).get_by_label("Value").fill("cheap")
    rows(page).nth(1).get_by_label("Quote").fill("vegan")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("2 things are to be put right")
    expect(rows(page).nth(0).locator(".wrong")).to_contain_text("needs a number, found 'cheap'")
    expect(rows(page).nth(1).locator(".wrong")).to_contain_text("does not say 'vegan'")
    expect(rows(page).nth(0).get_by_label("Value")).to_have_value("cheap")
    assert not served.out.exists()
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".notice")).to_contain_text("Message 1 is not saved yet")
    page.get_by_role("button", name="Previous").click()
    expect(page.locator(".badge")).to_have_text("changed, not saved")
    expect(rows(page).nth(1).get_by_label("Quote")).to_have_value("vegan")
    page.get_by_role("button", name="Start over").click()
    expect(rows(page).nth(0).get_by_label("Value")).to_have_value("120")


def test_a_message_is_labelled_without_a_mouse(served: Served, visit: Open) -> None:
    page = visit()
    expect(page.get_by_label("Wanted")).to_be_focused()
    page.keyboard.press("Alt+n")
    page.keyboard.type("tent")
    expect(page.locator("#label .needs .need")).to_have_count(2)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(3)
    page.keyboard.type("size")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("hiking")
    page.keyboard.press("Alt+q")
    expect(rows(page).nth(2).get_by_label("Quote")).to_have_value("hiking")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".where")).to_contain_text("2 of 3 · 1 saved")
    needs = served.labels()["boots.1"]["needs"]
    assert needs[1]["product"] == "tent" and needs[1]["constraints"][0]["attribute"] == "size"
    page.keyboard.press("Alt+s")
    expect(page.locator(".where")).to_contain_text("3 of 3")
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.locator(".where")).to_contain_text("2 of 3")


def test_text_of_a_shopper_is_only_text(served: Served, visit: Open) -> None:
    page = visit()
    page.get_by_label("Number of the message to go to").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator(".said.last .words")).to_have_text("<img src=x onerror=window.hacked=1> a kettle {{7*7}}")
    expect(page.locator(".events")).to_contain_text("Brook 1")
    page.get_by_role("button", name="+ need").click()
    page.get_by_label("Wanted").fill("<img src=x onerror=window.hacked=2>")
    page.get_by_role("button", name="+ point", exact=True).click()
    rows(page).nth(0).get_by_label("Value").fill("brook")
    rows(page).nth(0).get_by_label("From").select_option("event 0")
    expect(rows(page).nth(0).get_by_label("Strength")).to_have_value("prefer")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_have_text("Message 3 is saved.")
    saved = served.labels()["kettle.1"]["needs"][0]
    assert saved["product"].startswith("<img") and saved["constraints"][0]["source"] == {"event": 0}


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "light"), (360, 640, "dark"), (900, 700, "light")])
def test_it_fits_small_screens(visit: Open, width: int, height: int, scheme: str) -> None:
    page = visit(width, height, scheme)
    assert overflow(page) == 0
    small = page.locator("#label .buttons button, #label .row select, #label .row input")
    assert all((box.bounding_box() or {"height": 0})["height"] >= 36 for box in small.all())
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".where")).to_contain_text("1 saved")
