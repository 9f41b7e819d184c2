"""From a kind's table to its models: which values each one has, who makes it, what it costs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from retrieval.demo.tables import Department, Kind, Spec

T = TypeVar("T")
DRAWS, APART = 8, 3
"""How often a kind is drawn at most, and in how many specs any two models of it should differ."""


@dataclass(frozen=True)
class Trait:
    """One spec of one model: its value in words and its place between worst (0) and best (1)."""

    name: str
    spec: Spec
    value: str
    place: float

    @property
    def strong(self) -> bool:
        """Whether there is something to praise here."""
        return bool(self.spec.any) or self.spec.free or self.place >= 0.6

    @property
    def weak(self) -> bool:
        """Whether there is something to complain about here."""
        return not self.spec.any and not self.spec.free and self.place <= 0.3


@dataclass(frozen=True)
class Model:
    """One model of a kind: what its variants have in common. `price` is in USD."""

    noun: str
    number: int
    brand: str
    name: str
    quality: float
    traits: tuple[Trait, ...]
    price: float


def draw_models(noun: str, kind: Kind, department: Department, rng: random.Random) -> list[Model]:
    """All models of a kind. Values are spread evenly, so that every spec varies; better ones cost more.

    Of a few draws, the one is taken in which the two most alike models differ most.
    """
    best, apart = _draw(noun, kind, department, rng), 0
    for _ in range(DRAWS):
        models = _draw(noun, kind, department, rng)
        closest = _closest(models)
        if closest > apart:
            best, apart = models, closest
        if apart >= APART:
            break
    return best


def _draw(noun: str, kind: Kind, department: Department, rng: random.Random) -> list[Model]:
    specs = {**kind.specs, **{name: s for name, s in department.specs.items() if name not in kind.specs}}
    quality = [(i + rng.random()) / kind.models for i in _shuffled(range(kind.models), rng)]
    places: dict[str, list[float]] = {}
    for name, spec in specs.items():
        places[name] = _places(spec, quality, places, _barred(spec, specs, places, kind.models), rng)
    names = _shuffled(kind.names or department.names, rng)
    brands = kind.brands or department.brands
    chosen = [_brand(brands, q, rng) for q in quality]
    prices = _prices(kind, specs, places, [brands[b] for b in chosen])
    return [
        Model(
            noun=noun,
            number=i + 1,
            brand=chosen[i],
            name=names[i % len(names)] + (f" {i // len(names) + 1}" if i >= len(names) else ""),
            quality=quality[i],
            traits=_traits(specs, {name: column[i] for name, column in places.items()}),
            price=prices[i],
        )
        for i in range(kind.models)
    ]


def _closest(models: Sequence[Model]) -> int:
    """In how many specs the two most alike models differ."""
    values = [{t.name: t.value for t in model.traits} for model in models]
    return min(
        sum(one.get(name) != other.get(name) for name in one | other)
        for i, one in enumerate(values)
        for other in values[i + 1 :]
    )


def _places(
    spec: Spec, quality: list[float], known: dict[str, list[float]], barred: set[int], rng: random.Random
) -> list[float]:
    """Where each model stands on a spec, on the spec's own grid. A `barred` model can say no only."""
    n = len(quality)
    if spec.share is not None:
        able = n - len(barred)
        yes = min(max(round(spec.share * able), 1), able, n - 1)
        ranks = _ranks([-1.0 if i in barred else q * 0.6 + rng.random() for i, q in enumerate(quality)])
        return [1.0 if rank >= n - yes else 0.0 for rank in ranks]
    if spec.follows:
        raw = [min(max(p + rng.uniform(-0.08, 0.08), 0.0), 1.0) for p in known[spec.follows]]
    else:
        pull = 0.0 if spec.any or spec.free else 1.2
        raw = [(rank + rng.random()) / n for rank in _ranks([q * pull + rng.random() for q in quality])]
    last = _count(spec) - 1
    return [min(int(p * (last + 1)), last) / last if last else 0.0 for p in raw]


def _barred(spec: Spec, specs: dict[str, Spec], known: dict[str, list[float]], models: int) -> set[int]:
    """The models that another spec's value forbids a yes."""
    return {
        i
        for i in range(models)
        for other, bars in spec.unless.items()
        if any(word in _value(specs[other], known[other][i]) for word in bars)
    }


def _traits(specs: dict[str, Spec], places: dict[str, float]) -> tuple[Trait, ...]:
    return tuple(
        Trait(name, spec, _value(spec, places[name]), places[name])
        for name, spec in specs.items()
        if spec.needs is None or places[spec.needs] > 0
    )


def _value(spec: Spec, place: float) -> str:
    if spec.share is not None:
        return "yes" if place else "no"
    if spec.range is not None:
        worst, best, step = spec.range
        number = worst + round(place * abs(best - worst) / step) * step * (1 if best > worst else -1)
        return f"{number:.{_decimals(step)}f} {spec.unit}".strip()
    values = spec.any or spec.steps
    return values[round(place * (len(values) - 1))]


def _count(spec: Spec) -> int:
    if spec.range is not None:
        worst, best, step = spec.range
        return round(abs(best - worst) / step) + 1
    return len(spec.any or spec.steps)


def _decimals(step: float) -> int:
    text = f"{step:g}"
    return len(text.partition(".")[2])


def _prices(kind: Kind, specs: dict[str, Spec], places: dict[str, list[float]], tiers: Sequence[float]) -> list[float]:
    """Prices over the kind's whole range, by the weighted places of the specs and the brand's tier."""
    total = sum(spec.weight for spec in specs.values()) or 1.0
    scores = [
        sum(spec.weight * places[name][i] for name, spec in specs.items() if _counts(spec, places, i)) / total
        + 0.15 * tiers[i]
        for i in range(kind.models)
    ]
    low, high = min(scores), max(scores)
    cheap, dear = kind.price
    return [shop_price(cheap * (dear / cheap) ** ((s - low) / ((high - low) or 1.0))) for s in scores]


def _counts(spec: Spec, places: dict[str, list[float]], i: int) -> bool:
    return spec.needs is None or places[spec.needs][i] > 0


def shop_price(amount: float) -> float:
    """An amount as shops write it: 12.49, 74.95, 349.00."""
    if amount < 20:
        return round(max(round(amount * 2) / 2 - 0.01, 0.99), 2)
    if amount < 100:
        return round(amount) - 0.05
    return float(round(amount / 10) * 10 - 1)


def _brand(brands: dict[str, float], quality: float, rng: random.Random) -> str:
    return min(brands, key=lambda brand: abs(brands[brand] - quality) + 0.6 * rng.random())


def _ranks(scores: list[float]) -> list[int]:
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = [0] * len(scores)
    for rank, i in enumerate(order):
        ranks[i] = rank
    return ranks


def _shuffled(values: Sequence[T], rng: random.Random) -> list[T]:
    return rng.sample(list(values), len(values))
