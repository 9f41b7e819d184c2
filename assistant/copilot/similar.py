"""Past conversations like the one at hand, found as products are: by closeness of meaning, in an exact FAISS index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

import numpy as np

from assistant.copilot.course import course
from assistant.copilot.masking import Mask
from assistant.copilot.records import PastCase
from assistant.reasons import Encode
from assistant.session import Session
from assistant.store import Store
from retrieval.vectors import Vectors

SEARCHED = 1000
READ_AT_ONCE = 25
MOST_CHARS = 600
LEAST = 0.4
SERVICE = frozenset({"order_status", "change_order", "return_refund", "policy", "complaint", "ask_human"})


@dataclass(frozen=True)
class Remembered:
    """A past conversation, as it is compared and shown."""

    id: str
    updated: str
    asked: str
    answered: str


class PastCases:
    """The last thousand conversations in which a shopper wanted service or an agent wrote. At most 25 that are new or
    have changed are read at once, the latest first, so that the first questions after a start find fewer. Thread-safe.
    """

    def __init__(self, store: Store, encode: Encode) -> None:
        self._store = store
        self._encode = encode
        self._known: dict[str, Remembered] = {}
        self._seen: dict[str, int] = {}
        self._indexed: tuple[tuple[Remembered, ...], Vectors | None] = ((), None)
        self._lock = Lock()

    def like(self, session: Session, k: int = 3) -> tuple[PastCase, ...]:
        """The past conversations nearest to what the shopper of `session` says, nearest first; none that is far off."""
        asked = _asked(session)
        with self._lock:
            cases, vectors = self._read_on()
        others = np.array([place for place, case in enumerate(cases) if case.id != session.id], dtype=np.int64)
        if vectors is None or not len(others) or not asked:
            return ()
        places, scores = vectors.top(self._encode([asked])[0], k, others)
        near = [(cases[i], float(score)) for i, score in zip(places, scores, strict=True) if score >= LEAST]
        return tuple(
            PastCase(id=case.id, similarity=round(score, 3), asked=case.asked, answered=case.answered,
                     updated=case.updated)
            for case, score in near
        )  # fmt: skip

    def _read_on(self) -> tuple[tuple[Remembered, ...], Vectors | None]:
        """Reads conversations that are new or have moved on, and forgets those that are gone or too old; all that are
        known, and the index of their vectors, which is built again only where one of them is another."""
        listed = self._store.revisions(SEARCHED)
        known = {id: case for id, case in self._known.items() if id in listed}
        self._seen = {id: revision for id, revision in self._seen.items() if id in listed}
        new = [id for id, revision in listed.items() if self._seen.get(id) != revision]
        for id in new[:READ_AT_ONCE]:
            self._seen[id] = listed[id]
            case = remembered(self._store.load(id))
            if case is not None and case.asked:
                known[id] = case
        if known != self._known:
            self._known = known
            cases = tuple(known.values())
            self._indexed = (cases, Vectors(self._encode([case.asked for case in cases])) if cases else None)
        return self._indexed


def remembered(session: Session) -> Remembered | None:
    """What is kept of a past conversation, personal data masked; `None` where nobody needed service."""
    acts = {act for moment in course(session) for act in moment.acts}
    by_agent = [message.content for message in session.messages if message.role == "agent"]
    if not by_agent and not acts & SERVICE:
        return None
    mask = Mask.of(message.content for message in session.messages)
    answers = by_agent or [message.content for message in session.messages if message.role == "assistant"]
    answered = mask(answers[-1])[:MOST_CHARS] if answers else ""
    return Remembered(session.id, session.updated, mask(_asked(session)), answered)


def _asked(session: Session) -> str:
    """What the shopper said, up to 600 characters from the beginning."""
    return " ".join(_said(session))[:MOST_CHARS]


def _said(session: Session) -> Iterator[str]:
    for message in session.messages:
        if message.role == "user":
            yield " ".join(message.content.split())
