"""A real Chromium against a real server. A page that errs, or asks anything of another host, fails its test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.assistant import Assistant
from tests.browser.chrome import ARGUMENTS, CHROMIUM
from tests.browser.servers import Served, serving
from tests.browser.shop import small_assistant

ROOT = Path(__file__).resolve().parents[2]
WAIT = 60_000

Open = Callable[..., Page]
Watch = Callable[..., Page]
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium, or set CHROMIUM to its path")
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with small_assistant(tmp_path_factory.mktemp("small")) as assistant, serving(assistant) as served:
        yield served


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo shop with the shipped models, as `make demo` starts it, but with a store of its own."""
    settings = yaml.safe_load((ROOT / "configs" / "demo.yaml").read_text(encoding="utf-8"))
    home = tmp_path_factory.mktemp("demo")
    settings["store"] = {"url": f"sqlite:///{home / 'sessions.db'}"}
    config = home / "demo.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with Assistant.from_config(config) as assistant, serving(assistant) as served:
        yield served


@pytest.fixture
def watch(chromium: Browser) -> Iterator[Watch]:
    """Opens pages, each in a browser of its own, and checks at the end that none misbehaved."""
    wrong: list[str] = []
    contexts = []

    def open_page(url: str, width: int = 1400, height: int = 900, scheme: Scheme = "light", path: str = "/") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on("request", lambda request: wrong.extend(_foreign(request.url, url)))
        page.goto(url + path, wait_until="domcontentloaded")
        return page

    yield open_page
    hacked = [page.evaluate("window.hacked") for context in contexts for page in context.pages]
    for context in contexts:
        context.close()
    assert not any(hacked), "text of a shopper or a catalogue ran as a script"
    assert not wrong


@pytest.fixture
def visit(watch: Watch) -> Open:
    """Opens the shoppers' page as `watch` does, and waits until it can be used."""

    def open_page(url: str, **how: Any) -> Page:
        page = watch(url, **how)
        page.locator("#needs .panel").wait_for()
        return page

    return open_page


def _foreign(address: str, url: str) -> list[str]:
    return [] if address.startswith((url, "data:", "blob:")) else [f"asked another host: {address}"]
