"""The learning curve is one SVG file on its own, with what was measured in it."""

from __future__ import annotations

import math
from xml.etree import ElementTree

from finetune.learning_curve import POINTS, learning_curve
from finetune.lora_progress import Judgement

SVG = "{http://www.w3.org/2000/svg}"
JUDGED = [Judgement(0, 2.5, 0.1), Judgement(50, 1.5, 0.4), Judgement(100, 1.25, 0.6)]


def lines(picture: str) -> list[list[str]]:
    root = ElementTree.fromstring(picture)
    return [line.attrib["points"].split() for line in root.iter(f"{SVG}polyline")]


def test_losses_and_scores_are_lines_of_their_own() -> None:
    picture = learning_curve([3 - i / 50 for i in range(100)], JUDGED, "constraint F1")
    steps, held_out, score = lines(picture)
    assert (len(steps), len(held_out), len(score)) == (100, 3, 3)
    assert "Constraint F1, held out" in picture
    assert "100: 0.6" in picture


def test_many_steps_are_evened_out() -> None:
    steps, _ = lines(learning_curve([1.0] * 10_000, JUDGED, None))
    assert len(steps) <= POINTS


def test_private_runs_and_runs_without_anything_held_out_still_have_a_picture() -> None:
    assert lines(learning_curve([math.nan] * 5, JUDGED, None))[0] == []
    assert lines(learning_curve([], [Judgement(0, math.nan)], None)) == [[], []]
