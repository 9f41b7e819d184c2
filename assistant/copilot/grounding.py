"""Checks that a summary says nothing that is not in what it sums up: numbers, dates, names and promises."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.statements import STOP
from assistant.verify import COUNTS, words
from retrieval.text import stems

NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SENTENCE = re.compile(r"(?<=[.!?])[\"”')]*\s+|\n+")
PROMISE = re.compile(
    r"\b(?:will|shall|won['’]t|going to|promis\w+|guarante\w+|assur\w+|agreed to|offer(?:s|ed)?|commit\w+)\b"
    r"|\w['’]ll\b",
    re.IGNORECASE,
)
_TIMES = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december today tomorrow yesterday tonight week weeks month months day days hour hours "
    "minute minutes weekend morning afternoon evening year years"
)
TIMES = frozenset(_TIMES.split())
VERBS = frozenset({"may", "march"})
"""Months that are dates only with a capital letter."""
MEANT = 0.75
"""The share of a promise's words that one sentence of the source has to hold."""


@dataclass(frozen=True)
class Unsupported:
    """Words of a text that its sources do not hold, and what they are."""

    kind: Literal["number", "date", "name", "promise"]
    text: str


def unsupported(text: str, sources: Sequence[str], labels: Collection[str] = ()) -> list[Unsupported]:
    """What `text` says that none of the sources does. A name is a word with a capital letter that no source holds in
    any case of letters and that is none of `labels`, nor, where a sentence begins, a word such as `they`."""
    whole = "\n".join(sources)
    numbers, known = {_plain(n) for n in NUMBER.findall(whole)}, set(words(whole))
    problems = [Unsupported("number", n) for n in NUMBER.findall(text) if _plain(n) not in numbers]
    allowed = known | {word for label in labels for word in words(label)}
    for match in WORD.finditer(text):
        word = match[0].lower().replace("’", "'")
        if word in allowed:
            continue
        if word in COUNTS:
            problems.append(Unsupported("number", match[0]))
        elif word in TIMES and not (word in VERBS and match[0][0].islower()):
            problems.append(Unsupported("date", match[0]))
        elif match[0][0].isupper() and not (word in STOP and _starts(text, match.start())):
            problems.append(Unsupported("name", match[0]))
    return problems + [Unsupported("promise", said) for said in _promises([text]) if not _made(said, sources)]


def openings(text: str) -> list[str]:
    """The words that sentences of a text begin with."""
    return [match[0] for match in WORD.finditer(text) if _starts(text, match.start())]


def _plain(number: str) -> str:
    """Without separators of thousands."""
    return GROUPED.sub("", number)


def _starts(text: str, place: int) -> bool:
    return re.search(r"(?:^|[.!?:;\n]|[“\"(])\s*$", text[:place]) is not None


def _promises(texts: Iterable[str]) -> list[str]:
    return [sentence for text in texts for sentence in SENTENCE.split(text) if PROMISE.search(sentence)]


def _made(promise: str, sources: Sequence[str]) -> bool:
    """Whether one sentence of the sources makes the promise, in nearly the same words."""
    said = {stem for stem in stems(promise) if stem not in STOP}
    return any(len(said & set(stems(source))) >= MEANT * len(said) for source in _promises(sources))
