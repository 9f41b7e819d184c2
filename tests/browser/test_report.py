"""The evaluation's report in a real browser: whole, readable on a phone, light and dark, and deaf to hostile text."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from finetune.judging.models import Loaded, Model
from finetune.judging.report import Report
from finetune.judging.results import Options, judge
from tests.browser.steps import overflow
from tests.finetune.judging.conftest import ColorReader, chat

pytestmark = pytest.mark.browser
HOSTILE = "a red kettle <img src=x onerror='window.hacked=1'><script>window.hacked=1</script>" + "long" * 80


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = [Model(name, "a reader " * 12, "f", lambda: Loaded(ColorReader())) for name in ("one", "two", "<three>")]
    chains = [[chat("a", HOSTILE, "ochre", purchase_probability=1)], [chat("b", "a blue kettle", "blue")]]
    judged = judge("kettles & <pots>", chains, models, Options(rounds=100))
    return Report((judged,), minimum=0.9).write(tmp_path_factory.mktemp("report"))[0]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_whole_and_fits(chromium: Browser, report: Path, width: int, scheme: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.locator("details summary").first.click()
    assert "a red kettle <img" in page.locator(".chat").first.inner_text()
    assert overflow(page) <= 0
    assert page.evaluate("window.hacked") is None
    assert asked == [report.as_uri()]
    assert contrast(page) >= 7
    context.close()


def contrast(page: Page) -> float:
    """The contrast of the text with the page's background, as WCAG reckons it: 1 to 21."""
    return float(page.evaluate("""() => {
        const light = colour => {
            const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(value => value / 255)
                .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const style = getComputedStyle(document.body);
        const [one, other] = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
        return (one + 0.05) / (other + 0.05);
    }"""))
