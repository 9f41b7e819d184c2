"""The report on the copilot as a page: each part with its figures, their sentences, and the cases behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from finetune.charts import Estimate, Row, heat_map, intervals
from finetune.copilot.parts import Case, Confusion, Measure, Part
from finetune.judging import page
from finetune.judging.page import (
    Block,
    Cases,
    Cell,
    Chart,
    Charts,
    Line,
    Page,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
    Tone,
)
from finetune.judging.reader_details import share, span

MOST_CASES = 40
LONGEST = 800
TITLE = 90


def build(parts: Sequence[Part], facts: Sequence[tuple[str, str]], minima: Mapping[str, float]) -> Page:
    """The page on some parts; `minima` are the least values that were asked for, by the measure's name."""
    count = sum(len(part.cases) for part in parts)
    return Page(
        title="How well the copilot helps agents",
        lead=f"{count} cases judged. Every figure stands with the sentence that justifies it and leads to cases that "
        "show it; every verdict on a case says what it rests on.",
        facts=facts,
        sections=[section for part in parts for section in _of_part(part, minima)],
        deep=len(parts) == 1,
    )


def _of_part(part: Part, minima: Mapping[str, float]) -> Iterator[Section]:
    shown = _shown(part)
    yield Section(part.title, [_tiles(part, minima)], part.lead)
    yield Section("Figures and why", list(_figures(part, {case.id for case in shown})), level=3)
    wrong = sum(case.wrong > 0 for case in part.cases)
    lead = f"{wrong} of {len(part.cases)} are wrong in something. {len(shown)} stand here, most mistakes first."
    yield Section("Cases", [Cases([_case(part, case) for case in shown])], lead, level=3)
    yield Section("How this was measured", [Prose(part.method)], level=3)


def _tiles(part: Part, minima: Mapping[str, float]) -> Tiles:
    tiles = []
    for measure in part.measures:
        least = minima.get(measure.name)
        asked = "" if least is None else f", asked {least:g}"
        tone: Tone = "" if least is None or measure.value is None else "good" if measure.value >= least else "bad"
        tiles.append(Tile(measure.title, share(measure.value), f"{span(measure.interval)}{asked}".lstrip(", "), tone))
    return Tiles(tiles)


def _figures(part: Part, shown: set[str]) -> Iterator[Block]:
    known = [Row(m.title, (_estimate(m),)) for m in part.measures if m.value is not None and m.value >= 0]
    charts = [Chart("Figures", intervals(known, part.title), "Mark: the figure. Line: its 95 % interval.")]
    if part.confusion is not None:
        charts.append(_confusion(part.confusion))
    yield Charts(charts)
    rows = [
        [Cell(measure.title, f"{share(measure.value)} {span(measure.interval)}"),
         Cell(measure.why, f"--min {measure.name}=VALUE asks for it",
              links=[(_anchor(part, id), id) for id in measure.cases if id in shown])]
        for measure in part.measures
    ]  # fmt: skip
    yield Table(["figure", "why, and cases that show it"], rows, wordy=True)


def _estimate(measure: Measure) -> Estimate:
    low, high = measure.interval
    return Estimate(measure.value or 0.0, max(low, 0.0), high) if low == low else Estimate(measure.value or 0.0)


def _confusion(confusion: Confusion) -> Chart:
    names = [name.replace("_", " ") for name in confusion.names]
    picture = heat_map(names, confusion.counts, confusion.title, "found", "expected")
    return Chart(confusion.title, picture, "Darker: a larger share of the row.")


def _shown(part: Part) -> list[Case]:
    """The cases that measures name, and those with most mistakes."""
    named = {id for measure in part.measures for id in measure.cases}
    ranked = sorted(part.cases, key=lambda case: -case.wrong)
    most = {case.id for case in ranked[: max(MOST_CASES - len(named), 0)] if case.wrong}
    return [case for case in ranked if case.id in named or case.id in most]


def _case(part: Part, case: Case) -> page.Case:
    said = next((message.content for message in case.messages if message.role == "user"), case.findings[0].why)
    wrong = [finding.measure for finding in case.findings if finding.right is False]
    return page.Case(
        title=f"{case.id}: {said if len(said) <= TITLE else f'{said[: TITLE - 1]}…'}",
        note=f"wrong: {', '.join(wrong)}" if wrong else "right",
        lines=[Line(m.role, page.marked(m.content, case.quotes if m.role == "user" else [])) for m in case.messages],
        table=Table(["judged", "expected", "found, and why"], [_row(part, case, i) for i in range(len(case.findings))],
                    wordy=True),
        anchor=_anchor(part, case.id),
    )  # fmt: skip


def _row(part: Part, case: Case, place: int) -> list[Cell]:
    finding = case.findings[place]
    tone: Tone = {True: "good", False: "bad", None: ""}[finding.right]  # type: ignore[assignment]
    verdict = {True: "right", False: "wrong", None: ""}[finding.right]
    return [
        Cell(_title(part, finding.measure), verdict, tone),
        Cell(_cut(finding.expected)),
        Cell(_cut(finding.found), _cut(finding.why)),
    ]


def _title(part: Part, name: str) -> str:
    measure = part.measure(name)
    return measure.title if measure is not None else name


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _anchor(part: Part, id: str) -> str:
    return f"{part.name}-{''.join(c if c.isalnum() else '-' for c in id)}"
