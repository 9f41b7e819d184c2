"""A shop's policy as the service desk applies it: its clauses, the rules in them, and what they say to a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

from assistant.records import Citation
from assistant.service.clauses import read_clauses
from assistant.service.derive import derive, offered
from assistant.service.records import OrderItem
from assistant.service.requests import ActionName, Refund, Refusal, Request
from assistant.service.rules import DESK, KINDS, Case, Rule, about, broken, governing
from assistant.shop import Clause

ALWAYS: frozenset[ActionName] = frozenset({"hand_over", "change_customer_address"})
"""What needs no clause: to reach a person, and to keep one's own profile right."""


@dataclass(frozen=True)
class Policy:
    """Clauses with the rules that they state, and the actions that they speak of. Without clauses, only the desk's own
    rules hold and every action is offered."""

    clauses: tuple[Clause, ...] = ()
    rules: tuple[Rule, ...] = ()
    offered: frozenset[ActionName] = frozenset()

    @classmethod
    def of(cls, clauses: Sequence[Clause]) -> Policy:
        """The policy that `clauses` make. Raises `ConfigError` for rules written into a clause that are none."""
        rules = derive(clauses)
        return cls(tuple(clauses), rules, offered(clauses, rules))

    @classmethod
    def read(cls, path: Path) -> Policy:
        """The policy in a Markdown or JSON file. Raises `ConfigError`."""
        return cls.of(read_clauses(path))

    def check(self, case: Case) -> Refusal | None:
        """Why the request may not be carried out, with the clause that says so; `None` where nothing forbids it.

        The policy is asked before the desk, so that a refusal cites a clause wherever there is one."""
        return self._uncovered(case.request) or self._forbidden(case)

    def _uncovered(self, request: Request) -> Refusal | None:
        action = request.name
        if self.clauses and action not in self.offered | ALWAYS:
            reason = f"The shop's policy says nothing of this ({action}), so a person has to decide."
            return Refusal(reason=reason, covered=False)
        grants = [rule.clause for rule in self.rules if rule.kind == "grant"]
        if isinstance(request, Refund) and self.clauses and request.clause not in grants:
            named = ", ".join(str(clause) for clause in grants)
            reason = f"A refund without a return names the clause that provides for it: one of {named}."
            return Refusal(reason=reason, covered=False)
        return None

    def _forbidden(self, case: Case) -> Refusal | None:
        ordered = sorted((*self.rules, *DESK), key=lambda rule: (KINDS.index(rule.kind), rule.clause is None))
        for rule in ordered:
            if (reason := broken(rule, self._concerned(rule, case))) is not None:
                return Refusal(reason=reason, citation=_citation(rule))
        return None

    def _concerned(self, rule: Rule, case: Case) -> Case:
        """The case with the pieces whose period this rule tells, where it tells one."""
        if rule.kind != "window":
            return case
        pieces = (piece for piece in case.pieces if rule in governing(_periods(self.rules), case.request.name, piece))
        return replace(case, pieces=tuple(pieces))

    def bearing_on(self, action: str, pieces: Sequence[OrderItem] = ()) -> tuple[Citation, ...]:
        """The clauses that a person who confirms should know: those with a rule about this action and, where there are
        any, one of these pieces."""
        bearing = [rule for rule in self.rules if action in rule.actions and rule.kind != "owner"]
        if pieces:
            told = {id(rule) for piece in pieces for rule in governing(_periods(bearing), action, piece)}
            concerned = [id(rule) in told if rule.kind == "window" else _bears(rule, pieces) for rule in bearing]
            bearing = list(compress(bearing, concerned))
        return tuple(dict.fromkeys(citation for rule in bearing if (citation := _citation(rule)) is not None))

    def fees(self, action: str, pieces: Sequence[OrderItem]) -> tuple[Citation, ...]:
        """The clauses by which something is kept of the money for these pieces, or is theirs to pay."""
        kept = [rule for rule in self.rules if rule.kind == "fee" and action in rule.actions]
        bearing = (rule for rule in kept if _bears(rule, pieces))
        return tuple(dict.fromkeys(citation for rule in bearing if (citation := _citation(rule)) is not None))

    def clause(self, clause_id: str) -> Clause | None:
        """The clause of that id."""
        return next((clause for clause in self.clauses if clause.id == clause_id), None)


def _bears(rule: Rule, pieces: Sequence[OrderItem]) -> bool:
    return any(about(rule, piece) for piece in pieces)


def _periods(rules: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.kind == "window"]


def _citation(rule: Rule) -> Citation | None:
    if rule.clause is None:
        return None
    return Citation(kind="policy", id=rule.clause, quote=rule.quote or "")
