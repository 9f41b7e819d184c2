"""The copilot's report in a real browser: it fits, its links unfold the cases that they name, and text stays text."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from assistant.records import Message
from finetune.copilot.parts import Case, Confusion, Finding, Part, Resampling, share
from finetune.copilot.report import Report
from tests.browser.steps import overflow

pytestmark = pytest.mark.browser
HOSTILE = "My <b>tent</b> leaks <img src=x onerror='window.hacked=1'><script>window.hacked=1</script>" + "long" * 90


def part(name: str) -> Part:
    cases = tuple(
        Case(f"ticket-<{i}>", f"g{i}", (Finding("type", "Complaint", "Question <i>", f"For “{HOSTILE}”.", i > 4),),
             (Message(role="user", content=HOSTILE), Message(role="agent", content="Sorry.")), (HOSTILE,))
        for i in range(9)
    )  # fmt: skip
    measure = share(cases, "type", "Type", "{right} of {of} types are right.", Resampling(rounds=100))
    pairs = [("a rather long name of a type", "b"), ("b", "b")]
    return Part(name, f"Part {name}", "Nine tickets.", (measure,), cases, Confusion.of("Types", pairs), ("Method.",))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Report((part("one"), part("two")), (("Data", "x" * 200),), {"type": 0.9})
    return made.write(tmp_path_factory.mktemp("copilot"))[0]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_link_unfolds_the_case_that_it_names(chromium: Browser, report: Path, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert page.locator("details[open]").count() == 0
    link = page.locator(".links a").first
    link.click()
    page.locator("details[open]").wait_for()
    opened = page.locator("details[open]")
    assert opened.count() == 1 and link.inner_text().strip() in opened.inner_text()
    assert "My <b>tent</b> leaks <img" in opened.locator(".chat").inner_text()
    assert overflow(page) <= 0
    assert page.evaluate("window.hacked") is None
    assert {url.partition("#")[0] for url in asked} == {report.as_uri()}
    context.close()
