"""Finding the words of a message that a model meant to quote."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

CLOSE = 0.8
LONGEST = 20_000


def find_quote(quote: str, text: str) -> str | None:
    """The exact substring of `text` that `quote` stands for: itself, itself in other case or spacing, or the closest
    run of characters where four in five agree. `None` where nothing comes close."""
    if not quote.strip():
        return None
    if quote in text:
        return quote
    quote = quote.replace("\u200b", "").strip()
    words = r"\s+".join(re.escape(word) for word in quote.split())
    if found := re.search(words, text, re.IGNORECASE):
        return found.group()
    return _closest(quote, text[:LONGEST])


def _closest(quote: str, text: str) -> str | None:
    matcher = SequenceMatcher(None, text.lower(), quote.lower(), autojunk=False)
    longest = matcher.find_longest_match()
    if not longest.size or len(text) != len(text.lower()):
        return None
    start = max(0, longest.a - longest.b)
    window = text[start : start + len(quote) + len(quote) // 4]
    near = SequenceMatcher(None, window.lower(), quote.lower(), autojunk=False)
    end = max(block.a + block.size for block in near.get_matching_blocks() if block.size)
    found = window[:end].strip()
    ratio = SequenceMatcher(None, found.lower(), quote.lower(), autojunk=False).ratio()
    return found if ratio >= CLOSE else None
