"""Takes the desk's pictures from a running demo shop: `python -m tests.browser.take_desk_screenshots URL PASSWORD`.

PASSWORD is the one that `make demo` prints. A few shoppers chat first, so that the queue holds something."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chrome import ARGUMENTS, CHROMIUM
from tests.browser.take_screenshots import FOLDER

CUSTOMER = "My e-mail is hana.quist2@mail.example.com. Can I exchange the sneakers of order Q10684 for another size?"
OTHERS = (
    ("waterproof hiking boots under 120, not black",),
    ("a red kettle", "no, this one is far too expensive, I am disappointed and want to complain"),
    ("a tent for two", "actually under 20 dollars"),
)
SHOTS = (("desk", 1280, 800, "light"), ("desk-phone", 390, 844, "dark"))


def main(url: str, password: str) -> None:
    """Writes one PNG for each of `SHOTS`."""
    expect.set_options(timeout=120_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for lines in (*OTHERS, (CUSTOMER, "I would like to talk to a person, please")):
            _chat(url, lines)
        for shot in SHOTS:
            _take(browser, url, password, *shot)
        browser.close()


def _chat(url: str, lines: tuple[str, ...]) -> None:
    session_id = None
    for line in lines:
        answer = httpx.post(f"{url}/api/chat", json={"session_id": session_id, "message": line}, timeout=120)
        session_id = answer.raise_for_status().json()["session_id"]


def _take(browser: Browser, url: str, password: str, name: str, width: int, height: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{url}/desk")
    page.get_by_label("Name").fill("demo")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#queue .row", has_text=re.compile("Asked for a person|You hold it")).first.click()
    _hold(page)
    page.locator("#copilot .reply").first.wait_for(state="attached")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{name}.png")
    _shrink(FOLDER / f"{name}.png")
    context.close()


def _shrink(picture: Path) -> None:
    """Keeps 200 colours, which is enough for a page and a third of the size."""
    with Image.open(picture) as image:
        small = image.convert("RGB").quantize(200)
    small.save(picture, optimize=True)


def _hold(page: Page) -> None:
    """Takes the conversation over where that was not done yet."""
    page.locator("#talk .said").first.wait_for()
    if page.get_by_role("button", name="Take over").count():
        page.get_by_role("button", name="Take over").click()
    expect(page.locator("#head")).to_contain_text("You hold it")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
