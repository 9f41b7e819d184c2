"""Takes the README's pictures from a running app: `python -m tests.browser.take_screenshots http://127.0.0.1:7860`.

Given the path of a report of `shopkeeper evaluate` instead, it takes the picture of that.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chrome import ARGUMENTS, CHROMIUM
from tests.browser.steps import say

FOLDER = Path(__file__).parent / "screenshots"
MESSAGE = "waterproof hiking boots under 120, not black"
SHOTS = (("chat", 1400, 900, "light"), ("chat-dark", 1400, 900, "dark"), ("phone", 390, 844, "light"))
REPORT = (1280, 862)
WAIT = 120_000


def main(place: str) -> None:
    """Writes one PNG for each of `SHOTS`, or that of the report."""
    FOLDER.mkdir(exist_ok=True)
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        if place.endswith(".html"):
            _take_report(browser, Path(place))
        else:
            for shot in SHOTS:
                _take(browser, place, *shot)
        browser.close()


def _take_report(browser: Browser, file: Path) -> None:
    width, height = REPORT
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    page.goto(file.resolve().as_uri())
    page.screenshot(path=FOLDER / "report.png")
    page.close()


def _take(browser: Browser, url: str, name: str, width: int, height: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(url)
    page.locator(".starters button").first.wait_for()
    say(page, MESSAGE)
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


if __name__ == "__main__":
    main(sys.argv[1])
