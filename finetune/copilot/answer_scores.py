"""Judging answers with citations: whether the passage that is quoted to an agent states the right answer.

For each question the copilot searches what the shop has in writing on the product (its manual, its description, what
staff wrote in earlier tickets), as it searches the clauses of a policy, and quotes what it finds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from assistant.records import Message
from assistant.shop import Clause
from assistant.statements import clauses
from finetune.copilot.parts import Case, Finding, Measure, Part, Progress, Resampling, ratio, share
from finetune.copilot.served import Served
from finetune.copilot.wording import content
from finetune.tickets import AskedQuestion, TicketData

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
STATED = 0.6
IN_WRITING = "in writing"
METHOD = (
    f"A passage states the right answer where it holds every number of it and {STATED:.0%} of its words that carry "
    "meaning. Passages are those of the product that the question is about: manual, description, and what staff wrote "
    "in tickets on it. They are found as clauses of a policy are, and judged as statements about a product are. Where "
    "no passage states the answer, quoting nothing and saying so is right. Intervals: products are drawn with "
    "replacement.",
)


def judge_answers(
    source: str, data: TicketData, served: Served, resampling: Resampling, progress: Progress | None = None
) -> Part:
    """Every question of the data. Raises `ValueError` where there is none."""
    if not data.questions:
        raise ValueError(f"{source}: expected questions with answers, found none.")
    known = passages(data)
    cases = []
    for done, question in enumerate(data.questions, 1):
        cases.append(_case(question, known.get(question.product, ()), served))
        if progress is not None:
            progress(done, len(data.questions))
    count, manual = sum(map(len, known.values())), f"{len(data.manuals)} of manuals" if data.manuals else "no manuals"
    return Part(
        name="answers",
        title="Answers with citation",
        lead=f"{len(cases)} questions of {source} on {len({q.product for q in data.questions})} products, with {count} "
        f"passages to quote from ({manual}).",
        measures=tuple(_measures(cases, resampling)),
        cases=tuple(cases),
        method=METHOD,
    )


def passages(data: TicketData) -> dict[str, tuple[Clause, ...]]:
    """What is in writing on each product, by its id: each passage once, its id saying where it stands."""
    found: dict[str, list[Clause]] = defaultdict(list)
    for chunk in data.manuals:
        found[chunk.product].append(Clause(id=f"manual-{chunk.id}", text=chunk.text))
    for product in data.products:
        found[product.id].append(Clause(id=f"product-{product.id}", text=product.description))
    for ticket in data.tickets:
        for place, message in enumerate(ticket.messages):
            if message.role == "agent" and ticket.product is not None:
                found[ticket.product].append(Clause(id=f"ticket-{ticket.id}/{place}", text=message.content))
    return {product: tuple({c.text: c for c in reversed(rows) if c.text.strip()}.values())[::-1]
            for product, rows in found.items()}  # fmt: skip


def states(passage: str, answer: str) -> bool:
    """Whether a passage states an answer: its numbers all, and most of its words that carry meaning."""
    words = content(answer)
    if not words or not set(NUMBER.findall(answer)) <= set(NUMBER.findall(passage)):
        return False
    return len(words & content(passage)) >= STATED * len(words)


def _case(question: AskedQuestion, known: Sequence[Clause], served: Served) -> Case:
    threshold = served.settings.conversation.policy_similarity
    cited = clauses(question.question, known, served.encode, threshold, served.answers, of="product")
    telling = [clause for clause in known if states(clause.text, question.answer)]
    return Case(
        id=f"question-{question.id}",
        group=question.product,
        findings=tuple(_findings(question, cited, {clause.id for clause in telling})),
        messages=_asked(question, cited),
        quotes=(),
    )


def _findings(question: AskedQuestion, cited: Sequence[Clause], telling: set[str]) -> Iterator[Finding]:
    right = [clause for clause in cited if clause.id in telling]
    quoted = "; ".join(f"{clause.id}: “{clause.text}”" for clause in cited) or "nothing"
    if telling:
        verdict = f"{right[0].id} states it" if right else f"{_names(cited)} does not, {sorted(telling)[0]} does"
        why = f"The answer is “{question.answer}”: {verdict}."
        yield Finding("answer", question.answer, quoted, why, bool(right))
    if cited:
        why = f"{cited[0].id} is quoted" + (", and it states the answer." if right else ", and it is no answer.")
        yield Finding("citation", question.answer, quoted, why, bool(right))
    if not telling:
        why = "No passage states the answer, and " + (f"{_names(cited)} is quoted." if cited else "nothing is quoted.")
        yield Finding("silence", "nothing", quoted, why, not cited)
    found = IN_WRITING if telling else "nowhere in writing"
    where = f"{len(telling)} of the passages on the product" if telling else "No passage on the product"
    yield Finding("answerable", question.answer, found, f"{where} states the answer.")


def _names(cited: Sequence[Clause]) -> str:
    return " and ".join(clause.id for clause in cited) or "nothing quoted"


def _asked(question: AskedQuestion, cited: Sequence[Clause]) -> tuple[Message, ...]:
    replies = (Message(role="assistant", content=f"{clause.id}: “{clause.text}”") for clause in cited)
    return (Message(role="user", content=question.question), *replies)


def _measures(cases: Sequence[Case], resampling: Resampling) -> Iterator[Measure]:
    for name, title, why in (
        ("answer", "Answer quoted",
         "Of {of} questions that some passage answers, {right} get one quoted that states the answer."),
        ("citation", "Quotes that answer",
         "Of {of} questions that get a quotation, {right} get one that states the answer."),
        ("silence", "Rightly silent",
         "Of {of} questions that no passage answers, {right} get no quotation."),
    ):  # fmt: skip
        yield share(cases, name, title, why, resampling)
    told = [float(f.found == IN_WRITING) for case in cases if (f := case.of("answerable")) is not None]
    why = f"Of {len(told)} questions, {sum(told):.0f} have a passage that states the answer."
    yield ratio(cases, told, [1.0] * len(told), "answerable", "Answer in writing", why, resampling)
