"""The report on readers as a page: what is said of each set of conversations, in which order and words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finetune.charts import Row, intervals
from finetune.judging.bootstrap import MACRO, Difference
from finetune.judging.forecasts import Forecasts
from finetune.judging.page import (
    Beside,
    Cell,
    Chart,
    Charts,
    Page,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
    Tone,
)
from finetune.judging.reader_details import (
    estimate,
    legend,
    of_acts,
    of_confidence,
    of_constraints,
    of_misses,
    of_purchase,
    of_slices,
    of_speed,
    of_turns,
    share,
    signed,
    span,
)
from finetune.judging.results import MAIN, Judged, Result

CHARTS = {
    "Constraints": {"strict": "Strict F1", "relaxed": "Relaxed F1", "negation": "Not wanted, F1"},
    "Needs and evidence": {"product": "Products", "joint": "Whole state", "support": "Quote says it"},
    "Acts and stage": {"acts": "Acts, micro F1", MACRO: "Acts, macro F1", "stage": "Stage"},
}
TILES = {
    "relaxed": "Constraints, relaxed F1", "negation": "What is not wanted, F1", "product": "Products",
    "joint": "Whole state", "acts": "Acts, micro F1", "stage": "Stage", "support": "Quote says the value",
}  # fmt: skip
METHOD = (
    "A constraint is right strictly where need, attribute, operator and value agree with the label, relaxed where "
    "polarity (wanted, not wanted, upper or lower bound) and value agree in any need. Size, feature, style, material, "
    "use, condition and other count as one attribute. F1 is micro-averaged over all constraints. A state is right as a "
    "whole where needs, products, the active need and all constraints agree.",
    "Evidence: a quote has to stand in the shopper's message, and has to say the value: its number, or three in five "
    "of its words; where the shopper agrees, the value may stand in the shop's words just before.",
    "Intervals are 95 % bootstrap intervals: conversations are drawn with replacement, whole. Differences between "
    "readers are paired: both are judged on the same draws, and the p-value is that of a permutation test which swaps "
    "the two readers' results conversation by conversation. With many figures, some p-values are small by chance. "
    "Where everything in few conversations is right, an interval is too narrow: no draw can show what did not occur.",
    "Every conversation is read from its first message by the model's own readings; the figures compare the state "
    "after the last message. Each shopper message was timed where it was read; loading the model does not count.",
)  # fmt: skip


def build(
    sets: Sequence[Judged],
    facts: Sequence[tuple[str, str]] = (),
    minimum: float | None = None,
    sold: Forecasts | None = None,
) -> Page:
    """The page on some judged sets. `minimum` is the strict F1 that was asked for; `sold` are forecasts for sessions
    whose outcome is known, beside the conversations."""
    sections = [section for judged in sets for section in _of_set(judged, minimum, sold)]
    readers = ", ".join(result.model.name for result in sets[0].results)
    count = sum(len(judged.conversations) for judged in sets)
    return Page(
        title="How well the reader understands shoppers",
        lead=f"{count} labelled conversations, read by {readers}. What the first reader gets wrong, and how sure the "
        "figures are, stands below.",
        facts=facts,
        sections=[*sections, Section("How this was measured", [Prose(METHOD)])],
    )


def _of_set(judged: Judged, minimum: float | None, sold: Forecasts | None) -> Iterator[Section]:
    first, many = judged.first, len(judged.results) > 1
    left_out = f" Faulty lines left out: {len(judged.problems)}." if judged.problems else ""
    counts = f"{len(judged.conversations)} conversations, {len(first.milliseconds)} shopper messages."
    yield Section(judged.name, [_tiles(first, minimum)], f"{counts}{left_out} Large figures: {first.model.name}.")
    if many:
        yield Section("Readers side by side", [_side_by_side(judged), _figures(judged), _compared(judged)], level=3)
    else:
        yield Section("All figures", [_figures(judged)], level=3)
    yield Section("Constraints", list(of_constraints(judged)), level=3)
    if len(first.turns) > 1:
        yield Section("As conversations go on", [of_turns(judged)], level=3)
    yield Section("Acts and stages", list(of_acts(judged)), level=3)
    yield Section("How sure it is", list(of_confidence(judged)), level=3)
    yield Section("Purchase probability", list(of_purchase(judged, sold)), level=3)
    yield Section("Kinds of conversations", [of_slices(judged)], level=3)
    yield Section("Time and tokens", [of_speed(judged)], level=3)
    yield Section("What went wrong", list(of_misses(judged)), level=3)


def _tiles(result: Result, minimum: float | None) -> Tiles:
    strict = result.figures.value("strict")
    tone: Tone = "" if minimum is None or strict is None else "good" if strict >= minimum else "bad"
    asked = "" if minimum is None else f", asked {minimum:g}"
    tiles = [Tile(MAIN["strict"], share(strict), f"{span(result.intervals['strict'])}{asked}", tone)]
    tiles += [
        Tile(label, share(result.figures.value(name)), span(result.intervals[name])) for name, label in TILES.items()
    ]
    milliseconds = f"{result.percentile(50):.0f} ms"
    return Tiles([*tiles, Tile("A message, median", milliseconds, f"p95 {result.percentile(95):.0f} ms")])


def _side_by_side(judged: Judged) -> Charts:
    charts = []
    for title, names in CHARTS.items():
        rows = [Row(short, tuple(estimate(result, name) for result in judged.results)) for name, short in names.items()]
        known = [row for row in rows if any(row.values)]
        if known:
            charts.append(Chart(title, intervals(known, title), "Mark: the figure. Line: its 95 % interval."))
    return Charts(charts, legend(judged))


def _figures(judged: Judged) -> Table:
    rows = []
    for name, title in MAIN.items():
        values = [result.figures.value(name) for result in judged.results]
        known = [value for value in values if value is not None]
        cells = [
            Cell(share(value), span(result.intervals[name]), "best" if len(values) > 1 and value == max(known) else "")
            for value, result in zip(values, judged.results, strict=True)
        ] if known else [Cell("–")] * len(values)  # fmt: skip
        rows.append([Cell(title), *cells])
    return Table(["", *(result.model.name for result in judged.results)], rows)


def _compared(judged: Judged) -> Beside:
    first = judged.first.model.name
    tables = []
    for name, differences in judged.differences.items():
        rows = [[Cell(MAIN[d.figure]), _signed(d), Cell(f"{signed(d.interval[0])} to {signed(d.interval[1])}"),
                 Cell(_p(d.p_value))] for d in differences]  # fmt: skip
        caption = f"{name} minus {first}, on the same conversations"
        tables.append(Table(["", "difference", "95 % interval", "p"], rows, caption))
    return Beside(tables)


def _signed(difference: Difference) -> Cell:
    low, high = difference.interval
    tone: Tone = "good" if low > 0 else "bad" if high < 0 else "quiet"
    return Cell(signed(difference.difference), tone=tone)


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"
