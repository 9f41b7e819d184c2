"""Judging what the reader says customers ask of a service desk: single requests in Bitext's layout."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.records import Message
from finetune.copilot.parts import Case, Confusion, Finding, Part, Progress, Resampling, share
from finetune.copilot.served import Served
from finetune.importers.records import csv_rows

if TYPE_CHECKING:
    from finetune.support import Heard

COLUMNS = ("utterance", "intent")
LAYOUT = "a CSV file in Bitext's layout, with the columns utterance and intent"
CONFUSED = 8
METHOD = (
    "Alone: the likeliest of the intents that the reader's support head knows. As served: what a reading says, which "
    "names an intent only where the acts read are about service; so a request can be understood and yet not be named. "
    "A request is one message, so a verdict rests on all of its words; how sure the head is, and what comes next, "
    "stands with it. Intervals: requests are drawn with replacement.",
)


@dataclass(frozen=True)
class Request:
    """One request with its place in the file, from 1, and the intent that it was written for."""

    place: int
    text: str
    intent: str


def judge_intents(path: Path, served: Served, resampling: Resampling, progress: Progress | None = None) -> Part:
    """Every request of a file.

    Raises `ValueError` for a file of another layout, and where the reader is not one with a support head."""
    from assistant.compact.network import SUPPORT
    from assistant.compact_reader import CompactReader
    from finetune.support import hear

    if not isinstance(served.reader, CompactReader):
        raise ValueError(
            "--intents: expected the compact reader, whose support head is judged; found "
            f"{type(served.reader).__name__}. Name a configuration with reader.kind: compact."
        )
    requests = read_requests(path)
    cases, pairs = [], []
    for done, request in enumerate(requests, 1):
        heard = hear(served.reader, request.text)
        cases.append(_case(request, heard))
        pairs.append((request.intent, heard.likeliest[0][0]))
        if progress is not None:
            progress(done, len(requests))
    kinds = {request.intent for request in requests}
    unknown = sorted(kinds - set(SUPPORT))
    more = f" The reader does not know {len(unknown)} of them, such as {unknown[0]}." if unknown else ""
    why = "{right} of {of} requests are read as what they are."
    as_served = "Readings name the right intent of {right} of {of} requests."
    return Part(
        name="intents",
        title="Support intents",
        lead=f"{len(requests)} requests of {path.name}, {len(kinds)} intents.{more}",
        measures=(
            share(cases, "intent", "Intent, alone", why, resampling),
            share(cases, "served", "Intent, served", as_served, resampling),
        ),
        cases=tuple(cases),
        confusion=_confusion(pairs),
        method=METHOD,
    )


def _case(request: Request, heard: Heard) -> Case:
    (found, sure), *others = heard.likeliest
    after = f"; next comes {others[0][0]} with {others[0][1]:.0%}" if others else ""
    named = f"The reading names {heard.served}" if heard.served else "The reading names no intent"
    acts = ", ".join(heard.acts)
    return Case(
        id=f"request-{request.place}",
        group=str(request.place),
        findings=(
            Finding("intent", request.intent, found, f"“{request.text}” is {found} with {sure:.0%}{after}.",
                    found == request.intent),
            Finding("served", request.intent, heard.served or "none", f"{named}: the acts read are {acts}.",
                    heard.served == request.intent),
        ),
        messages=(Message(role="user", content=request.text),),
        quotes=(request.text,),
    )  # fmt: skip


def _confusion(pairs: Sequence[tuple[str, str]]) -> Confusion | None:
    """The intents that are confused most, among themselves; `None` where none is."""
    wrong = Counter(name for wanted, found in pairs if wanted != found for name in (wanted, found))
    names = {name for name, _ in wrong.most_common(CONFUSED)}
    some = [pair for pair in pairs if names.issuperset(pair)]
    return Confusion.of("The intents confused most", some) if some else None


def read_requests(path: Path) -> list[Request]:
    """The requests of a file. Raises `ValueError` naming file and line where it is in another layout."""
    return list(_requests(path))


def _requests(path: Path) -> Iterator[Request]:
    count = 0
    try:
        for count, row in enumerate(csv_rows(path), 1):
            missing = [name for name in COLUMNS if name not in row]
            if missing:
                columns = ", ".join(str(name) for name in row)[:120]
                raise ValueError(f"{path}: expected {LAYOUT}; {' and '.join(missing)} is missing in: {columns}.")
            text, intent = ((row[name] or "").strip() for name in COLUMNS)
            if not text or not intent:
                found = text or intent
                raise ValueError(f"{path}: record {count}: expected an utterance and an intent, found {found!r}.")
            yield Request(count, text, intent)
    except (UnicodeDecodeError, EOFError, OSError, csv.Error) as error:
        if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
            raise
        raise ValueError(f"{path}: expected {LAYOUT}; {error}.") from error
    if not count:
        raise ValueError(f"{path}: expected {LAYOUT}; found no request in it.")
