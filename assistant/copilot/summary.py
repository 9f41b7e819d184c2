"""What a conversation is about, in short, and notes for closing it, written by the writer (`notes.py`).

At once, and where the writer wrote nothing that could be verified, there is an extract: what was said, in quotation
marks, joined by fixed words. What a check against the transcript does not find there is left out of either."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from assistant.copilot.gist import FEWEST_WORDS, gist
from assistant.copilot.grounding import unsupported
from assistant.copilot.masking import Mask
from assistant.copilot.notes import Notes
from assistant.copilot.records import WrapUp
from assistant.copilot.tickets import Tickets
from assistant.reasons import Encode
from assistant.records import Message, Need
from assistant.session import Session

log = logging.getLogger(__name__)
NOTHING = "Nothing was said yet."
LABELS = ("About", "Asks", "Later", "Told", "Last", "An agent", "The shopper", "Nothing", "Closed", "In the basket")


def extract(session: Session, encode: Encode, mask: Mask) -> str:
    """What the shopper wants, what they asked and were told last: one to four short sentences, without a model."""
    parts = [*_about(session), *_asked(session, encode), *_told(session, encode)]
    return mask(_checked(parts, session)) or NOTHING


def summary(session: Session, notes: Notes, mask: Mask, orders: Sequence[str] = ()) -> str:
    """The same as the writer tells it, or else the extract. `orders` are the orders that the transcript names.
    Raises `ModelError` where the writer is down."""
    return mask(notes.brief(session, orders)) or extract(session, notes.encode, mask)


def wrap_up(
    session: Session, notes: Notes, mask: Mask, tickets: Tickets | None = None, orders: Sequence[str] = ()
) -> WrapUp:
    """Notes for closing the conversation, and what `tickets` suggests as its type and satisfaction. Raises
    `ModelError` where the writer is down."""
    long = [*_about(session), *_all_asked(session, notes.encode), *_told(session, notes.encode, all=True)]
    written = WrapUp(
        short=mask(notes.request(session, orders)) or extract(session, notes.encode, mask),
        long=mask(notes.whole(session, orders) or _checked(long, session)) or NOTHING,
    )
    return written if tickets is None else written.model_copy(update=_judged(session, mask, tickets))


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


def _about(session: Session) -> Iterator[str]:
    for need in session.state.needs:
        said = [f"“{c.source.quote}”" for c in need.constraints if c.source is not None and c.source.quote]
        if need.product is not None or said:
            details = ", ".join(dict.fromkeys(said))
            yield f"About {_product(need)}{f': {details}' if details else ''}."


def _product(need: Need) -> str:
    return f"“{need.product}”" if need.product is not None else "something"


def _asked(session: Session, encode: Encode) -> Iterator[str]:
    """The last request, and the last word where it came after it."""
    said = [message for message in session.messages if message.role == "user" and message.content.strip()]
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
