"""What a person does on the page, and what they see."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def say(page: Page, message: str) -> Locator:
    """Sends a message and waits until its answer is complete; returns the answer's turn."""
    answers = page.locator("#talk .turn.assistant:not(.updated)")
    before = answers.count()
    page.get_by_label("Your message").fill(message)
    page.keyboard.press("Enter")
    expect(answers).to_have_count(before + 1)
    expect(page.locator("#live .turn")).to_have_count(0)
    return answers.nth(before)


def picks(page: Page) -> list[str]:
    """Ids of the products on the table, best first."""
    cards = page.locator("#talk .card.pick")
    return [str(cards.nth(i).get_attribute("data-id")) for i in range(cards.count())]


def constraints(page: Page) -> dict[str, tuple[str, str, str]]:
    """The need card: words of each constraint, where they come from, and must or wish, by attribute."""
    rows = page.locator("#needs .constraint")
    return {
        str(row.get_attribute("data-attribute")): (
            " ".join(row.locator(".what").inner_text().split()),
            row.locator(".source").inner_text(),
            row.locator(".switch").inner_text(),
        )
        for row in rows.all()
    }


def change(page: Page, attribute: str, button: str) -> None:
    """Presses a button (`edit`, `remove`, `strength`) of a constraint."""
    page.locator(f"#needs .constraint[data-attribute={attribute}] [data-act={button}]").click()


def catalogue(page: Page) -> None:
    """Goes to the catalogue."""
    page.get_by_role("tab", name="Catalogue").click()
    page.locator("#catalogue .grid").wait_for()


def chat(page: Page) -> None:
    """Goes back to the chat."""
    page.get_by_role("tab", name="Chat").click()
    page.get_by_label("Your message").wait_for()


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
