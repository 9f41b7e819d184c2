"""What the compact writer may say between its facts: only words, and only runs of three, that its corpus has.

A small model now and then puts words together that mean nothing. Its corpus is this project's own and closed, so
whatever is not in it is known to be a slip, and the sentence is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assistant.errors import ModelError
from assistant.facts import PLACEHOLDER, split
from assistant.verify import words

_UNIT = re.compile(r"\{[a-z0-9_.]+\}|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s]")
FILE = "phrasebook.json"


@dataclass(frozen=True)
class Phrasebook:
    """Runs of three units of a corpus: words in lower case, marks, and kinds of facts such as `{reason}`."""

    runs: frozenset[str]

    @classmethod
    def of(cls, sentences: Iterable[str]) -> Phrasebook:
        """The phrasebook of a corpus of sentences with placeholders."""
        return cls(frozenset(run for sentence in sentences for run in _runs(sentence)))

    @classmethod
    def load(cls, folder: Path) -> Phrasebook:
        """The phrasebook saved beside a writer's weights. Raises `ModelError` where there is none."""
        try:
            return cls(frozenset(json.loads((folder / FILE).read_text("utf-8"))))
        except (OSError, ValueError) as error:
            raise ModelError(f"No writer at {str(folder)!r}: {FILE} is missing or unreadable. Train one.") from error

    def save(self, folder: Path) -> None:
        """Writes it into `folder`."""
        (folder / FILE).write_text(json.dumps(sorted(self.runs), ensure_ascii=False, indent=0) + "\n", "utf-8")

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word in it."""
        return frozenset(word for run in self.runs for word in words(PLACEHOLDER.sub(" ", run)))

    def slips(self, sentence: str) -> list[str]:
        """Runs of `sentence` that the corpus never has."""
        return [run for run in _runs(sentence) if run not in self.runs]


def _runs(sentence: str) -> Iterator[str]:
    units = ["^", *(_unit(text) for text in _UNIT.findall(sentence)), "$"]
    return (" ".join(units[i : i + 3]) for i in range(max(1, len(units) - 2)))


def _unit(text: str) -> str:
    if not text.startswith("{"):
        return text.lower().replace("’", "'")
    _, name, _, rest = split(text[1:-1])
    return f"{{{name}{rest}}}"
