"""Small pictures for reports, as SVG text: crisp at any size, no library, no request, readable in light and dark.

Every chart is 360 units wide, so that it stands at about its own size on a phone and beside others on a screen. Colours
are CSS variables of the page (`--s1` to `--s4` for series, `--ink`, `--muted`, `--grid`); series differ in their
marks as well. All text is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH = 360
SERIES = 4
LEFT, RIGHT = 128, 14
QUARTERS = (0, 0.25, 0.5, 0.75, 1)


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; `low` and `high` are `None` where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """One labelled row of a chart: an estimate, or a number, for each series (`None` where a series has none)."""

    label: str
    values: tuple[Estimate | None, ...]


def mark(series: int, x: float, y: float, size: float = 4.5) -> str:
    """The mark of a series at a point: circle, square, diamond or triangle, in its colour."""
    kind, colour = series % SERIES, f'class="s{series % SERIES + 1}"'
    if kind == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {colour}/>'
    if kind == 1:
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}" {colour}/>'
    corners = ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)) if kind == 2 else ((0, -1.2), (1.2, 0.9), (-1.2, 0.9))
    points = " ".join(f"{x + size * a:.1f},{y + size * b:.1f}" for a, b in corners)
    return f'<polygon points="{points}" {colour}/>'


def swatch(series: int) -> str:
    """The mark of a series on its own, for a legend."""
    return f'<svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">{mark(series, 8, 8)}</svg>'


def intervals(rows: Sequence[Row], title: str) -> str:
    """Estimates from 0 to 1 with their intervals as whiskers, a row for each figure, a mark for each series."""
    step = 15
    heights = [12 + step * len(row.values) for row in rows]
    bottom = sum(heights) + 6
    parts = [_grid(0, bottom)]
    top = 6
    for row, height in zip(rows, heights, strict=True):
        parts.append(_label(row.label, top + height / 2 - 2))
        for s, estimate in enumerate(row.values):
            if estimate is not None:
                parts.append(_estimate(estimate, s, top + 8 + step * s, row.label))
        top += height
    return _svg(bottom + 20, title, parts)


def bars(rows: Sequence[Row], title: str) -> str:
    """Counts as bars from 0, a row for each label, a bar for each series."""
    step = 14
    most = max((e.value for row in rows for e in row.values if e is not None), default=0.0) or 1.0
    parts: list[str] = []
    top = 4.0
    for row in rows:
        height = 8 + step * len(row.values)
        parts.append(_label(row.label, top + height / 2))
        for s, estimate in enumerate(row.values):
            if estimate is None:
                continue
            long, y = (WIDTH - LEFT - RIGHT - 30) * estimate.value / most, top + 4 + step * s
            parts.append(_bar(LEFT, y, long, step - 3, f"s{s % SERIES + 1}", f"{row.label}: {estimate.value:g}"))
            parts.append(_text(LEFT + long + 5, y + step - 5, f"{estimate.value:g}", "small"))
        top += height
    return _svg(top + 4, title, parts)


def lines(series: Sequence[Sequence[tuple[float, float]]], title: str, x_label: str, y_top: float | None = 1.0) -> str:
    """Lines of (x, y) points, one for each series; y from 0 to `y_top`, or the highest point where that is `None`."""
    points = [point for each in series for point in each]
    left, right, top, bottom = 38, WIDTH - RIGHT, 10, 176
    low, high = (min(x for x, _ in points), max(x for x, _ in points)) if points else (0.0, 1.0)
    most = y_top or max((y for _, y in points), default=1.0) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - low) / (high - low) if high > low else 0.5
        return left + 8 + across * (right - left - 16), bottom - y / most * (bottom - top)

    parts = [_rule(left, place(low, most * t)[1], right, f"{most * t:.2g}") for t in QUARTERS]
    parts += [_text(place(x, 0)[0], bottom + 15, f"{x:g}", "small", "middle") for x in _ticks(low, high, points)]
    for s, each in enumerate(series):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in each))
        parts.append(f'<polyline points="{path}" class="line l{s % SERIES + 1}"/>')
        if len(each) <= 40:
            parts += [_titled(mark(s, *place(x, y), 3.5), f"{x:g}: {y:.3g}") for x, y in each]
    parts.append(_text((left + right) / 2, bottom + 31, x_label, "small", "middle"))
    return _svg(bottom + 38, title, parts)


def heat_map(names: Sequence[str], counts: Sequence[Sequence[int]], title: str, across: str, down: str) -> str:
    """A square matrix of counts, darker for a larger share of its row; `down` names the rows, `across` the columns."""
    left, top = 104, 20
    side = (WIDTH - left - 6) / max(len(names), 1)
    height = min(side, 44)
    parts = [_text(left + side * len(names) / 2, 12, across, "small", "middle"),
             _text(2, top + 2, down, "small")]  # fmt: skip
    for i, row in enumerate(counts):
        total = sum(row)
        y = top + 6 + i * height
        parts.append(_text(left - 6, y + height / 2 + 4, _short(names[i], 16), "label", "end"))
        for j, count in enumerate(row):
            share, x = count / total if total else 0.0, left + j * side
            kind = "cell right" if i == j else "cell"
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{side - 2:.1f}" height="{height - 2:.1f}" rx="3" '
                         f'class="{kind}" style="--share:{share:.3f}"><title>{escape(names[i])} read as '
                         f'{escape(names[j])}: {count} of {total}</title></rect>')  # fmt: skip
            tone = "on" if share > 0.5 else "off" if count else "none"
            parts.append(_text(x + side / 2 - 1, y + height / 2 + 4, str(count), f"count {tone}", "middle"))
    foot = top + 6 + height * len(names)
    for j, name in enumerate(names):
        for line, words in enumerate(_wrapped(name, 10)[:2]):
            parts.append(_text(left + (j + 0.5) * side - 1, foot + 11 + 11 * line, _short(words, 11), "tiny", "middle"))
    return _svg(foot + 28, title, parts)


def reliability(bins: Sequence[tuple[float, float, int] | None], title: str, x_label: str, y_label: str) -> str:
    """How often came true (y) what was forecast (x), one point for each bin of (forecast, outcome, count), its size by
    the count; a calibrated forecast lies on the diagonal."""
    left, top, side = 44, 10, 200
    most = max((held[2] for held in bins if held), default=1)
    parts = [_rule(left, top + side * (1 - t), left + side, f"{t:g}") for t in QUARTERS]
    parts += [_text(left + side * t, top + side + 15, f"{t:g}", "small", "middle") for t in (0, 0.5, 1)]
    parts.append(_line(left, top + side, left + side, top, "ideal"))
    found = [(left + side * p, top + side * (1 - y), n) for p, y, n in (held for held in bins if held)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in found)
    parts.append(f'<polyline points="{path}" class="line l1"/>')
    for (x, y, n), held in zip(found, (held for held in bins if held), strict=True):
        size = 3 + 6 * (n / most) ** 0.5
        parts.append(_titled(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" class="s1"/>',
                             f"forecast {held[0]:.2f}, came true {held[1]:.2f}, {n} cases"))  # fmt: skip
    words = _wrapped(y_label, 15)
    parts += [_text(left + side + 18, top + 16 + 15 * i, row, "small") for i, row in enumerate(words)]
    parts.append(_text(left + side / 2, top + side + 31, x_label, "small", "middle"))
    return _svg(top + side + 38, title, parts)


def histogram(values: Sequence[float], title: str, x_label: str, marks: Iterable[tuple[str, float]] = ()) -> str:
    """How values are spread, up to their 99th percentile; `marks` are named values drawn as lines."""
    left, right, top, bottom = 14, WIDTH - RIGHT, 26, 132
    most = float(np.percentile(values, 99)) if len(values) else 1.0
    counts, edges = np.histogram(np.clip(values, 0, most), bins=24, range=(0, most or 1.0))
    wide, tallest = (right - left) / len(counts), max(int(counts.max()), 1)
    parts = []
    for i, count in enumerate(counts):
        tall = (bottom - top) * count / tallest
        said = f"{edges[i]:.0f} to {edges[i + 1]:.0f}: {count}"
        parts.append(_bar(left + i * wide + 1, bottom - tall, wide - 2, tall, "s1 soft", said))
    parts.append(_line(left, bottom, right, bottom, "axis"))
    parts += [_text(left + (right - left) * t, bottom + 15, f"{most * t:.0f}", "small", anchor)
              for t, anchor in ((0, "start"), (0.5, "middle"), (1, "end"))]  # fmt: skip
    for i, (name, value) in enumerate(marks):
        x, y = left + (right - left) * min(value / (most or 1.0), 1.0), top - 14 + 13 * (i % 2)
        anchor, gap = ("end", -4) if x > WIDTH * 0.6 else ("start", 4)
        parts += [_line(x, y, x, bottom, "ideal"), _text(x + gap, y + 8, f"{name} {value:.0f}", "small", anchor)]
    parts.append(_text((left + right) / 2, bottom + 31, x_label, "small", "middle"))
    return _svg(bottom + 38, title, parts)


def _estimate(estimate: Estimate, series: int, y: float, label: str) -> str:
    colour = series % SERIES + 1
    whisker, said = "", f"{label}: {estimate.value:.3f}"
    if estimate.low is not None and estimate.high is not None:
        whisker = _line(_x(estimate.low), y, _x(estimate.high), y, f"line l{colour}")
        said += f" ({estimate.low:.3f} to {estimate.high:.3f})"
    return _titled(whisker + mark(series, _x(estimate.value), y), said)


def _grid(top: float, bottom: float) -> str:
    rules = (_line(_x(t), top, _x(t), bottom, "grid") for t in QUARTERS)
    ticks = (_text(_x(t), bottom + 14, f"{t:g}", "small", "middle") for t in QUARTERS)
    return "".join((*rules, *ticks))


def _rule(left: float, y: float, right: float, tick: str) -> str:
    return _line(left, y, right, y, "grid") + _text(left - 6, y + 4, tick, "small", "end")


def _x(value: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * value


def _ticks(low: float, high: float, points: Sequence[tuple[float, float]]) -> list[float]:
    places = sorted({x for x, _ in points})
    return places if len(places) <= 12 else [low, (low + high) / 2, high]


def _label(words: str, y: float) -> str:
    return _text(LEFT - 10, y + 4, _short(words, 20), "label", "end")


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _bar(x: float, y: float, wide: float, tall: float, kind: str, said: str) -> str:
    size = f'width="{max(wide, 0):.1f}" height="{max(tall, 0):.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} rx="2" class="{kind}"><title>{escape(said)}</title></rect>'


def _titled(inner: str, words: str) -> str:
    return f"<g>{inner}<title>{escape(words)}</title></g>"


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: max(most - 1, 1)] + "…"


def _wrapped(words: str, width: int) -> list[str]:
    rows = [""]
    for word in words.split():
        if rows[-1] and len(rows[-1]) + len(word) >= width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


def _svg(height: float, title: str, parts: Iterable[str]) -> str:
    return (f'<svg class="chart" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
            f"{''.join(parts)}</svg>")
