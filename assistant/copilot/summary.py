"""What a conversation is about, in short, and notes for closing it: chosen from what was said, in quotation marks, and
joined by fixed words. Nothing is rephrased, and what a check against the transcript does not find there is left out."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence

from assistant.copilot.course import course, effect
from assistant.copilot.grounding import unsupported
from assistant.copilot.masking import Mask
from assistant.copilot.records import TicketType, WrapUp
from assistant.reasons import Encode
from assistant.receipts import listed
from assistant.records import Act, Message, Need
from assistant.session import Session

log = logging.getLogger(__name__)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
LONGEST = 200
LABELS = ("Wants", "Asks", "Later", "Told", "Last", "An agent", "The shopper", "Nothing", "Closed", "In the basket")
FEWEST_WORDS = 3

TYPES: tuple[tuple[TicketType, frozenset[Act]], ...] = (
    ("return", frozenset({"return_refund"})),
    ("complaint", frozenset({"complaint"})),
    ("order", frozenset({"order_status", "change_order"})),
    ("question", frozenset({"policy", "ask_product"})),
    ("advice", frozenset({"state_need", "refine_need", "ask_recommendation", "compare", "select", "add_to_cart"})),
)


def summary(session: Session, encode: Encode, mask: Mask) -> str:
    """What the shopper wants, what they asked and were told last: one to four short sentences."""
    parts = [*_wants(session), *_asked(session, encode), *_told(session, encode)]
    return mask(_checked(parts, session)) or "Nothing was said yet."


def wrap_up(session: Session, encode: Encode, mask: Mask) -> WrapUp:
    """Notes for closing the conversation, and a satisfaction and type to start from."""
    short = [*_asked(session, encode)][:1] or [*_wants(session)][:1]
    long = [*_wants(session), *_all_asked(session, encode), *_told(session, encode, all=True), *_last(session, encode)]
    kind, why_kind = ticket_type(session)
    satisfaction, why = suggested_satisfaction(session)
    return WrapUp(
        short=mask(_checked(short, session)) or "Nothing was said yet.",
        long=mask(_checked(long, session)) or "Nothing was said yet.",
        satisfaction=satisfaction,
        type=kind,
        because=f"{why_kind}; {why}",
    )


def ticket_type(session: Session) -> tuple[TicketType, str]:
    """The first of `TYPES` of which an act was read anywhere, and why."""
    acts = [act for moment in course(session) for act in moment.acts]
    for kind, own in TYPES:
        if (found := next((act for act in acts if act in own), None)) is not None:
            return kind, f"{kind}: a message was read as {found}"
    return "other", "other: no message was read as a request"


def suggested_satisfaction(session: Session) -> tuple[int | None, str]:
    """1 to 5 from the mood after the last message, `None` where no message showed any; and why."""
    moments = course(session)
    telling = [moment for moment in moments if effect(moment.acts)]
    if not telling:
        return None, "no message shows satisfaction"
    mood = moments[-1].mood
    return 1 + round(2 * (mood + 1)), f"mood {mood:+.1f}, last moved by {listed(list(telling[-1].acts))}"


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
    """The sentence of a message that is nearest in meaning to the whole of it, an exact part of it up to its end or to
    the last whole word of 200 characters."""
    sentences = [sentence.strip() for sentence in SENTENCE.split(text) if sentence.strip()]
    telling = [s for s in sentences if len(s.split()) >= FEWEST_WORDS] or sentences or [text.strip()]
    best = telling[0]
    if len(telling) > 1:
        whole = " ".join(text.split())[:2000]
        vectors = encode([whole, *telling])
        best = telling[int((vectors[1:] @ vectors[0]).argmax())]
    short = best if len(best) <= LONGEST else best[:LONGEST].rsplit(" ", 1)[0] + " …"
    return short.rstrip(".")
