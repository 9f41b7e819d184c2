"""The demo shop with the shipped models in a real browser: what the program promises a newcomer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from retrieval.product import Product
from tests.browser.conftest import Open
from tests.browser.servers import Served
from tests.browser.steps import catalogue, change, chat, constraints, picks, say

pytestmark = pytest.mark.browser
BOOTS = "waterproof hiking boots under 120, not black"


def words(product: Product) -> str:
    """All that a product says of itself, lower case."""
    return product.model_dump_json().lower()


def test_boots_under_120_and_what_follows(demo: Served, visit: Open) -> None:
    page = visit(demo.url)
    answer = say(page, BOOTS)
    expect(page.locator("#needs .constraint")).to_have_count(3)
    shown = [demo.assistant.product(i) for i in picks(page)]
    assert shown
    for product in shown:
        assert product.amount is not None and product.amount <= 120
        assert "black" not in {color.lower() for color in product.color}
        assert "boots" in words(product) and "waterproof" in words(product)
    fields = {chip.get_attribute("data-field") for chip in answer.locator(".chip.match").all()}
    assert fields & {"price", "sale_price"} and "color" in fields

    card = constraints(page)
    assert set(card) == {"price", "feature", "color"}
    for _, source, strength in card.values():
        assert source.strip("“”") in BOOTS and strength == "must"

    say(page, "actually up to 150")
    expect(page.locator("#needs")).to_contain_text("150")
    after = constraints(page)
    assert "150" in after["price"][0]
    assert {k: v[0] for k, v in after.items() if k != "price"} == {k: v[0] for k, v in card.items() if k != "price"}

    before = picks(page)
    assert page.locator("#talk .card.pick .chip[data-field=color]").count()
    change(page, "color", "remove")
    expect(page.locator("#needs .constraint")).to_have_count(2)
    expect(page.get_by_role("heading", name="Picks for what you need now")).to_be_visible()
    expect(page.locator("#talk .card.pick .chip[data-field=color]")).to_have_count(0)
    change(page, "feature", "remove")
    expect(page.locator("#needs .constraint")).to_have_count(1)
    expect(page.locator("#talk .card.pick .chip[data-field=feature]")).to_have_count(0)
    assert picks(page) and picks(page) != before


def test_return_policy_for_shoes_is_cited(demo: Served, visit: Open) -> None:
    page = visit(demo.url)
    answer = say(page, "what is your return policy for shoes?")
    cited = answer.locator(".citation")
    expect(cited.first).to_be_visible()
    clauses = {clause.id: clause.text for clause in demo.assistant.shop.policies}
    for citation in cited.all():
        quote = citation.locator("q").inner_text().strip("“”")
        assert quote in clauses[str(citation.get_attribute("data-id"))]
    assert any("return" in text.lower() for text in cited.all_inner_texts())


def test_four_tents_viewed_make_recommendations_tents(demo: Served, visit: Open) -> None:
    page = visit(demo.url)
    catalogue(page)
    page.get_by_label("Search the catalogue").fill("tent")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#catalogue .where")).to_contain_text("Results for")
    tents = page.locator("#catalogue .grid .face", has_text=re.compile("tent", re.IGNORECASE))
    for i in range(4):
        tents.nth(i).click()
        page.get_by_role("dialog").wait_for()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#recent li")).to_have_count(4)
    chat(page)
    answer = say(page, "what would you recommend?")
    assert "tent" in answer.inner_text().lower()
    shown = [demo.assistant.product(i) for i in picks(page)]
    assert shown and all("tent" in product.product_type.lower() for product in shown)
    expect(answer.locator(".chip.behaviour").first).to_be_visible()
