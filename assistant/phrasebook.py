"""What the compact writer may say between its facts: only what its corpus says, where its corpus says it.

A small model now and then puts words together that mean nothing, or asks for a size where the plan asks for a budget.
Its corpus is this project's own and closed, so what is not in it is known to be a slip, and the sentence is left out.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assistant.errors import ModelError
from assistant.facts import PLACEHOLDER, split
from assistant.records import Plan
from assistant.verify import words

FILE = "phrasebook.json"
_UNIT = re.compile(r"\{[a-z0-9_.]+\}|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s]")


@dataclass(frozen=True)
class Phrasebook:
    """Runs of three units (words in lower case, marks, kinds of facts such as `{reason}`), by what they are said for.

    A sentence with a fact may be made of any runs; one without must be of its move and topic, and a question of what
    it asks: those say by themselves what the plan decided.
    """

    runs: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, corpus: Iterable[tuple[Plan, str]]) -> Phrasebook:
        """The phrasebook of sentences with placeholders, each with the plan that it belongs to."""
        found: dict[str, set[str]] = defaultdict(set)
        for plan, sentence in corpus:
            found[_purpose(plan, sentence)].update(_runs(sentence))
        return cls({purpose: frozenset(runs) for purpose, runs in found.items()})

    @classmethod
    def load(cls, folder: Path) -> Phrasebook:
        """The phrasebook saved beside a writer's weights. Raises `ModelError` where there is none."""
        try:
            runs = json.loads((folder / FILE).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(f"No writer at {str(folder)!r}: {FILE} is missing or unreadable. Train one.") from error
        return cls({purpose: frozenset(found) for purpose, found in runs.items()})

    def save(self, folder: Path) -> None:
        """Writes it into `folder`."""
        ordered = {purpose: sorted(self.runs[purpose]) for purpose in sorted(self.runs)}
        (folder / FILE).write_text(json.dumps(ordered, ensure_ascii=False, indent=0) + "\n", "utf-8")

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word in it."""
        runs = (run for found in self.runs.values() for run in found)
        return frozenset(word for run in runs for word in words(PLACEHOLDER.sub(" ", run)))

    def slips(self, sentence: str, plan: Plan) -> list[str]:
        """Runs of `sentence` that the corpus never has for such a plan."""
        allowed = self.runs.get(_purpose(plan, sentence), frozenset())
        return [run for run in _runs(sentence) if run not in allowed]


def _purpose(plan: Plan, sentence: str) -> str:
    if "?" in PLACEHOLDER.sub("", sentence):
        return f"ask {plan.ask}"
    return "facts" if PLACEHOLDER.search(sentence) else f"{plan.move} {plan.topic or ''}".strip()


def _runs(sentence: str) -> Iterator[str]:
    units = ["^", *(_unit(text) for text in _UNIT.findall(sentence)), "$"]
    return (" ".join(units[i : i + 3]) for i in range(max(1, len(units) - 2)))


def _unit(text: str) -> str:
    if not text.startswith("{"):
        return text.lower().replace("’", "'")
    _, name, _, rest = split(text[1:-1])
    return f"{{{name}{rest}}}"
