"""Measures are counted from cases, whole groups at a time, and name cases that show them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from finetune.copilot.parts import Case, Confusion, Finding, Resampling, ratio, share, statistic
from finetune.copilot.wording import cited, content, quotations, stands
from finetune.judging.correlation import pearson

SOME = Resampling(rounds=400)


def cases(*right: bool | None, groups: int = 0) -> list[Case]:
    return [Case(f"c{i}", f"g{i % groups if groups else i}", (Finding("m", "a", "b", "since", r),))
            for i, r in enumerate(right)]  # fmt: skip


def test_a_share_counts_what_is_right_or_wrong_and_names_misses_first() -> None:
    found = share(cases(True, False, None, True, True), "m", "M", "{right} of {of}.", SOME)
    assert (found.value, found.why) == (0.75, "3 of 4.")
    assert found.interval[0] < 0.75 <= found.interval[1]
    assert found.cases == ("c1", "c0", "c3")
    nothing = share(cases(None), "m", "M", "{right} of {of}.", SOME)
    assert nothing.value is None and math.isnan(nothing.interval[0]) and nothing.to_json()["interval"] is None


def test_groups_are_drawn_whole() -> None:
    alternating = cases(*[True, False] * 20)
    in_two = cases(*[True, False] * 20, groups=2)
    alone, together = (share(each, "m", "M", "", SOME).interval for each in (alternating, in_two))
    assert together == (0.0, 1.0)
    assert alone[1] - alone[0] < 0.5


def test_ratios_and_other_statistics() -> None:
    rows = cases(*[None] * 30)
    found = ratio(rows, [1.0] * 30, [4.0] * 30, "m", "M", "", SOME)
    assert found.value == 0.25 and found.interval == (0.25, 0.25)
    x = np.arange(30.0)
    line = statistic(rows, lambda w: pearson(w, x, 3 - x), "m", "M", "", SOME)
    assert line.value == pytest.approx(-1) and line.interval == pytest.approx((-1, -1))
    flat = statistic(rows, lambda w: pearson(w, x, x * 0), "m", "M", "", SOME)
    assert flat.value is None
    assert statistic([], lambda w: w, "m", "M", "", SOME).value is None


def test_what_is_taken_for_what() -> None:
    found = Confusion.of("types", [("a", "a"), ("a", "b"), ("b", "b"), ("a", "c")])
    assert found.names == ("a", "b", "c")
    assert found.counts == ((1, 1, 1), (0, 1, 0), (0, 0, 0))


def test_words_and_quotations() -> None:
    assert content("The kettles are boiling") == content("a kettle boiled")
    assert quotations("Asks: “Is it “good”?”. Told: “no”. ”") == ["Is it “good”?", "no"]
    assert (cited("It leaks."), cited("It leaks")) == ("the words “It leaks.”", "the words “It leaks”.")
    said = ["Write to ana@example.org, please.", "It leaks all day long and I hate it"]
    assert stands("write to [e-mail], please", said)
    assert stands("It leaks all day …", said)
    assert not stands("It leaks all night", said)
    assert not stands("please. It leaks", said)
