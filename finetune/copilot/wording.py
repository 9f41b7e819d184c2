"""Words of a text that carry meaning, and what it quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.statements import STOP
from retrieval.text import stems

OPEN, CLOSE = "“", "”"
MASKED = re.compile(r"\[[a-z][a-z -]*\]")


def content(text: str) -> set[str]:
    """The stems of a text's words that carry meaning."""
    return {stem for stem in stems(text) if stem not in STOP}


def quotations(text: str) -> list[str]:
    """What stands between quotation marks, the outermost ones where they are nested."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        if letter == OPEN:
            start, depth = (place + 1 if not depth else start), depth + 1
        elif letter == CLOSE and depth:
            depth -= 1
            found += [text[start:place]] if not depth else []
    return found


def stands(quote: str, said: Sequence[str]) -> bool:
    """Whether one of the texts holds the quotation, apart from case, a cut at its end and what was masked in it."""
    parts = MASKED.split(quote.removesuffix(" …"))
    return any(all(part.strip().lower() in text.lower() for part in parts) for text in said)


def cited(sentence: str) -> str:
    """The words of a sentence in quotation marks, closed by a full stop unless they bring an end of their own."""
    return f"the words “{sentence}”{'' if sentence.rstrip('”)')[-1:] in '.!?。！？' else '.'}"
