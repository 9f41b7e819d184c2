"""The agents' desk in a real browser: a whole case between a shopper and an agent, and what keys and phones do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open, Watch
from tests.browser.servers import Served
from tests.browser.shop import AGENTS, BOOTS, EXCHANGE, PERSON, STATUS, THANKS
from tests.browser.steps import overflow, say

pytestmark = pytest.mark.browser

Enter = Callable[..., Page]


@pytest.fixture
def enter(watch: Watch) -> Enter:
    """Opens the desk, each time in a browser of its own, and signs an agent in."""

    def sign_in(url: str, name: str = "ines", **how: Any) -> Page:
        page = watch(url, path="/desk", **how)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(AGENTS[name])
        page.get_by_role("button", name="Sign in").click()
        page.locator("#queue .count").wait_for()
        return page

    return sign_in


def row(page: Page, session_id: str) -> Locator:
    """The conversation in the queue."""
    return page.locator(f"#queue [data-session='{session_id}']")


def newest(served: Served) -> str:
    """The conversation that was used last."""
    return max(served.assistant.queue(), key=lambda waiting: waiting.since).session_id


def test_a_whole_case(small: Served, visit: Open, enter: Enter) -> None:
    shop = visit(small.url)
    for message in (BOOTS, EXCHANGE, PERSON):
        say(shop, message)
    session_id = newest(small)

    desk = enter(small.url)
    waiting = row(desk, session_id)
    expect(waiting).to_contain_text("Asked for a person")
    waiting.click()
    expect(desk.locator("#talk")).to_contain_text(EXCHANGE)
    expect(desk.locator("#needs")).to_contain_text("hiking boots")
    expect(desk.locator("#course svg")).to_be_visible()
    expect(desk.locator("#customer")).to_contain_text("Ada Brook")
    assert "Ada Brook" not in shop.locator("body").inner_text()
    desk.locator("#copilot [data-do=insert]").first.wait_for()

    desk.keyboard.press("t")
    expect(desk.locator("#head")).to_contain_text("You hold it")
    expect(shop.get_by_text("A colleague of ours is here")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("1")
    field = desk.get_by_label("Your message to the shopper")
    suggested = field.input_value()
    assert suggested.strip()
    field.press("End")
    field.press_sequentially(" Ines here: gold it is.")
    field.press("Control+Enter")
    expect(field).to_have_value("")
    expect(shop.locator("#talk .turn.agent")).to_contain_text("Ines here: gold it is.")
    shop.get_by_label("Your message").fill(THANKS)
    shop.keyboard.press("Enter")
    expect(desk.locator("#talk .said.user").last).to_contain_text(THANKS)
    assert small.assistant.session(session_id).messages[-1].role == "user", "the assistant spoke, too"

    order = desk.locator("details.order", has=desk.locator("summary", has_text="A3"))
    if not desk.locator("#act-A3").is_visible():
        order.locator("summary").click()
    desk.locator("#act-A3").select_option("exchange_items")
    desk.get_by_role("button", name="Prepare this action on order A3").click()
    swap = desk.locator("#request select[name=swap]").first
    swap.select_option("lamp-gone")
    desk.get_by_role("button", name="Check against the policy").click()
    expect(desk.locator("#verdict [role=alert]")).to_contain_text("Refused")
    desk.locator("#verdict").get_by_role("button", name="Open the clause").click()
    expect(desk.get_by_role("dialog", name="Details")).to_contain_text("available new item of the same product")
    desk.keyboard.press("Escape")
    swap.select_option("lamp-gold")
    desk.get_by_role("button", name="Check against the policy").click()
    expect(desk.locator("#verdict")).to_contain_text("Nothing is done yet")
    assert small.assistant.desk is not None
    assert [o.status for o in small.assistant.desk.orders("ada") if o.id == "A3"] == ["delivered"]
    desk.get_by_role("button", name="Confirm and do it").click()
    expect(desk.locator("#action")).to_contain_text("Done.")
    expect(order).to_contain_text("exchange requested")
    log = desk.locator("#log")
    log.locator("summary", has_text="Exchange items A3 done").click()
    expect(log).to_contain_text("ines")
    expect(log.get_by_role("row", name="order status delivered exchange requested")).to_be_visible()
    desk.locator("#action").get_by_role("button", name="Tell the shopper").click()
    assert "becomes" in field.input_value()
    field.fill("")

    desk.get_by_role("button", name="Give back").click()
    expect(desk.get_by_role("button", name="Save the note")).to_be_focused()
    desk.get_by_label("In short").fill("Exchanged a red lamp for a gold one.")
    desk.get_by_role("button", name="Save the note").click()
    expect(desk.locator("#talk .note")).to_contain_text("Exchanged a red lamp for a gold one.")
    assert "Exchanged a red lamp" not in shop.locator("body").inner_text()
    expect(desk.locator("#head")).to_contain_text("Assistant answers")
    expect(shop.get_by_text("A colleague of ours is here")).to_have_count(0)
    expect(say(shop, STATUS)).to_contain_text("waiting for the items that you exchange")
    assert small.assistant.session(session_id).messages[-1].role == "assistant"


def test_keys_lead_through_the_queue_and_only_one_agent_holds(small: Served, visit: Open, enter: Enter) -> None:
    for _ in range(2):
        session_id = small.assistant.new_session()
        small.assistant.respond(session_id, PERSON)
    first, second = enter(small.url), enter(small.url, "otto")
    first.keyboard.press("?")
    expect(first.get_by_role("dialog", name="Keys")).to_be_visible()
    first.keyboard.press("Escape")
    first.keyboard.press("/")
    expect(first.get_by_label("Search conversations")).to_be_focused()
    first.keyboard.type(session_id)
    expect(first.locator("#queue .row")).to_have_count(1)
    first.keyboard.press("Escape")
    first.keyboard.press("j")
    expect(row(first, session_id)).to_be_focused()
    first.keyboard.press("Enter")
    first.locator("#talk .said").first.wait_for()
    first.keyboard.press("t")
    expect(first.locator("#head")).to_contain_text("You hold it")
    row(second, session_id).click()
    expect(second.locator("#head")).to_contain_text("Held by ines")
    expect(second.locator("#send")).to_be_disabled()
    second.keyboard.press("t")
    expect(second.locator("#toast")).to_contain_text("'ines' holds this conversation")


def test_a_phone_shows_one_part_at_a_time(small: Served, visit: Open, enter: Enter) -> None:
    session_id = small.assistant.new_session()
    small.assistant.respond(session_id, BOOTS)
    page = enter(small.url, width=390, height=844, scheme="dark")
    assert overflow(page) <= 0
    page.locator(".top h1").evaluate("title => title.append(' of a shop with a long name, and sons')")
    assert overflow(page) <= 0
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    row(page, session_id).click()
    expect(page.locator("#talk")).to_contain_text(BOOTS)
    expect(page.locator("#queue")).to_be_hidden()
    assert overflow(page) <= 0
    assert page.locator("#talk").evaluate("talk => talk.scrollHeight - talk.scrollTop - talk.clientHeight") < 2
    page.get_by_role("navigation").get_by_role("button", name="Copilot").click()
    expect(page.locator("#copilot")).to_contain_text("Summary")
    assert overflow(page) <= 0
    panels = page.locator("[data-column=copilot] .panel")
    expect(page.locator("#course .panel")).to_be_visible()
    assert all(box["x"] + box["width"] <= 390 for panel in panels.all() if (box := panel.bounding_box()))


def test_whoever_is_not_signed_in_sees_the_login_only(small: Served, watch: Watch) -> None:
    page = watch(small.url, path="/desk")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_text(re.compile("conversation"))).to_have_count(0)
