"""Intervals hold what they should, and two readers are told apart only where they differ."""

from __future__ import annotations

import numpy as np
import pytest

from finetune.judging.bootstrap import MACRO, Figures, compare, names_of
from finetune.scoring import Tally, score, tally
from tests.finetune.states import constraint, labelled, need, state

LABEL = state(need("boots", constraint(), constraint("brand", value="acme")), acts=["state_need"], stage="exploring")
HALF = state(need("boots", constraint(), constraint("size", value="42")), acts=["state_need", "greet"], stage="buying")
NOTHING = state(acts=["off_topic"])


def tallies(*found: object) -> list[Tally]:
    return [tally(labelled(LABEL), each) for each in found]  # type: ignore[arg-type]


def test_figures_from_counts_are_those_of_the_scores() -> None:
    found = [LABEL, HALF, NOTHING]
    figures, scores = Figures.of(tallies(*found)), score([(labelled(LABEL), each) for each in found])
    assert figures.value("strict") == pytest.approx(scores.strict.f1)
    assert figures.value("strict precision") == pytest.approx(scores.strict.precision)
    assert figures.value("attribute:brand recall") == pytest.approx(scores.by_attribute["brand"].recall)
    assert figures.value("stage") == scores.stage_accuracy
    assert figures.value("acts") == pytest.approx(scores.acts.f1 if scores.acts else None)
    assert figures.value(MACRO) == scores.acts_macro
    assert figures.value("no such figure") is None


def test_an_interval_holds_the_figure_and_shrinks_with_more_conversations() -> None:
    few, many = Figures.of(tallies(LABEL, HALF, NOTHING, LABEL)), Figures.of(tallies(LABEL, HALF, NOTHING, LABEL) * 25)
    narrow, wide = many.interval("strict"), few.interval("strict")
    value = many.value("strict")
    assert value is not None
    assert narrow[0] < value < narrow[1]
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])
    assert many.interval("strict", seed=3) == many.interval("strict", seed=3)


def test_the_interval_of_a_share_is_the_binomial_one() -> None:
    rows = [Tally({}, {"stage": (int(i < 60), 1)}, None) for i in range(100)]
    low, high = Figures.of(rows).interval("stage")
    assert (low, high) == (pytest.approx(0.6 - 0.096, abs=0.02), pytest.approx(0.6 + 0.096, abs=0.02))


def pair(first: list[Tally], second: list[Tally]) -> tuple[Figures, Figures]:
    names = names_of(first, second)
    return Figures.of(first, names), Figures.of(second, names)


def test_a_better_reader_is_told_from_a_worse_one() -> None:
    difference = compare(*pair(tallies(*[HALF] * 20), tallies(*[LABEL] * 20)), "strict")
    assert difference is not None
    assert difference.difference == pytest.approx(0.5)
    assert difference.interval == (pytest.approx(0.5), pytest.approx(0.5))
    assert difference.p_value < 0.01


def test_readers_that_are_equally_good_are_not_told_apart() -> None:
    rng = np.random.default_rng(5)
    one = tallies(*[LABEL if rng.random() < 0.5 else HALF for _ in range(40)])
    other = tallies(*[LABEL if rng.random() < 0.5 else HALF for _ in range(40)])
    difference = compare(*pair(one, other), "strict")
    assert difference is not None
    assert difference.p_value > 0.05
    assert difference.interval[0] < 0 < difference.interval[1]
    same = compare(*pair(one, one), "strict")
    assert same is not None
    assert (same.difference, same.p_value) == (0, 1)


def test_p_values_of_equal_readers_are_seldom_small() -> None:
    rng = np.random.default_rng(0)
    values = []
    for _ in range(40):
        sides = [[LABEL if rng.random() < 0.5 else HALF for _ in range(20)] for _ in range(2)]
        found = compare(*pair(*(tallies(*side) for side in sides)), "strict", rounds=200)
        assert found is not None
        values.append(found.p_value)
    assert np.mean(np.array(values) < 0.1) < 0.25
    assert min(values) < 0.6


def test_a_figure_that_nobody_has_is_not_compared() -> None:
    rows = tallies(LABEL, HALF)
    assert compare(*pair(rows, rows), "act:compare") is None
    with pytest.raises(ValueError, match="same conversations"):
        compare(Figures.of(rows), Figures.of(rows[:1], names_of(rows)), "strict")
