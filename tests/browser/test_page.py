"""Everything a person does on the page, in a real browser, over a small shop whose readings are known."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.servers import Served
from tests.browser.shop import BOOTS, BREAK, HOSTILE, KETTLE, MULTI, POLICY, TOKEN, UP_TO_150
from tests.browser.steps import catalogue, change, chat, constraints, overflow, picks, say

pytestmark = pytest.mark.browser


def test_empty_chat_offers_examples_and_says_one_on_a_click(small: Served, visit: Open) -> None:
    page = visit(small.url)
    expect(page.get_by_role("heading", name="What are you looking for?")).to_be_visible()
    examples = page.locator(".starters button")
    assert examples.count() >= 2
    assert "What is your return policy?" in examples.all_inner_texts()


def test_answer_streams_in_and_ends_with_cards(small: Served, visit: Open) -> None:
    page = visit(small.url)
    page.evaluate(
        """() => { window.seen = new Set(); new MutationObserver(() => {
        const bubble = document.querySelector('#live .turn.assistant .bubble:not(.waiting)');
        if (bubble) window.seen.add(bubble.innerText.length) }).observe(document.body, {subtree: true, childList: true,
        characterData: true}) }"""
    )
    answer = say(page, BOOTS)
    assert page.evaluate("window.seen.size") >= 3, "the answer came in one piece"
    expect(page.get_by_label("Your message")).to_have_value("")
    assert 1 <= answer.locator(".card.pick").count() <= 3
    card = answer.locator(".card.pick").first
    expect(card.locator(".amount")).to_have_text(re.compile(r"^\$\d+\.\d\d$"))
    expect(card.locator(".rating")).to_be_visible()
    expect(card.get_by_role("button", name=re.compile("Add .* to basket"))).to_be_enabled()
    assert {"match"} <= set(" ".join(c.get_attribute("class") or "" for c in card.locator(".chip").all()).split())


def test_what_is_opened_while_an_answer_is_written_stays_open(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    page.get_by_label("Your message").fill(UP_TO_150)
    page.keyboard.press("Enter")
    page.locator("#live .turn.assistant").wait_for()
    page.locator("#talk .card.pick [data-act=open]").last.click()
    page.get_by_role("dialog").wait_for()
    expect(page.locator("#talk .turn.assistant")).to_have_count(2)
    expect(page.locator("#talk .unanswered")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_picks_meet_every_must_and_the_need_card_says_which_words(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    for product in (small.assistant.product(i) for i in picks(page)):
        assert product.amount is not None and product.amount <= 120 and "black" not in product.color
        assert "Waterproof membrane" in product.product_highlight
    assert constraints(page) == {
        "price": ("price at most 120", "“under 120”", "must"),
        "feature": ("feature waterproof", "“waterproof”", "must"),
        "color": ("colour is not black", "“not black”", "must"),
    }
    expect(page.locator("#needs .constraint[data-attribute=color] .sure")).to_have_class(re.compile("s2"))


def test_removing_a_constraint_ranks_anew_and_undo_brings_it_back(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    before = picks(page)
    change(page, "feature", "remove")
    expect(page.locator("#needs .constraint")).to_have_count(2)
    expect(page.get_by_role("heading", name="Picks for what you need now")).to_be_visible()
    assert picks(page) and picks(page) != before
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#needs .constraint")).to_have_count(3)
    expect(page.get_by_role("heading", name="Picks for what you need now")).to_have_count(0)
    assert picks(page) == before


def test_a_second_window_changes_what_it_shows_and_catches_up(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    other = page.context.new_page()
    other.goto(small.url)
    expect(other.locator("#needs .constraint")).to_have_count(3)
    change(page, "price", "remove")
    expect(page.locator("#needs .constraint")).to_have_count(2)
    change(other, "feature", "remove")
    expect(other.locator("#needs .constraint")).to_have_count(1)
    assert list(constraints(other)) == ["color"]
    change(page, "feature", "remove")
    expect(page.locator(".toast")).to_contain_text("changed meanwhile")
    assert list(constraints(page)) == ["color"]
    say(other, UP_TO_150)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#talk .turn.assistant:not(.updated)")).to_have_count(2)


def test_a_later_message_changes_the_price_only(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    before = constraints(page)
    say(page, UP_TO_150)
    after = constraints(page)
    assert after["price"] == ("price at most 150", "“up to 150”", "must")
    assert {k: v for k, v in after.items() if k != "price"} == {k: v for k, v in before.items() if k != "price"}


def test_editing_a_value_takes_effect_at_once(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    change(page, "price", "edit")
    field = page.get_by_label("Value of price")
    expect(field).to_be_focused()
    field.fill("90")
    page.keyboard.press("Enter")
    expect(page.locator("#needs .constraint[data-attribute=price] .value")).to_have_text("90")
    assert picks(page)
    assert all((small.assistant.product(i).amount or 0) <= 90 for i in picks(page))


def test_a_value_that_is_no_number_is_refused_in_words(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    change(page, "price", "edit")
    page.get_by_label("Value of price").fill("cheap")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#needs [role=alert]")).to_contain_text("number")
    page.get_by_role("button", name="Cancel").click()
    assert constraints(page)["price"][0] == "price at most 120"


def test_must_and_wish_switch(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    switch = page.get_by_role("switch", name="waterproof is a must")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    assert constraints(page)["feature"][2] == "wish"
    switch.click()
    expect(switch).to_be_checked()


def test_a_point_is_added_and_the_need_renamed_by_keyboard(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, KETTLE)
    page.get_by_role("button", name="+ Add a point").press("Enter")
    page.get_by_label("What about it").select_option("color")
    expect(page.get_by_label("Comparison").locator("[value=at_most]")).to_be_disabled()
    page.get_by_label("Comparison").select_option("is_not")
    page.get_by_label("Value", exact=True).fill("white")
    page.keyboard.press("Enter")
    expect(page.locator("#needs .constraint")).to_have_count(1)
    assert constraints(page)["color"][:2] == ("colour is not white", "set by you here")
    assert all("white" not in small.assistant.product(i).color for i in picks(page))
    expect(page.get_by_role("button", name="+ Add a point")).to_be_focused()
    page.get_by_role("button", name="Rename kettle").press("Enter")
    page.get_by_label("What you are looking for").fill("tent")
    page.keyboard.press("Enter")
    expect(page.locator("#needs h3")).to_have_text("tent")


def test_a_policy_answer_cites_its_clause(small: Served, visit: Open) -> None:
    page = visit(small.url)
    answer = say(page, POLICY)
    cited = answer.locator(".citation")
    expect(cited.first).to_be_visible()
    texts = cited.all_inner_texts()
    assert any(text.startswith("Policy return") for text in texts), texts


def test_compare_marks_the_rows_that_differ(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, BOOTS)
    first = page.locator("#talk .card.pick [data-act=choose]")
    for i in range(2):
        first.nth(i).click()
        expect(first.nth(i)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Compare 2 of 4").click()
    dialog = page.get_by_role("dialog", name="Compare products")
    expect(dialog).to_be_visible()
    rows = dialog.locator("tbody tr")
    for row in rows.all():
        values = row.locator("td").all_inner_texts()
        assert ("differs" in (row.get_attribute("class") or "")) == (len({v.casefold() for v in values}) > 1)
    assert dialog.locator("tbody tr.differs").count() >= 1
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_thumbs_are_kept(small: Served, visit: Open) -> None:
    page = visit(small.url)
    answer = say(page, BOOTS)
    answer.get_by_role("button", name="Helpful", exact=True).click()
    expect(answer.get_by_role("button", name="Helpful", exact=True)).to_have_attribute("aria-pressed", "true")
    page.reload()
    thumb = page.get_by_role("button", name="Helpful", exact=True)
    expect(thumb).to_have_attribute("aria-pressed", "true")


def test_basket_counts_and_totals(small: Served, visit: Open) -> None:
    page = visit(small.url)
    page.emulate_media(reduced_motion="reduce")
    say(page, BOOTS)
    product = small.assistant.product(picks(page)[0])
    page.locator("#talk .card.pick").first.get_by_role("button", name="Add").click()
    expect(page.locator(".toast")).to_have_css("animation-name", re.compile("toast"))
    total = page.locator("#basket .total strong")
    expect(total).to_have_text(f"${product.amount:,.2f}")
    page.get_by_role("button", name=f"One more of {product.title}").click()
    expect(total).to_have_text(f"${2 * (product.amount or 0):,.2f}")
    page.get_by_role("button", name=f"One less of {product.title}").click()
    page.get_by_role("button", name=f"Remove {product.title}", exact=True).click()
    expect(page.locator("#basket")).to_contain_text("Nothing in it yet")


def test_catalogue_clicks_become_recently_viewed_and_events(small: Served, visit: Open) -> None:
    page = visit(small.url)
    catalogue(page)
    page.locator(".departments").get_by_role("button", name="Outdoor").click()
    page.locator(".subs").get_by_role("button", name="Camping").click()
    expect(page.locator("#catalogue .where")).to_contain_text("Outdoor › Camping")
    faces = page.locator("#catalogue .grid .face")
    titles = []
    for i in range(4):
        titles.append(faces.nth(i).locator(".name").inner_text())
        faces.nth(i).click()
        dialog = page.get_by_role("dialog", name=titles[-1])
        expect(dialog).to_be_visible()
        if i == 0:
            page.go_back()
        else:
            page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(faces.nth(i)).to_be_focused()
    expect(page.locator("#recent li .name")).to_have_text(titles[::-1])
    page.get_by_label("Search the catalogue").fill("kettle")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#catalogue .where")).to_contain_text("Results for “kettle”")
    expect(faces.first.locator(".name")).to_contain_text("Kettle")


def test_a_failed_answer_keeps_the_words_and_can_be_tried_again(small: Served, visit: Open) -> None:
    page = visit(small.url)
    page.get_by_label("Your message").fill(BREAK)
    page.get_by_role("button", name="Send").click()
    alert = page.locator("#live [role=alert]")
    expect(alert).to_contain_text("could not answer")
    assert "secret" not in page.locator("body").inner_text()
    expect(page.get_by_label("Your message")).to_have_value(BREAK)
    alert.get_by_role("button", name="Try again").click()
    expect(page.locator("#talk .turn.assistant")).to_have_count(1)
    expect(alert).to_have_count(0)


def test_empty_and_overlong_messages_are_refused_in_words(small: Served, visit: Open) -> None:
    page = visit(small.url)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#live [role=alert]")).to_contain_text("empty")
    long = "kettle " * 600
    page.get_by_label("Your message").fill(long)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#live [role=alert]")).to_contain_text("4,000")
    expect(page.get_by_label("Your message")).to_have_value(long)


def test_reload_keeps_the_chat_and_a_deleted_session_starts_anew(small: Served, visit: Open) -> None:
    page = visit(small.url)
    page.get_by_label("Your message").fill(BOOTS)
    page.keyboard.press("Enter")
    page.locator("#live .turn.assistant .bubble:not(.waiting)").wait_for()
    page.get_by_label("Your message").fill("and in")
    page.reload()
    expect(page.locator("#talk .turn.assistant")).to_have_count(1)
    expect(page.get_by_label("Your message")).to_have_value("and in")
    expect(page.locator("#talk .unanswered")).to_have_count(0)
    expect(page.locator("#talk .turn.user")).to_have_text(re.compile(BOOTS))
    assert len(constraints(page)) == 3
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("heading", name="What are you looking for?")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="What are you looking for?")).to_be_visible()
    expect(page.locator("#talk .turn")).to_have_count(0)


def test_purchase_intent_is_for_staff_only(small: Served, visit: Open) -> None:
    page = visit(small.url, path="/?staff=wrong-token-of-no-use")
    say(page, BOOTS)
    expect(page.get_by_text("Purchase intent")).to_have_count(0)
    page = visit(small.url, path=f"/?staff={TOKEN}")
    say(page, BOOTS)
    expect(page.get_by_role("heading", name="Purchase intent")).to_be_visible()
    page.locator("#talk .card.pick").first.get_by_role("button", name="Details").click()
    expect(page.locator("#intent .drivers li")).not_to_have_count(0)


def test_hostile_text_is_shown_as_text(small: Served, visit: Open) -> None:
    page = visit(small.url)
    say(page, HOSTILE)
    expect(page.locator("#talk .turn.user .bubble")).to_have_text(HOSTILE)
    say(page, MULTI)
    expect(page.locator("#talk .turn.user .bubble").last).to_have_text(MULTI)
    catalogue(page)
    page.get_by_label("Search the catalogue").fill(HOSTILE)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#catalogue .where")).to_contain_text(HOSTILE)
    page.locator(".departments").get_by_role("button", name="Home").click()
    page.locator("#catalogue .grid .face", has_text="onerror").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(HOSTILE)
    expect(dialog.locator("a[href^=javascript]")).to_have_count(0)
    expect(page.locator("script:has-text('window.hacked')")).to_have_count(0)


def test_phone_has_no_sideways_scroll_and_folds_the_side(small: Served, visit: Open) -> None:
    page = visit(small.url, width=390, height=844)
    assert overflow(page) <= 0
    say(page, BOOTS)
    assert overflow(page) <= 0
    body = page.locator("#needs-body")
    expect(body).to_be_hidden()
    page.get_by_role("button", name=re.compile("3 points")).click()
    expect(body).to_be_visible()
    page.locator("#talk .card.pick [data-act=choose]").first.click()
    page.locator("#talk .card.pick [data-act=choose]").nth(1).click()
    page.get_by_role("button", name="Compare 2 of 4").click()
    page.get_by_role("dialog").wait_for()
    assert overflow(page) <= 0
    page.get_by_role("button", name="Close").click()
    catalogue(page)
    assert overflow(page) <= 0
    chat(page)


def test_two_shoppers_see_nothing_of_each_other(small: Served, visit: Open) -> None:
    first, second = visit(small.url), visit(small.url)
    say(first, BOOTS)
    second.reload()
    second.locator("#needs .panel").wait_for()
    expect(second.locator("#talk .turn")).to_have_count(0)
    expect(second.locator("#needs .constraint")).to_have_count(0)
