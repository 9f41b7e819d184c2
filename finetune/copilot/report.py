"""The report on the copilot in all its forms: a page for people, JSON for programs, JUnit for CI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.copilot.page import build
from finetune.copilot.parts import Measure, Part
from finetune.judging.files import Check, Suite, junit, write_report

FORMAT = 1
SHOWN = 20


@dataclass(frozen=True)
class Report:
    """Judged parts, facts on how they were judged as (name, value), and the least values asked for by measure."""

    parts: tuple[Part, ...]
    facts: tuple[tuple[str, str], ...] = ()
    minima: Mapping[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> list[Measure]:
        """The measures that stay below what was asked for, or have no value."""
        return [m for part in self.parts for m in part.measures if self._below(m)]

    def write(self, folder: Path) -> list[Path]:
        """Writes page, JSON and JUnit into `folder` and says which files they are."""
        return write_report(folder, build(self.parts, self.facts, self.minima), self.to_json(), self.junit())

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, with every case."""
        return {
            "format": FORMAT,
            "about": dict(self.facts),
            "minima": dict(self.minima),
            "parts": [part.to_json() for part in self.parts],
        }

    def junit(self) -> str:
        """A suite for each part, in which a check fails where a measure stays below what was asked for."""
        return junit("shopkeeper evaluate copilot", [self._suite(part) for part in self.parts])

    def _suite(self, part: Part) -> Suite:
        asked = [measure for measure in part.measures if measure.name in self.minima]
        checks = [self._check(part, measure) for measure in asked] or [Check("was judged")]
        figures = {m.name: f"{m.value:.4f}" for m in part.measures if m.value is not None}
        return Suite(part.title, f"copilot.{part.name}", checks, figures)

    def _check(self, part: Part, measure: Measure) -> Check:
        name = f"{measure.title}: at least {self.minima[measure.name]:g}"
        if not self._below(measure):
            return Check(name)
        wrong = [(case.id, f.why) for case in part.cases
                 if (f := case.of(measure.name)) is not None and f.right is False]  # fmt: skip
        found = "has no value" if measure.value is None else f"is {measure.value:.3f}"
        details = "\n".join(f"{id}: {why}" for id, why in wrong[:SHOWN])
        return Check(name, f"{measure.title} {found}. {measure.why}", details)

    def _below(self, measure: Measure) -> bool:
        least = self.minima.get(measure.name)
        return least is not None and (measure.value is None or measure.value < least)


def parse_minima(given: Sequence[str]) -> dict[str, float]:
    """`NAME=VALUE` as a mapping. Raises `ValueError` for anything else."""
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        try:
            least = float(value)
        except ValueError:
            least = float("nan")
        if not equals or not -1.0 <= least <= 1.0:
            raise ValueError(f"--min: expected NAME=VALUE with a value up to 1, such as type=0.8; found {each!r}.")
        found[name.strip()] = least
    return found


def refuse_unknown(minima: Mapping[str, float], parts: Sequence[Part]) -> None:
    """Raises `ValueError` where a minimum is asked for of a measure that nothing judged."""
    known = [measure.name for part in parts for measure in part.measures]
    if unknown := sorted(set(minima) - set(known)):
        raise ValueError(f"--min: nothing judged is called {unknown[0]!r}; judged were {', '.join(known)}.")
