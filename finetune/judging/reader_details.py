"""Parts of the report on readers: one function for what stands under each heading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.records import Conversation
from finetune.charts import Estimate, Row, bars, heat_map, histogram, intervals, lines, reliability, swatch
from finetune.judging.bootstrap import Interval
from finetune.judging.forecasts import Forecasts
from finetune.judging.mistakes import MEANING
from finetune.judging.page import Beside, Block, Case, Cases, Cell, Chart, Charts, Line, Prose, Table, marked
from finetune.judging.results import Judged, Result
from finetune.scoring import F1

WORST = 20
CHARTED = 12
FEW = 5
UNKNOWN = (float("nan"), float("nan"))
HEADS = {"op": "operator"}
STAGES = ("exploring", "comparing", "deciding", "buying", "after_purchase")
FORECASTS = {"auc": "AUC", "ap": "Average precision", "brier": "Brier score", "ece": "Calibration error"}


def of_constraints(judged: Judged) -> Iterator[Block]:
    """By attribute, operator and strength, and what kinds of mistakes there are."""
    first = judged.first.scores
    if not any(tally.f1.get("strict") for tally in judged.first.tallies):
        yield Prose(["The labels of this set hold no needs, so there is nothing to say of constraints."])
        return
    groups = {"attribute": first.by_attribute, "op": first.by_op, "strength": first.by_strength}
    titles = {"attribute": "By attribute, strict F1", "op": "By operator", "strength": "By strength"}
    charts = [
        Chart(titles[group], intervals(_group_rows(judged, group, figures), titles[group]), _few(figures))
        for group, figures in groups.items()
    ]
    note = "Differences of needs and constraints, each counted once."
    charts.append(Chart("What kinds of mistakes", bars(_mistake_rows(judged), "Mistakes"), note))
    yield Charts(charts, legend(judged))
    attributes, *others = [_group_table(judged, group, figures) for group, figures in groups.items()]
    yield attributes
    yield Beside(others)


def _group_rows(judged: Judged, group: str, figures: dict[str, F1]) -> list[Row]:
    shown = sorted((name for name, f1 in figures.items() if f1.expected >= FEW), key=lambda n: -figures[n].expected)
    return [
        Row(_words(name), tuple(estimate(result, f"{group}:{name}") for result in judged.results))
        for name in shown[:CHARTED]
    ]


def _few(figures: dict[str, F1]) -> str:
    hidden = sum(f1.expected < FEW for f1 in figures.values())
    return f"{hidden} with fewer than {FEW} labels stand in the table only." if hidden else "Most frequent first."


def _group_table(judged: Judged, group: str, figures: dict[str, F1]) -> Table:
    others = judged.results[1:]
    head = [HEADS.get(group, group), "labels", "F1", "precision", "recall", *(f"F1, {o.model.name}" for o in others)]
    value = judged.first.figures.value
    rows = []
    for name, f1 in sorted(figures.items(), key=lambda item: -item[1].expected):
        key = f"{group}:{name}"
        rows.append([
            Cell(_words(name)), Cell(str(f1.expected)),
            Cell(share(value(key)), span(judged.first.intervals.get(key, UNKNOWN))),
            Cell(share(value(f"{key} precision"))), Cell(share(value(f"{key} recall"))),
            *(Cell(share(other.figures.value(key))) for other in others),
        ])  # fmt: skip
    return Table(head, rows)


def _mistake_rows(judged: Judged) -> list[Row]:
    counts = [Counter(m.kind for rows in result.mistakes for m in rows) for result in judged.results]
    kinds = [kind for kind in MEANING if kind not in ("acts", "stage") and any(count[kind] for count in counts)]  # type: ignore[index]
    return [Row(kind, tuple(Estimate(count[kind]) for count in counts)) for kind in kinds]  # type: ignore[index]


def of_turns(judged: Judged) -> Charts:
    """How figures change with the number of messages."""
    labelled = {turn.turn: turn.states for turn in judged.first.turns}
    joint = [[(t.turn, t.joint) for t in result.turns] for result in judged.results]
    strict = [[(t.turn, t.strict) for t in result.turns] for result in judged.results]
    note = "States labelled: " + ", ".join(f"{count} after {turn}" for turn, count in labelled.items()) + "."
    return Charts(
        [Chart("Whole state right", lines(joint, "Joint accuracy by turn", "shopper messages so far"), note),
         Chart("Constraints, strict F1", lines(strict, "Strict F1 by turn", "shopper messages so far"))],
        legend(judged),
    )  # fmt: skip


def of_acts(judged: Judged) -> Iterator[Block]:
    """Stages as confusion matrices, and the F1 of every act."""
    scores = judged.first.scores
    maps = []
    for result in judged.results:
        confusion = result.scores.confusion
        if confusion:
            counts = [[confusion.get(e, {}).get(f, 0) for f in STAGES] for e in STAGES]
            words = [_words(stage) for stage in STAGES]
            picture = heat_map(words, counts, f"Stages, {result.model.name}", "read as", "label")
            maps.append(Chart(f"Stages, {result.model.name}", picture, "Darker: a larger share of the row."))
    if maps:
        yield Charts(maps)
    else:
        yield Prose(["The labels of this set hold no stages."])
    if scores.by_act:
        yield _group_table(judged, "act", scores.by_act)
    else:
        yield Prose(["The labels of this set hold no acts."])


def of_confidence(judged: Judged) -> Iterator[Block]:
    """Whether the confidence of constraints can be trusted."""
    found = {result.model.name: result.confidence for result in judged.results if len(result.confidence)}
    if not found:
        yield Prose(["No reader gave a confidence with a constraint, or no label holds needs."])
        return
    yield Prose([
        "Confidence of every constraint that was read, against whether it was right (strictly). Calibrated means: of "
        "those with 0.8, eight in ten are right."
    ])  # fmt: skip
    yield from _forecasts(found, "confidence", "share that was right")


def of_purchase(judged: Judged, sold: Forecasts | None) -> Iterator[Block]:
    """How good forecasts of purchases are, in the conversations and in `sold`, sessions apart from them; or that
    nothing tells."""
    found = {result.model.name: result.purchase for result in judged.results if len(result.purchase)}
    if found:
        yield Prose([f"{len(judged.first.purchase)} conversations tell whether the shopper bought."])
        yield from _forecasts(found, "forecast", "share that bought")
    else:
        yield Prose([
            "No conversation of this set tells whether the shopper bought: neither purchase_probability in its label "
            "nor purchased beside it. So there is no figure for purchase probability in conversations."
        ])  # fmt: skip
    if sold is not None:
        yield Prose([
            f"Apart from the conversations, {len(sold)} browsing sessions with known outcome, each cut at a random "
            "moment before its end; they judge the intent model on clicks alone."
        ])  # fmt: skip
        yield from _forecasts({"sessions": sold}, "forecast", "share that bought")


def _forecasts(found: dict[str, Forecasts], x: str, y: str) -> Iterator[Block]:
    charts = []
    for name, forecasts in found.items():
        bins = [(b.forecast, b.outcome, b.count) if b else None for b in forecasts.reliability()]
        charts.append(Chart(name, reliability(bins, f"Reliability, {name}", x, y), f"{len(forecasts)} cases."))
    yield Charts(charts)
    figures = {name: forecasts.figures() for name, forecasts in found.items()}
    rows = [
        [Cell(title), *(Cell(f"{each[name][0]:.3f}", span(each[name][1])) if name in each else Cell("–")
                        for each in figures.values())]
        for name, title in FORECASTS.items()
    ]  # fmt: skip
    rows.append([Cell("Base rate"), *(Cell(f"{forecasts.outcome.mean():.3f}") for forecasts in found.values())])
    caption = "On the dashed line forecasts come true as often as they say; larger marks are more cases."
    if not all(forecasts.both for forecasts in found.values()):
        caption += " Where all came out the same way, AUC and average precision have no meaning."
    yield Table(["", *found], rows, caption)


def of_slices(judged: Judged) -> Table:
    """Figures of parts of the set."""
    readers = [result.model.name for result in judged.results]
    head = ["conversations", "how many", *(f"strict F1, {name}" for name in readers), "acts", "stage", "whole state"]
    rows = []
    for group, parts in judged.parts.items():
        for name, places in parts.items():
            figures = [result.figures.some(places) for result in judged.results]
            rest = [Cell(share(figures[0].value(each))) for each in ("acts", "stage", "joint")]
            sure = len(places) >= FEW
            strict = [Cell(share(each.value("strict")), span(each.interval("strict")) if sure else "")
                      for each in figures]  # fmt: skip
            rows.append([Cell(name, group), Cell(str(len(places))), *strict, *rest])
    return Table(head, rows, f"Acts, stage and whole state are those of {readers[0]}. Without an "
                 f"interval: fewer than {FEW} conversations.")  # fmt: skip


def of_speed(judged: Judged) -> Beside:
    """Milliseconds and tokens a message."""
    first = judged.first
    marks = [("median", first.percentile(50)), ("p95", first.percentile(95))]
    picture = histogram(first.milliseconds, "Milliseconds a message", "milliseconds a message", marks)
    chart = Charts([Chart(f"Reading a message, {first.model.name}", picture, "Up to the 99th percentile.")])
    rows = []
    for result in judged.results:
        tokens = result.tokens
        total = f"{np.median(tokens):.0f}" if tokens else "not told"
        rows.append([
            Cell(result.model.name, result.model.about),
            Cell(f"{result.percentile(50):.1f}"), Cell(f"{result.percentile(95):.1f}"),
            Cell(total), Cell(f"{np.percentile(tokens, 95):.0f}" if tokens else "–"),
            Cell(str(result.unreadable), tone="bad" if result.unreadable else ""),
        ])  # fmt: skip
    head = ["reader", "median ms", "p95 ms", "median tokens", "p95 tokens", "not readable"]
    return Beside([chart, Table(head, rows)])


def of_misses(judged: Judged) -> Iterator[Block]:
    """The worst conversations, each with its messages and what differs."""
    worst = judged.worst(WORST)
    wrong = len(judged.worst())
    if not worst:
        yield Prose(["Every conversation was read as labelled."])
        return
    yield Prose([
        f"{wrong} of {len(judged.conversations)} conversations differ from their label in something; the worst "
        f"{len(worst)} for {judged.first.model.name} stand here. Marked: the words in question."
    ])  # fmt: skip
    yield Cases([_case(judged, place) for place in worst])
    yield Table(["mistake", "means"], [[Cell(kind), Cell(words)] for kind, words in MEANING.items()], wordy=True)


def _case(judged: Judged, place: int) -> Case:
    conversation, rows = judged.conversations[place], judged.first.mistakes[place]
    quotes = [mistake.quote for mistake in rows]
    others = [f"{result.model.name}: {len(result.mistakes[place])}" for result in judged.results[1:]]
    note = "; ".join([f"{len(rows)} difference{'s' * (len(rows) != 1)}", *others])
    table = Table(
        ["differs", "label", f"read by {judged.first.model.name}"],
        [[Cell(m.kind), Cell(m.expected or "–"), Cell(m.found or "–")] for m in rows],
        wordy=True,
    )
    return Case(f"{conversation.id}: {_opening(conversation)}", note, _lines(conversation, quotes), table)


def _lines(conversation: Conversation, quotes: Sequence[str]) -> list[Line]:
    return [
        Line(message.role, marked(message.content, quotes if message.role == "user" else []))
        for message in conversation.messages
    ]


def _opening(conversation: Conversation) -> str:
    said = next((message.content for message in conversation.messages if message.role == "user"), "")
    return said if len(said) <= 90 else said[:89] + "…"


def legend(judged: Judged) -> list[tuple[str, str]]:
    """The marks of the readers; empty for a single one."""
    names = [result.model.name for result in judged.results]
    return [(swatch(i), name) for i, name in enumerate(names)] if len(names) > 1 else []


def estimate(result: Result, name: str) -> Estimate | None:
    """A figure with its interval, for a chart; `None` where nothing was counted."""
    value = result.figures.value(name)
    if value is None:
        return None
    low, high = result.intervals.get(name, UNKNOWN)
    return Estimate(value) if np.isnan(low) else Estimate(value, low, high)


def signed(value: float) -> str:
    """A difference as it is shown, with its sign."""
    return f"{value:+.2f}".replace("-", "−")


def share(value: float | None) -> str:
    """A figure as it is shown: two digits, a dash for none."""
    return "–" if value is None or np.isnan(value) else f"{value:.2f}"


def span(interval: Interval) -> str:
    """An interval as it is shown; nothing where there is none."""
    return "" if np.isnan(interval[0]) else f"{interval[0]:.2f}–{interval[1]:.2f}"


def _words(name: str) -> str:
    return name.replace("_", " ")
