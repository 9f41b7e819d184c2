"""When two values, constraints and states agree: FORMATS.md, "How two states are compared"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

from assistant.records import Constraint, Need, State

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
    return same_attribute(a.attribute, b.attribute) and a.op == b.op and same_value(a.value, b.value)


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


def same_attribute(a: str, b: str) -> bool:
    """Whether two attributes count as the same one."""
    return _group(a) == _group(b)


def _group(attribute: str) -> str:
    return "property" if attribute in MERGED else attribute


def _number(value: str | float) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
