"""Judging what the copilot says of support tickets: their type, how satisfied the customer is, and the summary.

A ticket that the ticket model learned from is left out: its figures would say what it remembers, not what it can do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.copilot.case import Transcripts
from assistant.copilot.grounding import openings, unsupported
from assistant.copilot.masking import Mask
from assistant.copilot.notes import Notes
from assistant.copilot.summary import LABELS, summary
from assistant.copilot.tickets import Judgement
from assistant.note_prompt import OPENINGS
from finetune.copilot.parts import (
    Case,
    Confusion,
    Finding,
    Measure,
    Part,
    Progress,
    Resampling,
    ratio,
    share,
    statistic,
)
from finetune.copilot.served import Served
from finetune.copilot.wording import cited, content, quotations, stands
from finetune.judging.correlation import pearson, spearman
from finetune.tickets import Ticket, fingerprint

ALLOWED = (*LABELS, *OPENINGS)
"""What a sentence of a summary may begin with."""
METHOD = (
    "Type: the type that the ticket model finds likeliest against the one that the shop's staff entered. The sentence "
    "shown is the customer's that speaks most for it against the next likely one; the model is a sum over sentences, "
    "so it is the one that moved it most. Satisfaction is compared by correlation, since scales differ between shops.",
    "Summary: the copilot's, as an agent sees it. It is faithful where a check finds no number, date, name or promise "
    "in it that the transcript does not hold. The copilot runs that check itself before it shows a summary, so three "
    "more figures stand beside it: whether its quotations stand in the transcript letter by letter, which no check of "
    "the copilot's looks at; how often the same check objects when the summary of another ticket is put in its place, "
    "which says what it can find; and what it makes of the summaries that the shop has.",
    "Coverage: of the words that carry meaning in the shop's own long summary and that the transcript holds too, the "
    "share that the copilot's summary says. Words of the shop's summary that nobody said do not count.",
    "r is Pearson's correlation, ρ Spearman's. Intervals are 95 % bootstrap intervals; customers are drawn with "
    "replacement, with all of their tickets. Where everything is right, an interval is too narrow: no draw can show "
    "what did not occur.",
)


@dataclass(frozen=True)
class Seen:
    """A ticket with what the copilot said of it. `judgement` is `None` without a ticket model."""

    ticket: Ticket
    summary: str
    judgement: Judgement | None

    @property
    def said(self) -> list[str]:
        """The messages of the thread."""
        return [message.content for message in self.ticket.messages]


def judge_tickets(
    source: str, tickets: Sequence[Ticket], served: Served, resampling: Resampling, progress: Progress | None = None
) -> Part:
    """Every ticket that the ticket model has not learned from.

    Raises `ValueError` where there is no such ticket, `ModelError` where the reader fails."""
    fresh = _fresh(source, tickets, served)
    transcripts = Transcripts(served)
    notes = Notes(served.writer, served.encode, served.settings.shop.currency)
    seen = []
    for done, ticket in enumerate(fresh, 1):
        session = transcripts.session(ticket.conversation)
        mask = Mask.of(message.content for message in ticket.messages)
        judged = served.tickets(ticket.messages) if served.tickets is not None else None
        seen.append(Seen(ticket, summary(session, notes, mask), judged))
        if progress is not None:
            progress(done, len(fresh))
    cases = tuple(_case(each) for each in seen)
    measures = tuple(m for m in _measures(seen, cases, resampling) if m is not None)
    left_out = len(tickets) - len(fresh)
    without = f"; the {left_out} that the ticket model learned from are left out" if left_out else ""
    types = [(f.expected, f.found) for case in cases if (f := case.of("type")) is not None]
    return Part(
        name="tickets",
        title="Support tickets",
        lead=f"{len(fresh)} tickets of {source}{without}.",
        measures=measures,
        cases=cases,
        confusion=Confusion.of("Types", types) if types else None,
        method=METHOD,
    )


def _fresh(source: str, tickets: Sequence[Ticket], served: Served) -> list[Ticket]:
    learned = set(served.tickets.model.about.seen) if served.tickets is not None else set()
    fresh = [ticket for ticket in tickets if fingerprint(ticket.messages) not in learned]
    if not fresh:
        raise ValueError(
            f"{source}: the ticket model learned from all {len(tickets)} tickets; expected others to judge it by. "
            "Train it on a part of them (shopkeeper train tickets), or name another model by tickets.path."
        )
    return fresh


# --- one ticket ---------------------------------------------------------------------------------------------------


def _case(seen: Seen) -> Case:
    ticket, judged = seen.ticket, seen.judgement
    quotes = [judged.type_because, judged.satisfaction_because] if judged is not None else []
    return Case(
        id=f"ticket-{ticket.id}",
        group=ticket.customer,
        findings=tuple([*_judged(ticket, judged), *_summarised(seen)]),
        messages=ticket.messages,
        quotes=tuple(quote for quote in quotes if quote),
    )


def _judged(ticket: Ticket, judged: Judgement | None) -> Iterator[Finding]:
    if judged is not None and ticket.type:
        right = judged.type == ticket.type
        entered = "as entered" if right else f"entered as {ticket.type}"
        why = f"Taken for {judged.type} ({judged.probability:.0%}), {entered}, for {cited(judged.type_because)}"
        yield Finding("type", ticket.type, judged.type, why, right)
    if judged is not None and judged.satisfaction is not None and ticket.satisfaction is not None:
        found, entered = f"{judged.satisfaction:.1f}", f"{ticket.satisfaction:g}"
        why = f"Put at {found}, entered as {entered}, most of all for {cited(judged.satisfaction_because)}"
        yield Finding("satisfaction", entered, found, why)


def _summarised(seen: Seen) -> Iterator[Finding]:
    problems = unsupported(seen.summary, seen.said, ALLOWED)
    told = "; ".join(f"{problem.kind} “{problem.text}”" for problem in problems)
    why = f"Not in the transcript: {told}." if problems else "Numbers, dates, names and promises are in the transcript."
    yield Finding("faithful", "nothing that is not in the transcript", seen.summary, why, not problems)
    quotes = quotations(seen.summary)
    strange = [quote for quote in quotes if not stands(quote, seen.said)]
    why = f"Nobody wrote “{strange[0]}”." if strange else "Each of its quotations is what somebody wrote."
    yield Finding("verbatim", "all as written", f"{len(quotes) - len(strange)} of {len(quotes)}", why, not strange)
    held, said = _covered(seen)
    if held:
        missing = ", ".join(sorted(held - said)[:8]) or "nothing"
        why = f"Words of the shop's summary that are in the transcript and not in the copilot's: {missing}."
        yield Finding("coverage", seen.ticket.long, f"{len(held & said)} of {len(held)} words", why)


def _covered(seen: Seen) -> tuple[set[str], set[str]]:
    """Words of the shop's summary that the transcript holds, and those that the copilot's summary says."""
    return content(seen.ticket.long) & content("\n".join(seen.said)), content(seen.summary)


# --- all of them --------------------------------------------------------------------------------------------------


def _measures(seen: Sequence[Seen], cases: Sequence[Case], resampling: Resampling) -> Iterator[Measure | None]:
    if any(case.of("type") for case in cases):
        yield share(cases, "type", "Type", "{right} of {of} types are as entered.", resampling)
        yield _commonest(cases)
    yield from _satisfaction(seen, cases, resampling)
    why = "In {right} of {of} summaries every number, date, name and promise is in the transcript."
    yield share(cases, "faithful", "Summary faithful", why, resampling)
    why = "In {right} of {of} summaries each quotation is what somebody wrote."
    yield share(cases, "verbatim", "Quotes verbatim", why, resampling)
    yield _coverage(seen, cases, resampling)
    yield _caught(seen)
    yield _own(seen)


def _commonest(cases: Sequence[Case]) -> Measure:
    counts = Counter(f.expected for case in cases if (f := case.of("type")) is not None)
    (name, times), total = counts.most_common(1)[0], counts.total()
    why = f"{times} of {total} tickets are {name}: what naming it always would get right."
    return Measure("commonest", "Commonest type", times / total, why)


def _satisfaction(seen: Sequence[Seen], cases: Sequence[Case], resampling: Resampling) -> Iterator[Measure]:
    told = [(case, each.ticket.satisfaction, each.judgement.satisfaction)
            for case, each in zip(cases, seen, strict=True)
            if case.of("satisfaction") is not None and each.judgement is not None]  # fmt: skip
    if not told:
        return
    rows = [case for case, _, _ in told]
    wanted, found = np.array([pair for _, *pair in told], dtype=np.float64).T
    why = f"Over the {len(told)} tickets that have a satisfaction entered; 1 is the same {{}}, 0 none in common."
    yield statistic(rows, lambda w: pearson(w, wanted, found), "satisfaction", "Satisfaction, r",
                    why.format("order and distances"), resampling)  # fmt: skip
    yield statistic(rows, lambda w: spearman(w, wanted, found), "satisfaction-rank", "Satisfaction, ρ",
                    why.format("order"), resampling)  # fmt: skip


def _coverage(seen: Sequence[Seen], cases: Sequence[Case], resampling: Resampling) -> Measure | None:
    rows = [(case, held, said) for case, each in zip(cases, seen, strict=True)
            for held, said in [_covered(each)] if held]  # fmt: skip
    if not rows:
        return None
    above, below = [float(len(held & said)) for _, held, said in rows], [float(len(held)) for _, held, _ in rows]
    why = f"The summaries say {sum(above):.0f} of the {sum(below):.0f} words of the shop's summaries that were said."
    return ratio([case for case, _, _ in rows], above, below, "coverage", "Summary coverage", why, resampling)


def _caught(seen: Sequence[Seen]) -> Measure | None:
    if len(seen) < 2:
        return None
    pairs = zip(seen, [*seen[1:], seen[0]], strict=True)
    caught = sum(bool(unsupported(other.summary, each.said, ALLOWED)) for each, other in pairs)
    why = f"With the summary of another ticket in its place, the check objects to {caught} of {len(seen)}."
    return Measure("caught", "Check catches", caught / len(seen), why)


def _own(seen: Sequence[Seen]) -> Measure | None:
    own = [each for each in seen if each.ticket.long]
    if not own:
        return None
    sound = sum(not unsupported(each.ticket.long, each.said, openings(each.ticket.long)) for each in own)
    why = f"The same check, first words apart, lets {sound} of the shop's own {len(own)} long summaries pass."
    return Measure("own", "Shop's summaries", sound / len(own), why)
