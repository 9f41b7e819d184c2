"""How a shopper writes, so that the reply can be written alike. Orthography is measured; what is meant is not."""

from __future__ import annotations

import re

from assistant.records import Conversation, Tone

LAST = 3
LONG = 12
"""Words of a message on average from which tidy writing counts as formal."""
SENTENCE_END = re.compile(r"[.!?]['\")\]]*$")
SHORTENED = re.compile(r"\w['’](?:s|m|re|ve|ll|d|t)\b", re.IGNORECASE)


def tone_of(conversation: Conversation) -> Tone:
    """Casual where none of the last three messages begins with a capital letter and ends as a sentence does; formal
    where all do, are long, and shorten nothing ("I'm"); neutral between the two and where there is little to go by."""
    texts = [m.content.strip() for m in conversation.messages if m.role == "user"][-LAST:]
    texts = [text for text in texts if text and _has_case(text)]
    if not texts:
        return "neutral"
    tidy = [text[0].isupper() and bool(SENTENCE_END.search(text)) for text in texts]
    if not any(tidy) and all(text == text.lower() for text in texts):
        return "casual"
    words = sum(len(text.split()) for text in texts) / len(texts)
    if all(tidy) and words >= LONG and not any(SHORTENED.search(text) for text in texts):
        return "formal"
    return "neutral"


def _has_case(text: str) -> bool:
    return text.lower() != text.upper()
