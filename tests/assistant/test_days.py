import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.copilot.mentions import orders_named
from assistant.days import Day, days_in, falls_on
from assistant.service.records import Order as DeskOrder
from assistant.shop import Order
from assistant.statements import order_meant

DAYS = st.dates(datetime.date(2000, 1, 1), datetime.date(2099, 12, 31))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("my order from 25 October", {Day(10, 25)}),
        ("the one of Oct. 25th, 2026, please", {Day(10, 25, 2026)}),
        ("placed on the 3rd of May 2025", {Day(5, 3, 2025)}),
        ("ordered sept 7", {Day(9, 7)}),
        ("it came on 2026-10-25", {Day(10, 25, 2026)}),
        ("it came on 25.10.2026", {Day(10, 25, 2026)}),
        ("on 3/4/2026", {Day(3, 4, 2026), Day(4, 3, 2026)}),
        ("may 8:30 do?", set()),
        ("I may 2", {Day(5, 2)}),
        ("two of 3/4 inch, size 12.5", set()),
        ("", set()),
    ],
)
def test_days_are_found_as_they_are_written(text: str, days: set[Day]) -> None:
    assert days_in(text) == days


@given(DAYS, st.sampled_from(("%d %B", "%B %d", "%b %d, %Y", "%d. %b %Y", "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y")))
def test_a_day_written_in_any_way_is_that_day(day: datetime.date, form: str) -> None:
    days = days_in(f"the order of {day.strftime(form)} is wrong")
    assert falls_on([None, f"{day.isoformat()}T10:00:00Z"], days)
    assert not falls_on([(day + datetime.timedelta(days=45)).isoformat()], days)


@given(st.text(max_size=80))
def test_any_text_names_only_days_that_there_are(text: str) -> None:
    assert all(1 <= day.month <= 12 and 1 <= day.day <= 31 for day in days_in(text))


def test_an_order_is_meant_by_its_day() -> None:
    orders = [Order(id="new", placed_at="2026-10-25T08:00:00Z"),
              Order(id="old", placed_at="2026-09-01T08:00:00Z", delivered_at="2026-09-05T09:00:00Z")]  # fmt: skip
    assert order_meant("where is what I ordered on 1 September?", orders).id == "old"
    assert order_meant("the parcel of September 5th was damaged", orders).id == "old"
    assert order_meant("where is what I ordered on 3 March?", orders).id == "new"


def test_at_the_desk_a_number_counts_before_a_day() -> None:
    orders = [DeskOrder(id="Q1", customer_id="c", placed_at="2026-10-25T08:00:00Z"),
              DeskOrder(id="Q2", customer_id="c", placed_at="2026-09-01T08:00:00Z")]  # fmt: skip
    assert [order.id for order in orders_named("return the order of 25 October", orders)] == ["Q1"]
    assert [order.id for order in orders_named("return Q2, not that of 25 October", orders)] == ["Q2"]
    assert orders_named("return the order of 26 October", orders) == ()
