"""Notes on a conversation, for a colleague: what is to be told of it as plans, which the writer phrases.

A plan of the move `note` tells the case (what is needed, what was shown, which order) or one thing that was said and
what was answered, in quotation marks. A writer that can read the conversation may tell it in its own words. Either way
a sentence with a number, a date, a name or a promise that nobody wrote is left out.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.copilot.gist import FEWEST_WORDS, gist
from assistant.copilot.grounding import unsupported
from assistant.facts import COUNTS
from assistant.note_prompt import OPENINGS
from assistant.plans import next_facts, shown_of
from assistant.reasons import Encode
from assistant.receipts import in_words, listed, noun
from assistant.records import Constraint, Fact, Message, Need, Plan
from assistant.session import Session
from assistant.writing import Writer, WritingError
from retrieval.index import Index

log = logging.getLogger(__name__)
BRIEF, LONG = 45, 120
FIRST, LATEST = 2, 4
"""Of a long conversation, so many exchanges from its beginning and from its end are told."""
ENDED = re.compile(r"([?!…])”\.")


@dataclass(frozen=True)
class Notes:
    """Writes the notes of a shop's conversations. `index` is its catalogue, `None` where there is none."""

    writer: Writer
    encode: Encode
    currency: str
    index: Index | None = None

    def brief(self, session: Session, orders: Sequence[str] = ()) -> str:
        """What the shopper wants, what they wrote last and what they were answered; empty where the writer wrote
        nothing that the check lets pass. `orders` are the numbers of orders that the transcript names."""
        exchanges = list(_exchanges(session.messages))
        if len(exchanges) > 1 and not exchanges[-1].told and "thank_bye" in session.state.acts:
            exchanges.pop()  # nothing is left to answer
        plans = [*self._case(session, orders)]
        if len(exchanges) > 1 and not _told_by_need(session) and len(exchanges[0].said.split()) >= FEWEST_WORDS:
            plans.append(self._exchange(exchanges[0], "first", answered=False))
        if len(exchanges) == 1 and exchanges[0].told and _told_by_need(session):
            plans.append(self._exchange(replace(exchanges[0], said=""), None))
        elif exchanges:
            topic = "open" if not exchanges[-1].told else "last" if len(exchanges) > 1 else None
            plans.append(self._exchange(exchanges[-1], topic))
        return self._written(plans, session, BRIEF)

    def request(self, session: Session, orders: Sequence[str] = ()) -> str:
        """What the shopper wants, in a sentence or two; empty as above."""
        plans = [*self._case(session, orders)]
        said = [e for e in _exchanges(session.messages) if len(e.said.split()) >= FEWEST_WORDS]
        if said and not (plans and _told_by_need(session)):
            plans.append(self._exchange(said[-1], None, answered=False))
        return self._written(plans, session, BRIEF // 2)

    def whole(self, session: Session, orders: Sequence[str] = ()) -> str:
        """The course of the conversation; empty as above."""
        told = [e for e in _exchanges(session.messages) if len(e.said.split()) >= FEWEST_WORDS or e.told]
        told = told if len(told) <= FIRST + LATEST else [*told[:FIRST], *told[-LATEST:]]
        topics = ["first", *["then"] * (len(told) - 2), "last"] if len(told) > 1 else [None]
        plans = [*self._case(session, orders, shown=True)]
        plans += [self._exchange(exchange, topic) for exchange, topic in zip(told, topics, strict=False)]
        return self._written(plans, session, LONG)

    def _written(self, plans: Sequence[Plan], session: Session, words: int) -> str:
        if not session.messages:
            return ""
        sources = [message.content for message in session.messages]
        kept: list[str] = []
        try:
            for sentence in self.writer.note(plans, session.conversation, words):
                if problems := unsupported(sentence, sources, OPENINGS):
                    log.info("left out of a note: %r (%s)", sentence, problems)
                elif sentence not in kept:
                    kept.append(sentence)
        except WritingError as error:
            log.info("no note was written: %s", error)
        return ENDED.sub(r"\1”", " ".join(kept))

    # --- what is told ------------------------------------------------------------------------------------------------

    def _case(self, session: Session, orders: Sequence[str], *, shown: bool = False) -> Iterator[Plan]:
        sources = [message.content for message in session.messages]
        state = session.state
        need = state.active or next(iter(state.needs), None)
        facts = [*self._need(need, sources)] if need is not None else []
        if not _shops(session):
            yield from (_plan([fact], "about") for fact in facts[:1] if fact.key == "need.product")
            facts = []
        elif need is not None and need.active:
            facts += next_facts(state)
        facts += self._shown(session) if shown else ()
        facts += [Fact(key="order.id", text=orders[-1])] if orders else []
        facts = [fact for fact in facts if not unsupported(fact.text, sources)]
        topic = "person" if "ask_human" in state.acts else "complaint" if "complaint" in state.acts else None
        if facts or topic:
            yield _plan(facts, topic)

    def _need(self, need: Need, sources: Sequence[str]) -> Iterator[Fact]:
        if need.product is not None:
            yield Fact(key="need.product", text=noun(need.product))
        told = [words for c in need.constraints if (words := self._told(c, sources))]
        for place, words in enumerate(dict.fromkeys(told[: COUNTS["need"]]), start=1):
            yield Fact(key=f"need{place}", text=words)

    def _told(self, constraint: Constraint, sources: Sequence[str]) -> str:
        """The constraint in words, in the shopper's own where those say what nobody wrote (`up to $120` for "a hundred
        and twenty"); empty where it was not said but set by hand."""
        words, quote = in_words(constraint, self.currency), constraint.source.quote if constraint.source else None
        if not unsupported(words, sources):
            return words
        return f"“{quote}”" if quote and not unsupported(quote, sources) else ""

    def _shown(self, session: Session) -> Iterator[Fact]:
        answered = "\n".join(message.content for message in session.messages if message.role != "user")
        shown = shown_of(session.picks, self.index) if self.index is not None else ()
        titles = [each.product.title for each in shown if each.product.title in answered]
        yield from (Fact(key=f"{place}.title", text=title) for place, title in enumerate(titles[:3], start=1))
        kept = [self.index.catalogue.get(product_id) for product_id in session.basket] if self.index is not None else []
        basket = [product.title for product in kept if product is not None]
        yield from [Fact(key="basket.title", text=listed(basket))] if basket else ()

    def _exchange(self, exchange: _Exchange, topic: str | None, *, answered: bool = True) -> Plan:
        facts = [Fact(key="said", text=gist(exchange.said, self.encode))] if exchange.said.strip() else []
        if answered and exchange.told.strip():
            facts += [Fact(key="told.by", text=exchange.by), Fact(key="told", text=gist(exchange.told, self.encode))]
        return _plan(facts, topic)


def _shops(session: Session) -> bool:
    """Whether the shopper is known to look for something. A thing that they write about may be theirs already."""
    return bool(session.picks) or any("ask_recommendation" in entry.state.acts for entry in session.states)


def _told_by_need(session: Session) -> bool:
    """Whether the need says what the shopper asked for first."""
    return bool(session.state.needs) and _shops(session)


def _plan(facts: Iterable[Fact], topic: str | None) -> Plan:
    return Plan(move="note", why="a note for a colleague", facts=tuple(facts), topic=topic)


@dataclass(frozen=True)
class _Exchange:
    """A message of the shopper and what was answered to it, empty where nothing was."""

    said: str
    told: str = ""
    by: str = ""


def _exchanges(messages: Sequence[Message]) -> Iterator[_Exchange]:
    said: Message | None = None
    for message in messages:
        if message.role == "user":
            if said is not None:
                yield _Exchange(said.content)
            said = message
        elif message.content.strip():
            yield _Exchange(said.content if said is not None else "", message.content, message.role)
            said = None
    if said is not None:
        yield _Exchange(said.content)
