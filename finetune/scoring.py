"""How far a state read from a conversation agrees with its label: FORMATS.md, "How two states are compared"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from assistant.records import Constraint, Conversation, Need, State

Pair = tuple[Conversation, State]
MERGED = frozenset({"size", "feature", "style", "material", "use", "condition", "other"})
POLARITY = {"is": "wanted", "about": "wanted", "is_not": "unwanted", "at_most": "upper", "at_least": "lower"}
ARTICLES = re.compile(r"\b(a|an|the)\b")
WORD_OVERLAP, CHARACTER_SIMILARITY = 0.6, 0.85


def normalise(value: str) -> str:
    """Lower-cased, without articles and plural s, single spaces."""
    words = ARTICLES.sub(" ", value.lower()).split()
    return " ".join(w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in words)


def same_value(a: str | float | None, b: str | float | None) -> bool:
    """Whether two values agree: numbers exactly, text by equality, word overlap (F1) or character similarity."""
    if a is None or b is None:
        return a is b
    if isinstance(a, int | float) or isinstance(b, int | float):
        return _number(a) is not None and _number(a) == _number(b)
    x, y = normalise(a), normalise(b)
    if x == y:
        return True
    overlap = sum((Counter(x.split()) & Counter(y.split())).values())
    words = len(x.split()) + len(y.split())
    if words and 2 * overlap / words >= WORD_OVERLAP:
        return True
    return SequenceMatcher(None, x, y).ratio() >= CHARACTER_SIMILARITY


def same_strictly(a: Constraint, b: Constraint) -> bool:
    """Attribute (merged), operator and value agree; the need is paired by the caller."""
    return _group(a.attribute) == _group(b.attribute) and a.op == b.op and same_value(a.value, b.value)


def same_relaxed(a: Constraint, b: Constraint) -> bool:
    """Polarity and value agree."""
    return POLARITY[a.op] == POLARITY[b.op] and same_value(a.value, b.value)


def pair_needs(expected: Sequence[Need], found: Sequence[Need]) -> list[tuple[int, int]]:
    """Needs of the same product first, then what is left in order."""
    pairs: list[tuple[int, int]] = []
    left, right = list(range(len(expected))), list(range(len(found)))
    for i in list(left):
        j = next((j for j in right if same_value(expected[i].product, found[j].product)), None)
        if j is not None:
            pairs.append((i, j))
            left.remove(i)
            right.remove(j)
    return sorted(pairs + list(zip(left, right, strict=False)))


def match(
    expected: Sequence[Constraint], found: Sequence[Constraint], same: Callable[[Constraint, Constraint], bool]
) -> list[tuple[int, int]]:
    """A largest one-to-one matching (augmenting paths) of constraints that agree; pairs of positions."""
    owner: dict[int, int] = {}

    def claim(i: int, seen: set[int]) -> bool:
        for j, other in enumerate(found):
            if j in seen or not same(expected[i], other):
                continue
            seen.add(j)
            if j not in owner or claim(owner[j], seen):
                owner[j] = i
                return True
        return False

    for i in range(len(expected)):
        claim(i, set())
    return sorted((i, j) for j, i in owner.items())


def match_strictly(expected: State, found: State) -> list[tuple[Constraint, Constraint]]:
    """Constraints of two states that agree strictly, need by need."""
    hits: list[tuple[Constraint, Constraint]] = []
    for i, j in pair_needs(expected.needs, found.needs):
        left, right = expected.needs[i].constraints, found.needs[j].constraints
        hits += [(left[a], right[b]) for a, b in match(left, right, same_strictly)]
    return hits


def match_relaxed(expected: State, found: State) -> list[tuple[Constraint, Constraint]]:
    """Constraints of two states that agree in polarity and value, whatever the need."""
    left, right = constraints(expected), constraints(found)
    return [(left[a], right[b]) for a, b in match(left, right, same_relaxed)]


def constraints(state: State) -> list[Constraint]:
    """All constraints of all needs."""
    return [c for need in state.needs for c in need.constraints]


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

    def to_json(self) -> dict[str, float]:
        """The three figures and the number of labels, rounded to 4 digits."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {k: round(v, 4) for k, v in figures.items()} | {"support": self.expected}


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


