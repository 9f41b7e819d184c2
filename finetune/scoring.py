"""How far states read from conversations agree with their labels: what each conversation counts, and the figures.

A figure is a ratio of counts that are summed over conversations, so that a resampled set of conversations has its
figures from sums as well (`finetune.judging.bootstrap`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from assistant.records import Constraint, Conversation, State
from finetune.agreement import constraints, match_relaxed, match_strictly, pair_needs, same_value
from finetune.evidence import stands, supports

Pair = tuple[Conversation, State]
Hits = list[tuple[Constraint, Constraint]]


@dataclass(frozen=True)
class F1:
    """Precision, recall and their harmonic mean, from counts."""

    right: int
    found: int
    expected: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 where nothing was found and nothing expected."""
        return self.right / self.found if self.found else float(not self.expected)

    @property
    def recall(self) -> float:
        """Share of what was expected that was found; 1 where nothing was expected."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """2·right / (found + expected); 1 where both are empty."""
        return 2 * self.right / (self.found + self.expected) if self.found + self.expected else 1.0

    def __add__(self, other: F1) -> F1:
        return F1(self.right + other.right, self.found + other.found, self.expected + other.expected)

    def to_json(self) -> dict[str, float]:
        """The three figures and the number of labels, rounded to 4 digits."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {k: round(v, 4) for k, v in figures.items()} | {"support": self.expected}


NONE = F1(0, 0, 0)


@dataclass(frozen=True)
class Tally:
    """What one conversation counts.

    `f1` holds `strict`, `relaxed`, `negation`, `acts`, and `attribute:NAME`, `op:NAME`, `strength:NAME`, `act:NAME`.
    `shares` holds pairs of how many were right and how many there were: `strength` (of constraints that agree
    strictly), `product`, `joint`, `evidence`, `support`, `stage`. `stage` is the label's and the one read. What the
    label does not hold is in none of them.
    """

    f1: dict[str, F1]
    shares: dict[str, tuple[int, int]]
    stage: tuple[str, str] | None


