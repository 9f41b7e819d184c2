"""What a message says, in one sentence of its own."""

from __future__ import annotations

import re

import numpy as np

from assistant.reasons import Encode

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
LONGEST = 160
FEWEST_WORDS, MOST_SENTENCES = 3, 30


def gist(text: str, encode: Encode) -> str:
    """A message of one line and up to 160 characters as it is. Of another the sentence that is nearest in meaning to all
    of them, longer ones counting for more (of the first thirty), up to the last whole word of 160 characters."""
    if len(text.strip()) <= LONGEST and "\n" not in text.strip():
        return text.strip().rstrip(".")
    sentences = [sentence.strip() for sentence in SENTENCE.split(text) if sentence.strip()]
    telling = [s for s in sentences if len(s.split()) >= FEWEST_WORDS] or sentences or [text.strip()]
    best = telling[0]
    if len(telling) > 1:
        telling = telling[:MOST_SENTENCES]
        vectors = encode(telling)
        whole = vectors.T @ np.array([len(sentence) for sentence in telling], dtype=np.float32)
        best = telling[int((vectors @ whole).argmax())]
    short = best if len(best) <= LONGEST else best[:LONGEST].rsplit(" ", 1)[0] + " …"
    return short.rstrip(".")
