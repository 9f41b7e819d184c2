"""What a conversation is about, in short, and notes for closing it: chosen from what was said, in quotation marks, and
joined by fixed words. Nothing is rephrased, and what a check against the transcript does not find there is left out."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.copilot.grounding import unsupported
from assistant.copilot.masking import Mask
from assistant.copilot.records import WrapUp
from assistant.copilot.tickets import Tickets
from assistant.reasons import Encode
from assistant.records import Message, Need
from assistant.session import Session

log = logging.getLogger(__name__)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
LONGEST = 200
LABELS = ("Wants", "Asks", "Later", "Told", "Last", "An agent", "The shopper", "Nothing", "Closed", "In the basket")
FEWEST_WORDS, MOST_SENTENCES = 3, 30


def summary(session: Session, encode: Encode, mask: Mask) -> str:
    """What the shopper wants, what they asked and were told last: one to four short sentences."""
    parts = [*_wants(session), *_asked(session, encode), *_told(session, encode)]
    return mask(_checked(parts, session)) or "Nothing was said yet."


def wrap_up(session: Session, encode: Encode, mask: Mask, tickets: Tickets | None = None) -> WrapUp:
    """Notes for closing the conversation, and what `tickets` suggests as its type and satisfaction."""
    short = [*_asked(session, encode)][:1] or [*_wants(session)][:1]
    long = [*_wants(session), *_all_asked(session, encode), *_told(session, encode, all=True), *_last(session, encode)]
    notes = WrapUp(
        short=mask(_checked(short, session)) or "Nothing was said yet.",
        long=mask(_checked(long, session)) or "Nothing was said yet.",
    )
    return notes if tickets is None else notes.model_copy(update=_judged(session, mask, tickets))


def _judged(session: Session, mask: Mask, tickets: Tickets) -> dict[str, object]:
    """Type and satisfaction, each with the customer's own sentence; nothing where they said nothing."""
    found = tickets(session.messages)
    if found is None:
        return {}
    told: dict[str, object] = {"type": found.type, "because": f"{found.type}: “{mask(found.type_because)}”"}
    if found.satisfaction is None:
        return told
    stars = found.stars
    return told | {
        "satisfaction": stars,
        "because": f"{told['because']}; satisfaction {stars} of 5: “{mask(found.satisfaction_because)}”",
    }


# --- sentences -----------------------------------------------------------------------------------------------------


def _checked(sentences: Sequence[str], session: Session) -> str:
    """The sentences that say nothing but what is in the transcript."""
    sources = [message.content for message in session.messages]
    kept = []
    for sentence in dict.fromkeys(sentences):
        if problems := unsupported(sentence, sources, LABELS):
            log.info("left out of a summary: %r (%s)", sentence, problems)
        else:
            kept.append(sentence)
    return " ".join(kept)


def _wants(session: Session) -> Iterator[str]:
    for need in session.state.needs:
        said = [f"“{c.source.quote}”" for c in need.constraints if c.source is not None and c.source.quote]
        if need.product is not None or said:
            details = ", ".join(dict.fromkeys(said))
            yield f"Wants {_product(need)}{f': {details}' if details else ''}."


def _product(need: Need) -> str:
    return f"“{need.product}”" if need.product is not None else "something"


def _asked(session: Session, encode: Encode) -> Iterator[str]:
    """The last request, and the last word where it came after it."""
    said = [message for message in session.messages if message.role == "user"]
    if not said:
        return
    request = next((m for m in reversed(said) if len(m.content.split()) >= FEWEST_WORDS), said[-1])
    first = said[0]
    if first is not request and len(first.content.split()) >= FEWEST_WORDS:
        yield f"Asks: “{gist(first.content, encode)}”."
        yield f"Later: “{gist(request.content, encode)}”."
    else:
        yield f"Asks: “{gist(request.content, encode)}”."


def _all_asked(session: Session, encode: Encode) -> Iterator[str]:
    said = [m for m in session.messages if m.role == "user" and len(m.content.split()) >= FEWEST_WORDS]
    for i, message in enumerate(said):
        yield f"{'Later' if i else 'Asks'}: “{gist(message.content, encode)}”."


def _told(session: Session, encode: Encode, *, all: bool = False) -> Iterator[str]:
    told: list[Message] = [m for m in session.messages if m.role != "user" and m.content.strip()]
    for message in told if all else told[-1:]:
        yield f"Told: “{gist(message.content, encode)}”."


def _last(session: Session, encode: Encode) -> Iterator[str]:
    if session.messages and session.messages[-1].role == "user":
        yield f"Last: “{gist(session.messages[-1].content, encode)}”."


def gist(text: str, encode: Encode) -> str:
    """The sentence of a message that is nearest in meaning to all of them, longer ones counting for more (of the first
    thirty); an exact part of it up to its end or to the last whole word of 200 characters."""
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
