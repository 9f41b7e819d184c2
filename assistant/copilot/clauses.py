"""A customer's message in clauses, each asking for one thing: cut at sentences, and within them where the model of asks
hears another ask after an "and". A clause that only holds if something fails is told from one that holds anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from assistant.copilot.asks import ASKS, Ask, Heard

Hear = Callable[[Sequence[str]], list[Heard]]
When = Literal["always", "failing", "unknown"]
"""`failing`: only if what was asked before cannot be done. `unknown`: on a condition that the desk cannot tell."""
ACTIONS: frozenset[Ask] = frozenset(ASKS[:8])
"""Those that ask for something to be done, or not to be done after all."""
SENTENCE = re.compile(
    r"(?<=[.!?;])\s+|\n+|[;,]\s+(?=(?:but|and|or|then)\s+(?:if|when|unless|in case)\b)"
    r"|,\s+(?=(?:otherwise|or else|if not)\b)",
    re.IGNORECASE,
)
JOINT = re.compile(
    r",?\s+(?=(?:and|but|then|along with|as well as)\b)|:\s+(?!['{\[])|\s*\((?=(?:[^()\s]+\s+){3}[^()]*\))"
    r"|,\s+(?=(?:also|then|or)\b)"
    r"|\s+(?=or\s+(?:return|exchange|cancel|change|send|refund)\b)|,\s+(?=(?:I|please|can|could)\b)"
)
CONDITION = re.compile(
    r"^(?:(?:but|and|or|so|then|well|also|otherwise)?,?\s*)(?P<if>(?:only )?(?:if|unless|in case|when|should)\b.*?)"
    r"(?:,\s*(?:then\s+)?|\s+then\s+)(?P<then>(?:(?:I|you|we|it|the|please|just|no|only|then|cancel|return|exchange"
    r"|get|change|send|keep|make|use|refund|see|take|ask|give|put|go|prefer|choose|leave|do|mention|say|any|pay)"
    r"\b|I'd|I'll).*)$",
    re.IGNORECASE | re.DOTALL,
)
LOOSELY = re.compile(
    r"^(?:(?:but|and|or|so|then|well|also)?,?\s*)(?P<if>(?:only )?(?:if|unless|in case|when)\b[^,]*),\s*(?P<then>.+)$",
    re.IGNORECASE | re.DOTALL,
)
AFTERWARDS = re.compile(r"^(?:otherwise|or else|if not)\b[, ]*(?P<then>.+)$", re.IGNORECASE | re.DOTALL)
ONLY_IF = re.compile(r"[, ]+(?:but )?only if\b.*$", re.IGNORECASE | re.DOTALL)
FAILS = re.compile(
    r"\b(?:not|no|none|nothing|cannot|can't|won't|isn't|aren't|doesn't|don't|unable|unavailable|impossible|unless|only"
    r"|issues?|problems?|fails?|refused?s?)\b", re.IGNORECASE,
)  # fmt: skip
ASKED = re.compile(r"\b(?:if|when|in case)\b.{0,40}\b(?:asks?|asked|need to know|wants? to know)\b", re.IGNORECASE)
FRONT = re.compile(
    r"^(?:and |but |then )?(?:for|as|in|on|at|from|with|of|about|regarding|concerning|to)\b", re.IGNORECASE
)
RETRACTS = re.compile(r"[, ]*(?:but|then|and i\b|actually|or rather)", re.IGNORECASE)
BOTH = re.compile(r"\bboth\b(?!.*\band\b)", re.IGNORECASE)
BRIEF = 2
"""Words up to which a part of a sentence is no clause of its own."""
SURE, ALONE = 0.6, 0.7
"""The probability from which a part of a sentence asks for something else than the part before, and from which that
part asks for nothing and stands alone; below, it is the beginning of what follows."""


@dataclass(frozen=True)
class Clause:
    """Words that ask for one thing. `turn` is the place of the message; `when` says whether they hold at all."""

    text: str
    heard: Heard
    turn: int
    when: When = "always"


def clauses(messages: Sequence[str], hear: Hear, plain: Callable[[str], str] = str) -> tuple[Clause, ...]:
    """The clauses of the messages in their order; `plain` takes names out of a text before it is heard."""
    return tuple(
        clause
        for turn, message in enumerate(messages)
        for sentence in sentences(message)
        for clause in _of_sentence(sentence, turn, lambda texts: hear([plain(text) for text in texts]))
    )


def sentences(text: str) -> list[str]:
    """The sentences of a text, without empty ones."""
    return [part.strip() for part in SENTENCE.split(text) if re.search(r"\w", part)]


def condition(sentence: str) -> tuple[str, str]:
    """A sentence's condition and what holds under it; the condition is empty where there is none."""
    if (match := CONDITION.match(sentence) or LOOSELY.match(sentence)) is not None:
        return match["if"], match["then"]
    if (match := AFTERWARDS.match(sentence)) is not None:
        return "otherwise not", match["then"]
    return "", sentence


def _of_sentence(sentence: str, turn: int, hear: Hear) -> Iterator[Clause]:
    under, text = condition(sentence)
    for part, heard in _parts(ONLY_IF.sub("", text), hear):
        yield Clause(part, heard, turn, _when(under, heard))


def _when(under: str, heard: Heard) -> When:
    """What a condition makes of what follows it: a wish under one that cannot be told is none, a detail still is."""
    if not under or ASKED.search(under):
        return "always"
    if FAILS.search(under):
        return "failing"
    return "unknown" if heard.ask in ACTIONS else "always"


def _parts(text: str, hear: Hear) -> Iterator[tuple[str, Heard]]:
    """The parts of a sentence that ask for different things; what asks for nothing new stays with what it follows."""
    pieces = _cut(text)
    if not pieces:
        return
    heard = hear([piece.strip(" ,()") for piece in pieces])
    parts: list[tuple[str, Heard]] = []
    for piece, one in zip(pieces, heard, strict=True):
        if parts and (not _apart(parts[-1][1], one) or (one.ask == "withdraw" and not RETRACTS.match(piece))):
            before, known = parts[-1]
            parts[-1] = (before + piece, known)
        else:
            parts.append((piece, one))
    whole = hear([part.strip(" ,()") for part, _ in parts])
    for (part, first), again in zip(parts, whole, strict=True):
        sure = first.ask in ACTIONS and first.probability >= SURE
        yield part.strip(" ,()"), first if sure and again.ask not in ACTIONS else again


def _cut(text: str) -> list[str]:
    """A sentence cut where another clause may begin; what only leads into one, as "For the lamp,", stays with it."""
    cuts = [0, *(match.end() for match in JOINT.finditer(text)), len(text)]
    pieces: list[str] = []
    leading = ""
    for start, end in pairwise(cuts):
        piece = leading + text[start:end]
        leading = ""
        if not re.search(r"\w", piece):
            continue
        pairs = BOTH.search(piece) is not None and text[end:].lower().startswith("and")
        if end < len(text) and (pairs or FRONT.match(piece) or len(piece.split()) <= BRIEF):
            leading = piece
        else:
            pieces.append(piece)
    return pieces


def _apart(before: Heard, heard: Heard) -> bool:
    """Whether a part asks for something else than the one before it."""
    if heard.probability < SURE or heard.ask == before.ask:
        return False
    if before.ask not in ACTIONS and before.probability < ALONE:
        return False
    return heard.ask in ACTIONS or "question" in (heard.ask, before.ask)