def score(pairs: Sequence[Pair]) -> Scores:
    """Compare states with the labels of their conversations; micro-averaged over all constraints."""
    with_needs = [(label_state(c), s, c) for c, s in pairs if c.label and "needs" in c.label]
    strict = [(e, s, match_strictly(e, s)) for e, s, _ in with_needs]
    negated = [(e, s, match_strictly(_negations(e), _negations(s))) for e, s, _ in with_needs]
    hits = [hit for _, _, found in strict for hit in found]
    products = [_products(e, s) for e, s, _ in with_needs if e.needs]
    acts: list[tuple[set[str], set[str]]] = [
        (set(c.label["acts"]), {*s.acts}) for c, s in pairs if c.label and "acts" in c.label
    ]
    stages = [(c.label["stage"], s.stage) for c, s in pairs if c.label and "stage" in c.label]
    by_act = {a: _sets([(e & {a}, f & {a}) for e, f in acts]) for a in sorted({a for e, _ in acts for a in e})}
    return Scores(
        conversations=len(pairs),
        strict=_micro(strict),
        relaxed=_micro([(e, s, match_relaxed(e, s)) for e, s, _ in with_needs]),
        negation=_micro([(_negations(e), _negations(s), found) for e, s, found in negated]),
        by_attribute=_grouped(strict, lambda c: c.attribute),
        by_op=_grouped(strict, lambda c: c.op),
        by_strength=_grouped(strict, lambda c: c.strength),
        strength_accuracy=_mean(a.strength == b.strength for a, b in hits),
        product_accuracy=_mean(x for xs in products for x in xs),
        joint_accuracy=_mean(_joint(e, s, found) for e, s, found in strict),
        evidence_accuracy=_mean(_supported(c, s) for _, s0, c in with_needs for s in constraints(s0)),
        acts=_sets(acts) if acts else None,
        acts_macro=_mean(f.f1 for f in by_act.values()),
        by_act=by_act,
        stage_accuracy=_mean(e == f for e, f in stages),
        confusion={e: dict(Counter(f for x, f in stages if x == e)) for e in sorted({e for e, _ in stages})},
    )


def interval(
    pairs: Sequence[Pair], figure: Callable[[Scores], float | None], rounds: int = 200, seed: int = 0
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a figure, resampling conversations."""
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        value = figure(score([pairs[i] for i in rng.integers(0, len(pairs), len(pairs))]))
        if value is not None:
            values.append(value)
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _group(attribute: str) -> str:
    return "property" if attribute in MERGED else attribute


def _number(value: str | float) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _negations(state: State) -> State:
    needs = (n.model_copy(update={"constraints": tuple(c for c in n.constraints if c.op == "is_not")})
             for n in state.needs)
    return state.model_copy(update={"needs": tuple(needs)})


def _micro(rows: Iterable[tuple[State, State, list[tuple[Constraint, Constraint]]]]) -> F1:
    rows = list(rows)
    return F1(
        right=sum(len(found) for _, _, found in rows),
        found=sum(len(constraints(s)) for _, s, _ in rows),
        expected=sum(len(constraints(e)) for e, _, _ in rows),
    )


def _grouped(
    rows: Sequence[tuple[State, State, list[tuple[Constraint, Constraint]]]], key: Callable[[Constraint], str]
) -> dict[str, F1]:
    right = Counter(key(e) for _, _, found in rows for e, _ in found)
    expected = Counter(key(c) for e, _, _ in rows for c in constraints(e))
    found = Counter(key(c) for _, s, _ in rows for c in constraints(s))
    return {k: F1(right[k], found[k], expected[k]) for k in sorted(expected.keys() | found.keys())}


def _sets(rows: Iterable[tuple[set[str], set[str]]]) -> F1:
    rows = list(rows)
    return F1(sum(len(e & f) for e, f in rows), sum(len(f) for _, f in rows), sum(len(e) for e, _ in rows))


def _products(expected: State, found: State) -> list[bool]:
    partner = dict(pair_needs(expected.needs, found.needs))
    return [
        i in partner and same_value(need.product, found.needs[partner[i]].product)
        for i, need in enumerate(expected.needs)
    ]


def _joint(expected: State, found: State, hits: list[tuple[Constraint, Constraint]]) -> bool:
    sizes = {len(hits), len(constraints(expected)), len(constraints(found))}
    same_needs = len(expected.needs) == len(found.needs) and all(_products(expected, found))
    same_active = [n.active for n in expected.needs] == [n.active for n in found.needs]
    return len(sizes) == 1 and same_needs and same_active


def _supported(conversation: Conversation, constraint: Constraint) -> bool:
    source = constraint.source
    if source is None:
        return False
    if source.event is not None:
        return source.event < len(conversation.events)
    if source.message is None or source.message >= len(conversation.messages):
        return False
    return bool(source.quote) and str(source.quote) in conversation.messages[source.message].content


def _mean(values: Iterable[float | bool]) -> float | None:
    values = list(values)
    return float(np.mean(values)) if values else None


def _plain(value: Any) -> Any:
    if isinstance(value, F1):
        return value.to_json()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return round(value, 4) if isinstance(value, float) else value
