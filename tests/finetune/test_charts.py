"""Charts are well-formed SVG whose marks stand where the figures are, and whose text cannot act."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from finetune.charts import Estimate, Row, bars, heat_map, histogram, intervals, lines, reliability, swatch

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [Row("<b>&colour", (Estimate(0.25, 0.0, 0.5), Estimate(0.75), None, Estimate(1.0, 0.9, 1.0)))]
CHARTS = {
    "intervals": intervals(ROWS, "a <title>"),
    "bars": bars([Row("missed", (Estimate(3), Estimate(0))), Row("none", (None, Estimate(1)))], "bars"),
    "lines": lines([[(1, 0.5), (2, 1.0)], [(1, 0.1)]], "lines", "turn"),
    "heat map": heat_map(["a", "after purchase", "<c>"], [[3, 0, 1], [0, 0, 0], [1, 1, 1]], "stages", "read", "label"),
    "reliability": reliability([None, (0.15, 0.2, 4), *[None] * 7, (0.95, 1.0, 1)], "sure", "forecast", "came true"),
    "histogram": histogram([1.0, 2.0, 50.0], "ms", "milliseconds", [("median", 2.0), ("p95", 50.0)]),
}
EMPTY = {
    "intervals": intervals([], "none"), "bars": bars([], "none"), "lines": lines([], "none", "x"),
    "heat map": heat_map([], [], "none", "", ""), "reliability": reliability([None] * 10, "none", "", ""),
    "histogram": histogram([], "none", "x"),
}  # fmt: skip


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


@pytest.mark.parametrize("charts", [CHARTS, EMPTY], ids=["full", "empty"])
@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_a_picture_with_a_name(name: str, charts: dict[str, str]) -> None:
    root = parsed(charts[name])
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert float((root.get("viewBox") or "").split()[3]) > 0
    numbers = [v for e in root.iter() for k, v in e.attrib.items() if k in ("x", "y", "cx", "cy", "width", "height")]
    assert all(abs(float(number)) < 2000 for number in numbers)


def test_an_estimate_stands_between_its_bounds_and_in_scale() -> None:
    root = parsed(CHARTS["intervals"])
    circle = next(root.iter(f"{SVG}circle"))
    whisker = next(line for line in root.iter(f"{SVG}line") if (line.get("class") or "").startswith("line"))
    x, low, high = float(circle.get("cx", "")), float(whisker.get("x1", "")), float(whisker.get("x2", ""))
    assert x == pytest.approx((low + high) / 2, abs=0.2)


def test_a_longer_bar_is_a_larger_count() -> None:
    widths = [float(bar.get("width", "")) for bar in parsed(CHARTS["bars"]).iter(f"{SVG}rect")]
    assert widths[0] == pytest.approx(3 * widths[2], abs=0.2)
    assert widths[1] == 0


def test_cells_say_their_counts_and_shares() -> None:
    cells = [cell for cell in parsed(CHARTS["heat map"]).iter(f"{SVG}rect")]
    assert len(cells) == 9
    assert cells[0].get("style") == "--share:0.750"
    assert cells[0].get("class") == "cell right"


def test_text_is_escaped() -> None:
    assert "<b>" not in CHARTS["intervals"]
    assert "&lt;c&gt;" in CHARTS["heat map"]


def test_series_differ_in_shape() -> None:
    assert len({swatch(i).split("<")[2].split()[0] + swatch(i)[60:] for i in range(4)}) == 4