@dataclass(frozen=True)
class Scores:
    """All figures of one set of conversations; a figure is `None` where no label holds what it needs."""

    conversations: int
    strict: F1
    relaxed: F1
    negation: F1
    by_attribute: dict[str, F1] = field(default_factory=dict)
    by_op: dict[str, F1] = field(default_factory=dict)
    by_strength: dict[str, F1] = field(default_factory=dict)
    strength_accuracy: float | None = None
    product_accuracy: float | None = None
    joint_accuracy: float | None = None
    evidence_accuracy: float | None = None
    support_accuracy: float | None = None
    acts: F1 | None = None
    acts_macro: float | None = None
    by_act: dict[str, F1] = field(default_factory=dict)
    stage_accuracy: float | None = None
    confusion: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready object, every F1 as precision, recall, f1 and support."""
        return {k: _plain(v) for k, v in self.__dict__.items() if v is not None}


def label_state(conversation: Conversation) -> State:
    """The label as a state; keys that the label lacks have their defaults and must not be scored."""
    return State.model_validate(conversation.label or {})


def tally(conversation: Conversation, found: State) -> Tally:
    """Compare the state read from one conversation with its label."""
    label, expected = conversation.label or {}, label_state(conversation)
    f1: dict[str, F1] = {}
    shares: dict[str, tuple[int, int]] = {}
    if "needs" in label:
        strict = match_strictly(expected, found)
        f1 |= _constraint_counts(expected, found, strict)
        shares |= _need_shares(expected, found, strict) | _evidence_shares(conversation, found)
    if "acts" in label:
        f1 |= _act_counts({*expected.acts}, {*found.acts})
    if "stage" not in label:
        return Tally(f1, shares, None)
    return Tally(
        f1, shares | {"stage": (int(expected.stage == found.stage), 1)}, (expected.stage, found.stage)
    )


def score(pairs: Sequence[Pair]) -> Scores:
    """Compare states with the labels of their conversations; micro-averaged over all constraints."""
    return summarise([tally(conversation, state) for conversation, state in pairs])


def summarise(tallies: Sequence[Tally]) -> Scores:
    """The figures of some conversations from what each of them counts."""
    totals: dict[str, F1] = {}
    shares: dict[str, tuple[int, int]] = {}
    for one in tallies:
        for name, counts in one.f1.items():
            totals[name] = totals.get(name, NONE) + counts
        for name, (right, of) in one.shares.items():
            shares[name] = (shares.get(name, (0, 0))[0] + right, shares.get(name, (0, 0))[1] + of)
    by_act = {name: f1 for name, f1 in _group(totals, "act").items() if f1.expected}
    stages = Counter(one.stage for one in tallies if one.stage)
    names = sorted({expected for expected, _ in stages})
    return Scores(
        conversations=len(tallies),
        strict=totals.get("strict", NONE),
        relaxed=totals.get("relaxed", NONE),
        negation=totals.get("negation", NONE),
        by_attribute=_group(totals, "attribute"),
        by_op=_group(totals, "op"),
        by_strength=_group(totals, "strength"),
        strength_accuracy=_share(shares, "strength"),
        product_accuracy=_share(shares, "product"),
        joint_accuracy=_share(shares, "joint"),
        evidence_accuracy=_share(shares, "evidence"),
        support_accuracy=_share(shares, "support"),
        acts=totals.get("acts"),
        acts_macro=float(np.mean([f1.f1 for f1 in by_act.values()])) if by_act else None,
        by_act=by_act,
        stage_accuracy=_share(shares, "stage"),
        confusion={name: {f: count for (e, f), count in stages.items() if e == name} for name in names},
    )


def is_whole(expected: State, found: State, hits: Hits) -> bool:
    """Whether a state is right as a whole: the same needs, the same one active, the same constraints (strictly)."""
    same_size = len(hits) == len(constraints(expected)) == len(constraints(found))
    same_needs = len(expected.needs) == len(found.needs) and all(_products(expected, found))
    return same_size and same_needs and [n.active for n in expected.needs] == [n.active for n in found.needs]


def _constraint_counts(expected: State, found: State, strict: Hits) -> dict[str, F1]:
    wanted, given = constraints(expected), constraints(found)
    unwanted, denied = _negations(expected), _negations(found)
    counts = {
        "strict": F1(len(strict), len(given), len(wanted)),
        "relaxed": F1(len(match_relaxed(expected, found)), len(given), len(wanted)),
        "negation": F1(len(match_strictly(unwanted, denied)), len(constraints(denied)), len(constraints(unwanted))),
    }
    keys: dict[str, Callable[[Constraint], str]] = {
        "attribute": lambda c: c.attribute, "op": lambda c: c.op, "strength": lambda c: c.strength,
    }  # fmt: skip
    matched = {id(g) for _, g in strict}
    for group, key in keys.items():
        right = Counter(key(e) for e, _ in strict)
        left = Counter(map(key, wanted))
        other = right + Counter(key(c) for c in given if id(c) not in matched)
        counts |= {f"{group}:{name}": F1(right[name], other[name], left[name]) for name in left.keys() | other.keys()}
    return counts


def _need_shares(expected: State, found: State, strict: Hits) -> dict[str, tuple[int, int]]:
    products = _products(expected, found)
    return {
        "strength": (sum(a.strength == b.strength for a, b in strict), len(strict)),
        "product": (sum(products), len(products)),
        "joint": (int(is_whole(expected, found, strict)), 1),
    }


def _evidence_shares(conversation: Conversation, found: State) -> dict[str, tuple[int, int]]:
    given = constraints(found)
    return {
        "evidence": (sum(stands(conversation, c) for c in given), len(given)),
        "support": (sum(supports(conversation, c) for c in given), len(given)),
    }


def _act_counts(expected: set[str], found: set[str]) -> dict[str, F1]:
    counts = {"acts": F1(len(expected & found), len(found), len(expected))}
    return counts | {f"act:{a}": F1(int(a in expected & found), int(a in found), int(a in expected))
                     for a in expected | found}  # fmt: skip


def _negations(state: State) -> State:
    needs = (n.model_copy(update={"constraints": tuple(c for c in n.constraints if c.op == "is_not")})
             for n in state.needs)
    return state.model_copy(update={"needs": tuple(needs)})


def _products(expected: State, found: State) -> list[bool]:
    partner = dict(pair_needs(expected.needs, found.needs))
    return [
        i in partner and same_value(need.product, found.needs[partner[i]].product)
        for i, need in enumerate(expected.needs)
    ]


def _group(totals: dict[str, F1], group: str) -> dict[str, F1]:
    return {name.removeprefix(f"{group}:"): totals[name] for name in sorted(totals) if name.startswith(f"{group}:")}


def _share(shares: dict[str, tuple[int, int]], name: str) -> float | None:
    right, of = shares.get(name, (0, 0))
    return right / of if of else None


def _plain(value: Any) -> Any:
    if isinstance(value, F1):
        return value.to_json()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return round(value, 4) if isinstance(value, float) else value


