"""What a message says, in a sentence or two of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.reasons import Encode

SENTENCE = re.compile(r"\S[^\n]*?(?:[.!?]+(?=\s|$)|(?=\n|$))")
MARK = re.compile(r"^[-*•]\s+")
"""That of a list's item."""
LONGEST = 200
FEWEST_WORDS, MOST_SENTENCES = 3, 30
Span = tuple[int, int]


def gist(text: str, encode: Encode) -> str:
    """A message of one line and up to 200 characters as it is. Of another the sentences in a row, of one line and
    within that length, that are together nearest in meaning to the first thirty, longer ones counting for more; of a
    sentence that alone is longer what comes before its last whole word."""
    text = MARK.sub("", text.strip())
    if len(text) <= LONGEST and "\n" not in text:
        return text.rstrip(".")
    spans = [match.span() for match in SENTENCE.finditer(text)][:MOST_SENTENCES]
    if not spans:
        return ""
    vectors = encode([text[start:end] for start, end in spans])
    mean = vectors.T @ np.array([end - start for start, end in spans], dtype=np.float32)
    telling = [len(text[start:end].split()) >= FEWEST_WORDS for start, end in spans]
    worth = np.maximum(vectors @ mean, 0) * (telling if any(telling) else True)
    first, last = max(_runs(text, spans), key=lambda run: float(worth[run[0] : run[1] + 1].sum()))
    start, end = spans[first][0], spans[last][1]
    short = text[start:end] if end - start <= LONGEST else text[start : start + LONGEST].rsplit(" ", 1)[0] + " …"
    return MARK.sub("", short).rstrip(".")


def _runs(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """First and last of each row of sentences that stands on one line and is not too long, and of each alone."""
    for first, (start, _) in enumerate(spans):
        yield first, first
        for last in range(first + 1, len(spans)):
            end = spans[last][1]
            if end - start > LONGEST or "\n" in text[start:end]:
                break
            yield first, last
