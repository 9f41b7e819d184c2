"""Takes the README's pictures of a case at the agents' desk: `python -m tests.browser.take_desk_screenshots [REPORT]`.

It starts the demo shop with a store of its own, lets shoppers chat, and goes through one of their cases as an agent.
REPORT is a `report.html` of `shopkeeper evaluate copilot`, of which a picture is taken as well. Nothing else is needed,
and what was there is replaced."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.api.agents import hashed
from assistant.assistant import Assistant
from tests.browser.chrome import ARGUMENTS, CHROMIUM
from tests.browser.servers import Served, serving
from tests.browser.take_screenshots import FOLDER, WAIT

AGENT, PASSWORD = "Ines", "only for pictures"
CUSTOMER = (
    "My e-mail is hana.quist2@mail.example.com. "
    "Can I exchange the sneakers of order Q10684 for one size bigger?"
)
OTHERS = (
    ("do you ship to Canada?",),
    ("waterproof hiking boots under 120, not black",),
    ("a red kettle", "thanks, I will take the first one"),
    ("a tent for two", "actually under 20 dollars"),
    ("my order Q10639 came broken, I am really disappointed and want to complain",),
)
COLOURS = 96
WIDE, PHONE, REPORT = (1280, 800), (390, 844), (1280, 862)


def main(report: str | None = None) -> None:
    """Writes one WebP for each step of the case that is worth a picture."""
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with _shop() as served:
            session_id = _shoppers(served.assistant)
            _case(_desk(browser, served.url, WIDE, "light"), session_id)
            _wrap_up(_desk(browser, served.url, PHONE, "dark"), session_id)
        if report is not None:
            page = browser.new_page(viewport={"width": REPORT[0], "height": REPORT[1]}, color_scheme="light")
            page.goto(Path(report).resolve().as_uri())
            _keep(page, "copilot-report")
        browser.close()


@contextmanager
def _shop() -> Iterator[Served]:
    """The demo shop as `make demo` starts it, with sessions and orders of its own and one agent."""
    settings = yaml.safe_load(Path("configs/demo.yaml").read_text(encoding="utf-8"))
    with TemporaryDirectory() as folder:
        settings["store"] = {"url": f"sqlite:///{folder}/sessions.db"}
        settings["desk"] = {"url": f"sqlite:///{folder}/desk.db", "agents": {AGENT: hashed(PASSWORD)}}
        config = Path(folder) / "demo.yaml"
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        with Assistant.from_config(config) as assistant, serving(assistant) as served:
            yield served


def _shoppers(assistant: Assistant) -> str:
    """Some shoppers chat, and the last asks for a person: the id of that conversation."""
    for messages in (*OTHERS, ("I would like to talk to a person, please", CUSTOMER)):
        session_id = assistant.new_session()
        for message in messages:
            assistant.respond(session_id, message)
    return session_id


def _case(page: Page, session_id: str) -> None:
    """From the queue to what was done."""
    page.locator(f"#queue [data-session='{session_id}']").click()
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#head")).to_contain_text("You hold it")
    _settled(page)
    _keep(page, "desk")
    page.locator("#copilot .cite[data-kind=policy]").first.click()
    page.get_by_role("dialog", name="Details").wait_for()
    _keep(page, "desk-citation")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.get_by_label("Your message to the shopper").press("Control+Enter")
    expect(page.locator("#talk .said.agent")).to_have_count(1)
    _settled(page)
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.get_by_role("button", name="Confirm and do it").wait_for()
    _keep(page, "desk-action")
    page.get_by_role("button", name="Confirm and do it").click()
    expect(page.locator("#action")).to_contain_text("Done.")
    page.locator("#action").get_by_role("button", name="Close").click()
    page.locator("#log summary").first.click()
    page.locator("#log").evaluate("log => log.scrollIntoView()")
    _settled(page)
    _keep(page, "desk-log")


def _wrap_up(page: Page, session_id: str) -> None:
    """On a phone: given back, and the note that the copilot suggests."""
    page.locator(f"#queue [data-session='{session_id}']").click()
    page.get_by_role("button", name="Give back").click()
    page.locator("#wrap-up").wait_for()
    _settled(page)
    _keep(page, "desk-phone")


def _desk(browser: Browser, url: str, size: tuple[int, int], scheme: str) -> Page:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(f"{url}/desk")
    page.get_by_label("Name").fill(AGENT)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#queue .count").wait_for()
    return page


def _settled(page: Page) -> None:
    """Waits until the copilot has said all, and the focus is nowhere."""
    page.locator("#copilot .reply").first.wait_for(state="attached")
    expect(page.locator("#copilot")).not_to_have_attribute("aria-busy", "true")
    page.evaluate("document.activeElement.blur()")


def _keep(page: Page, name: str) -> None:
    """The picture in its most frequent colours without further loss, which suits a page and takes half of a PNG."""
    page.wait_for_timeout(500)
    file = FOLDER / f"{name}.webp"
    page.screenshot(path=file.with_suffix(".png"))
    with Image.open(file.with_suffix(".png")) as image:
        whole = image.convert("RGB")
    frequent = sorted(whole.getcolors(whole.width * whole.height), reverse=True)[:COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for _, colour in frequent for channel in colour])
    whole.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB").save(file, lossless=True, method=6)
    file.with_suffix(".png").unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
