"""The one question worth asking, if any: what kind of thing, a limit that was not read surely, or the property that
splits the candidates best. Nothing is asked twice, and nothing that the shopper let go."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from assistant.config import ConversationSettings
from assistant.receipts import listed, money
from assistant.records import Constraint, Need
from assistant.search import Found, hard
from retrieval.measures import measures
from retrieval.product import Product

DECIDING = frozenset({"price", "size", "brand", "product", "color", "material"})
SPLITTING = ("size", "material", "color", "brand")
EASE = {"size": 1.0, "price": 0.95, "feature": 0.85, "material": 0.8, "color": 0.7, "brand": 0.6}
A_SHOPPER_WEIGHS = 2.0
OPTIONS = 4
MOST = 3
MOST_WORDS = 4


@dataclass(frozen=True)
class Question:
    """What to ask: one of `assistant.facts.ASKS`, the key by which it is not asked again, and why.

    `name` is the detail's name where `ask` is `feature`; `options` is what there is to choose from, most common first.
    """

    ask: str
    key: str
    why: str
    name: str | None = None
    options: str | None = None
    constraint: Constraint | None = None


def best_question(
    need: Need, found: Found, settled: Collection[str], asked: Collection[str], settings: ConversationSettings
) -> Question | None:
    """The question to ask about this need, or `None`. `settled` are attributes that the shopper spoke of or let go,
    `asked` the keys of questions asked before; after three of them no more are asked."""
    unsure = _unsure(need, asked, settings.sure)
    if unsure is not None:
        return unsure
    if need.product is None and "product" not in asked:
        return Question("product", "product", "the kind of thing is not said")
    if len(asked) >= MOST or found.relaxed or found.total <= settings.ask_above:
        return None
    said = set(settled) | {c.attribute for c in need.constraints} | set(asked)
    best = max(_splits(found.products, said), key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] >= settings.ask_gain else None


def _unsure(need: Need, asked: Collection[str], sure: float) -> Question | None:
    """The filtering constraint that was read least surely, if that is below `sure`."""
    doubtful = [c for c in hard(need) if c.confidence is not None and c.confidence < sure and c.attribute in DECIDING]
    doubtful = [c for c in doubtful if _key(c) not in asked]
    if not doubtful:
        return None
    least = min(doubtful, key=lambda c: c.confidence or 0.0)
    why = f"{least.attribute} {least.op} {least.value} was read with confidence {least.confidence:.2f}"
    return Question(least.attribute, _key(least), why, constraint=least)


def _key(constraint: Constraint) -> str:
    return f"{constraint.attribute}={constraint.value}"


def _splits(products: Sequence[Product], said: Collection[str]) -> Iterable[tuple[float, Question]]:
    """Each question that could be asked, with its worth: bits it brings, by how many records state it and its ease."""
    for field in SPLITTING:
        if field not in said:
            yield _worth(field, field, [getattr(product, field) for product in products])
    if "price" not in said and (split := _price_split(products)) is not None:
        yield split
    for name in _detail_names(products, said):
        values = [tuple(v for n, v in product.product_detail if n == name) for product in products]
        yield _worth("feature", f"feature:{name}", values, name)


def _worth(ask: str, key: str, values: Sequence[tuple[str, ...]], name: str | None = None) -> tuple[float, Question]:
    single = [value[0].strip().lower() for value in values if len(value) == 1 and value[0].strip()]
    counts = Counter(single)
    if ask == "feature" and not _can_be_named(counts):
        counts = Counter()
    bits = min(A_SHOPPER_WEIGHS, _entropy(counts)) * len(single) / max(1, len(values)) * EASE[ask]
    common = [value for value, _ in counts.most_common(OPTIONS)]
    options = listed(common, "or") if len(counts) <= OPTIONS + 2 and len(common) > 1 else None
    why = f"{len(values)} candidates; {name or ask} splits them by {bits:.2f} bits"
    return bits, Question(ask, key, why, name=name.lower() if name else None, options=options)


def _can_be_named(counts: Counter[str]) -> bool:
    """Whether a shopper can tell which they want: the values are measures, or few words that products share."""
    if all(measures(value) for value in counts):
        return True
    words = sum(len(value.split()) * n for value, n in counts.items())
    return 2 * len(counts) <= counts.total() and words <= MOST_WORDS * counts.total()


def _price_split(products: Sequence[Product]) -> tuple[float, Question] | None:
    prices = sorted(p.amount for p in products if p.amount is not None)
    if len(prices) < 4 or prices[len(prices) // 10] * 2 > prices[-1 - len(prices) // 10]:
        return None
    currency = next((p.currency for p in products if p.currency), "USD")
    bounds = f"{money(prices[0], currency)} to {money(prices[-1], currency)}"
    why = f"{len(products)} candidates cost from {bounds}"
    return 1.0 * EASE["price"] * len(prices) / len(products), Question("price", "price", why)


def _detail_names(products: Sequence[Product], said: Collection[str]) -> list[str]:
    """Names of details that at least half of the records state, one value each, and that were not spoken of."""
    counts = Counter(name for product in products for name in {n for n, _ in product.product_detail})
    known = {key.removeprefix("feature:") for key in said if key.startswith("feature:")}
    return [name for name, n in counts.items() if 2 * n >= len(products) and name not in known]


def _entropy(counts: Counter[str]) -> float:
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) if total else 0.0
