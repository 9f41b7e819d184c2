"""What a customer wishes at the service desk: the actions that their clauses ask for, each with what is said of it.

The reader tells whether a message is about an order at all, the model of asks what each of its clauses asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.copilot.asks import Ask, Heard
from assistant.copilot.clauses import ACTIONS, Clause
from assistant.reasons import Encode
from assistant.records import Act, Stage, State
from assistant.store.records import StoredSession

SERVICE: frozenset[Act] = frozenset({"change_order", "return_refund", "complaint", "ask_human"})
SHOPPING: frozenset[Act] = frozenset({"ask_recommendation", "ask_product", "compare", "select", "add_to_cart"})
SAID = 0.45
"""The cosine from which what asks for nothing gives one of the accepted reasons."""
ONTO = re.compile(r"\b(?:to|for|into|in)\b", re.IGNORECASE)
NAMING = 6
"""Words up to which a clause that asks for nothing only names what is meant."""
HEARD = 0.6
"""The probability from which a clause asks for an action."""


@dataclass(frozen=True)
class Turn:
    """A customer's message with the acts and the stage that the reader read in it."""

    text: str
    acts: tuple[Act, ...]
    stage: Stage = "exploring"


@dataclass(frozen=True)
class Wish:
    """What one clause asks for, with the probability that it does.

    `details` are the clauses that say more of it, `otherwise` those that hold if it cannot be done as it was said,
    `earlier` what was said before it, the last first. `instead_of` is the wish that has to fail for this to hold."""

    ask: Ask
    text: str
    acts: tuple[Act, ...]
    probability: float
    details: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    instead_of: Wish | None = None

    @property
    def said(self) -> str:
        """The clause with all that is said of it."""
        return ". ".join((self.text, *self.details))


def turns_of(session: StoredSession) -> tuple[Turn, ...]:
    """The shopper's messages of a session, each with the acts that were read in it."""
    read: dict[int, State] = {}
    for entry in session.states:
        asked = [i for i, m in enumerate(session.messages[: entry.after_message + 1]) if m.role == "user"]
        if entry.source == "reading" and asked:
            read[asked[-1]] = entry.state
    said = [(m.content, read.get(i, State())) for i, m in enumerate(session.messages) if m.role == "user"]
    return tuple(Turn(text, state.acts, state.stage) for text, state in said)


def wishes(turns: Sequence[Turn], said: Sequence[Clause], named: Callable[[str], frozenset[str]]) -> tuple[Wish, ...]:
    """What the messages ask for, of those that are about an order; `said` are their clauses.

    The reader says so, or they go on with one that was, or a clause names what the customer has: `named` gives the
    names of that."""
    found: list[Wish] = []
    earlier: list[str] = []
    about_orders = False
    last = -1
    for clause in said:
        turn = turns[clause.turn]
        serves = bool(SERVICE & set(turn.acts)) or turn.stage == "after_purchase"
        shops = bool(SHOPPING & set(turn.acts)) and not serves
        if _asks(clause) and (serves or named(turn.text) or (about_orders and not shops)):
            _add(found, clause, turn, tuple(reversed(earlier)))
            last = clause.turn
        elif clause.heard.ask == "detail" and found and found[-1].ask == "swap" and _another(clause, found[-1], named):
            _add(found, replace(clause, heard=Heard("swap", clause.heard.probability)), turn, tuple(reversed(earlier)))
        elif found and (clause.heard.ask == "detail" or (named(clause.text) and _names_only(clause, last))):
            found[-1] = _with_detail(found[-1], clause)
        about_orders = serves or (about_orders and not shops)
        earlier.append(clause.text)
    return tuple(found)


def nearest(texts: Sequence[str], choices: Sequence[str], encode: Encode, least: float = SAID) -> str | None:
    """The one of `choices` that any of the texts comes nearest to in meaning; `None` where none comes as near as the
    cosine `least`."""
    if not choices or not texts:
        return None
    vectors = encode([*texts, *choices])
    scores = (vectors[: len(texts)] @ vectors[len(texts) :].T).max(axis=0)
    best = int(scores.argmax())
    return choices[best] if float(scores[best]) >= least else None


def _asks(clause: Clause) -> bool:
    return clause.heard.ask in ACTIONS and clause.heard.probability >= HEARD and clause.when != "unknown"


def _names_only(clause: Clause, last: int) -> bool:
    """Whether a clause only names something, in the message that said before what to do with it."""
    return clause.heard.ask == "other" and clause.turn == last and len(clause.text.split()) <= NAMING


def _another(clause: Clause, wish: Wish, named: Callable[[str], frozenset[str]]) -> bool:
    """Whether a clause goes on to something else that they have, after one that said what is wanted for a thing."""
    onto = clause.when == "always" and ONTO.search(clause.text) is not None
    return onto and bool(named(clause.text) - named(wish.said))


def _add(found: list[Wish], clause: Clause, turn: Turn, earlier: tuple[str, ...]) -> None:
    """A new wish; after "or", what it is about holds for the one before as well."""
    if found and clause.text.lower().startswith("or ") and found[-1].text == (earlier[0] if earlier else ""):
        found[-1] = replace(found[-1], text=f"{found[-1].text} {clause.text}")
    instead_of = found[-1] if found and clause.when == "failing" else None
    found.append(Wish(clause.heard.ask, clause.text, turn.acts, clause.heard.probability, earlier=earlier,
                      instead_of=instead_of))  # fmt: skip


def _with_detail(wish: Wish, clause: Clause) -> Wish:
    if clause.when == "failing":
        return replace(wish, otherwise=(*wish.otherwise, clause.text))
    return replace(wish, details=(*wish.details, clause.text))
