"""Whether the source of a constraint is there, and whether it says what the constraint says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.amounts import number
from assistant.compact.encoding import event_text
from assistant.records import Constraint, Conversation
from finetune.agreement import WORD_OVERLAP, normalise

LONGEST_NUMBER = 4
WORD = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d]+")
SEPARATORS = re.compile(r"[\s–—/-]+|(?<=\d)(?=[a-z])", re.IGNORECASE)


def stands(conversation: Conversation, constraint: Constraint) -> bool:
    """Whether the quote stands in the shopper's message, or the event is there."""
    source = constraint.source
    if source is None:
        return False
    if source.event is not None:
        return 0 <= source.event < len(conversation.events)
    if source.message is None or not 0 <= source.message < len(conversation.messages) or not source.quote:
        return False
    message = conversation.messages[source.message]
    return message.role == "user" and source.quote in message.content


def supports(conversation: Conversation, constraint: Constraint) -> bool:
    """Whether the source stands and carries the value: the quote holds most of its words, or its number.

    Where the shopper agrees ("yes, that one"), the value may stand in the shop's message just before the quoted one;
    of an event, its words and those of its items count.
    """
    source = constraint.source
    if source is None or not stands(conversation, constraint):
        return False
    if source.event is not None:
        return carries(event_text(conversation.events[source.event]), constraint.value)
    message = source.message or 0
    said = [source.quote or ""]
    if message and conversation.messages[message - 1].role != "user":
        said.append(conversation.messages[message - 1].content)
    return any(carries(text, constraint.value) for text in said)


def carries(text: str, value: str | float) -> bool:
    """Whether `text` says `value`: a number in digits or words, at least 60 % of the words, or the very characters."""
    if isinstance(value, int | float):
        return value in numbers(text)
    if re.sub(r"\s", "", value.lower()) in re.sub(r"\s", "", text.lower()):
        return True
    words, there = WORD.findall(normalise(value)), set(WORD.findall(normalise(text)))
    return bool(words) and sum(word in there for word in words) / len(words) >= WORD_OVERLAP


def numbers(text: str) -> set[float]:
    """Every number that some words of `text` say, in digits or spelled out."""
    return {found for words in _runs(text) if (found := number(words)) is not None}


def _runs(text: str) -> Iterator[str]:
    yield from text.split()
    words = [word for word in SEPARATORS.split(text) if word]
    for start in range(len(words)):
        for length in range(1, min(LONGEST_NUMBER, len(words) - start) + 1):
            yield " ".join(words[start : start + length])
