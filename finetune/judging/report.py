"""Writing a report: a page for people, JSON for programs, JUnit for CI, and what was misread for labelling again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.records import Conversation
from finetune.conversations import write_conversations
from finetune.judging.bootstrap import Interval
from finetune.judging.files import Check, Suite, junit, write_report
from finetune.judging.forecasts import Forecasts
from finetune.judging.reader_details import WORST
from finetune.judging.reader_page import build
from finetune.judging.results import Judged, Result

FORMAT = 1


@dataclass(frozen=True)
class Report:
    """Judged sets, facts on how they were judged as (name, value), the strict F1 that was asked for, and forecasts for
    sessions with known outcome, if there were any."""

    sets: tuple[Judged, ...]
    facts: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    sold: Forecasts | None = None

    @property
    def failed(self) -> list[Judged]:
        """The sets on which the first reader stays below the minimum."""
        if self.minimum is None:
            return []
        return [judged for judged in self.sets if judged.first.scores.strict.f1 < self.minimum]

    def write(self, folder: Path) -> list[Path]:
        """Write page, JSON and JUnit into `folder` and say which files they are."""
        return write_report(folder, build(self.sets, self.facts, self.minimum, self.sold), self.to_json(), self.junit())

    def to_json(self) -> dict[str, Any]:
        """Everything but the conversations, JSON-ready; a figure that has no value is `null`."""
        return {
            "format": FORMAT,
            "about": dict(self.facts),
            "minimum": self.minimum,
            "sets": [_set(judged) for judged in self.sets],
            "sessions": _forecasts(self.sold) if self.sold is not None else None,
        }

    def junit(self) -> str:
        """JUnit XML: a suite for each set, in which a case fails where the first reader stays below the minimum or
        lines were faulty; all figures as properties."""
        return junit("shopkeeper evaluate reader", [_suite(judged, self.minimum) for judged in self.sets])


def write_misses(path: Path, sets: Iterable[Judged]) -> int:
    """Write every conversation that the first reader got wrong in anything, worst first, and return how many.

    In the Conversation layout, with its label as it is; beside it `read`, the state that was read, and `differs`, in
    words. Whoever corrects the label has the training example; both extra fields are ignored by everything else.
    """
    rows: list[Conversation] = []
    for judged in sets:
        for place in judged.worst():
            read = judged.first.reads[place].final.model_dump(mode="json", exclude_none=True)
            differs = [asdict(mistake) for mistake in judged.first.mistakes[place]]
            rows.append(judged.conversations[place].model_copy(update={"read": read, "differs": differs}))
    return write_conversations(path, rows)


def row(judged: Judged, result: Result) -> dict[str, Any]:
    """The figures of one reader on one set, flat, for `--json`."""
    return {
        "data": judged.name,
        "model": result.model.name,
        "milliseconds_a_message": round(float(np.mean(result.milliseconds or [0.0])), 1),
        "strict_f1_interval": [_number(bound) for bound in result.intervals["strict"]],
    } | result.scores.to_json()


def _set(judged: Judged) -> dict[str, Any]:
    return {
        "name": judged.name,
        "conversations": len(judged.conversations),
        "problems": [str(problem) for problem in judged.problems],
        "readers": [_reader(judged, result) for result in judged.results],
        "differences": {
            name: [{"figure": d.figure, "difference": _number(d.difference), "interval": _interval(d.interval),
                    "p": _number(d.p_value)} for d in differences]
            for name, differences in judged.differences.items()
        },
        "slices": [_slice(judged, group, name, places)
                   for group, parts in judged.parts.items() for name, places in parts.items()],
    }  # fmt: skip


def _reader(judged: Judged, result: Result) -> dict[str, Any]:
    tokens = result.tokens
    return {
        "name": result.model.name,
        "about": result.model.about,
        "fingerprint": result.model.fingerprint,
        "figures": {name: {"value": _number(result.figures.value(name)), "interval": _interval(interval)}
                    for name, interval in result.intervals.items()},
        "scores": result.scores.to_json(),
        "turns": [asdict(turn) for turn in result.turns],
        "milliseconds": {"median": _number(result.percentile(50)), "p95": _number(result.percentile(95))},
        "tokens": {"median": float(np.median(tokens)), "p95": float(np.percentile(tokens, 95))} if tokens else None,
        "unreadable": result.unreadable,
        "confidence": _forecasts(result.confidence),
        "purchase": _forecasts(result.purchase),
        "mistakes": dict(Counter(mistake.kind for rows in result.mistakes for mistake in rows).most_common()),
        "differs": {c.id: [asdict(mistake) for mistake in rows]
                    for c, rows in zip(judged.conversations, result.mistakes, strict=True) if rows},
    }  # fmt: skip


def _slice(judged: Judged, group: str, name: str, places: Sequence[int]) -> dict[str, Any]:
    figures = {result.model.name: result.figures.some(places) for result in judged.results}
    return {
        "group": group,
        "name": name,
        "conversations": len(places),
        "readers": {
            reader: {"strict": _number(each.value("strict")), "interval": _interval(each.interval("strict"))}
            | {figure: _number(each.value(figure)) for figure in ("acts", "stage", "joint")}
            for reader, each in figures.items()
        },
    }


def _forecasts(found: Forecasts) -> dict[str, Any] | None:
    """`None` where there is nothing to forecast or no outcome is known."""
    if not len(found):
        return None
    figures = {name: {"value": _number(value), "interval": _interval(interval)}
               for name, (value, interval) in found.figures().items()}  # fmt: skip
    bins = [asdict(b) if b else None for b in found.reliability()]
    return {"cases": len(found), "base_rate": _number(float(found.outcome.mean())), "figures": figures, "bins": bins}


def _suite(judged: Judged, minimum: float | None) -> Suite:
    first = judged.first
    strict = first.scores.strict.f1
    cases = [(f"strict F1 of at least {minimum:g}", f"strict F1 is {strict:.3f}", strict < minimum)] if minimum else []
    cases += [("every line is a sound conversation", f"{len(judged.problems)} lines are not", bool(judged.problems)),
              ("every message could be read", f"{first.unreadable} could not", bool(first.unreadable))]  # fmt: skip
    figures = {
        f"{result.model.name}: {name}": f"{value:.4f}"
        for result in judged.results
        for name in result.intervals
        if (value := result.figures.value(name)) is not None
    }
    worst = _worst(judged)
    checks = [Check(name, message if wrong else None, worst) for name, message, wrong in cases]
    return Suite(judged.name, f"reader.{first.model.name}", checks, figures, sum(first.milliseconds) / 1000)


def _worst(judged: Judged) -> str:
    rows = []
    for place in judged.worst(WORST):
        differs = "; ".join(f"{m.kind}: {m.expected or '-'} / {m.found or '-'}" for m in judged.first.mistakes[place])
        rows.append(f"{judged.conversations[place].id}: {differs}")
    return "\n".join(["Worst conversations (label / read):", *rows])


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(value, 4)


def _interval(interval: Interval) -> list[float] | None:
    low, high = (_number(bound) for bound in interval)
    return None if low is None or high is None else [low, high]
