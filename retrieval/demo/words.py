"""What the shop and its customers say of a model: title, description, highlights, reviews."""

from __future__ import annotations

import datetime
import random

from retrieval.demo.models import Model, Trait
from retrieval.demo.tables import Kind
from retrieval.product import Review

LAST_DAY = datetime.date(2026, 10, 31)
CLOSERS_GOOD = (
    "Would buy again.", "Happy with it.", "Good value at this price.", "Recommended.", "No regrets so far.",
    "Exactly as described.", "Arrived on time, well packed.", "Does what it should.",
)
CLOSERS_MIXED = (
    "All in all fine.", "Good, not perfect.", "I am keeping it.", "You get what you pay for.", "Decent for the money.",
)
CLOSERS_BAD = ("Not for me.", "I sent it back.", "I expected more.", "Look elsewhere if that matters to you.")


def title(model: Model, gender: str) -> str:
    """Brand, name, what it is known for, the noun, and its measure: `Fellmark Corrie Waterproof Hiking Boots`."""
    owner = {"men": "Men's", "women": "Women's"}.get(gender, "")
    before = [fill(t.spec.title, t) for t in model.traits if t.spec.title and _shown(t)]
    after = [fill(t.spec.tail, t) for t in model.traits if t.spec.tail and _shown(t)]
    words = [model.brand, model.name, owner, *before, model.noun]
    return ", ".join([" ".join(w for w in words if w), *after])


def highlights(model: Model, rng: random.Random) -> tuple[str, ...]:
    """Three to five short selling points, only of what the model has."""
    points = [fill(t.spec.plus, t) for t in model.traits if t.spec.plus and t.strong]
    chosen = _in_order(points, rng.sample(points, min(len(points), 5)))
    plain = [f"{t.name}: {t.value}" for t in model.traits if t.spec.share is None and not (t.spec.plus and t.strong)]
    return tuple(chosen + [*plain, f"Made by {model.brand}"][: max(3 - len(chosen), 0)])


def description(model: Model, kind: Kind, rng: random.Random) -> str:
    """An opening, the main figures, what it can do and, honestly, what it does not."""
    opening = rng.choice(kind.about)
    figures = [f"{t.name.lower()} {t.value}" for t in model.traits if t.spec.share is None]
    sentences = [opening]
    if figures:
        sentences.append(f"The {model.name} at a glance: {', '.join(rng.sample(figures, min(len(figures), 5)))}.")
    able = [fill(t.spec.plus, t) for t in model.traits if t.spec.plus and t.strong]
    sentences += [f"{text}." for text in rng.sample(able, min(len(able), 3))]
    lacking = [fill(t.spec.minus, t) for t in model.traits if t.spec.minus and t.weak]
    sentences += [f"{text}." for text in rng.sample(lacking, min(len(lacking), 2))]
    return " ".join(sentences)


def rating(model: Model, rng: random.Random) -> tuple[float, int]:
    """Mean rating and how many gave one: better models tend to be liked better, with much noise."""
    mean = min(max(3.3 + 1.2 * model.quality + rng.gauss(0, 0.35), 2.4), 4.9)
    return round(mean, 1), max(4, int(rng.lognormvariate(3.6, 1.1)))


def reviews(model: Model, openers: tuple[str, ...], mean: float, rng: random.Random) -> tuple[Review, ...]:
    """One to four reviews that praise what is strong and complain of what is weak."""
    praise = [fill(t.spec.praise, t) for t in model.traits if t.spec.praise and t.strong]
    gripes = [fill(t.spec.gripe, t) for t in model.traits if t.spec.gripe and t.weak]
    rng.shuffle(praise)
    rng.shuffle(gripes)
    starts = rng.sample(openers, min(len(openers), 4))
    made = []
    for i in range(rng.randint(1, 4)):
        good = [praise.pop() for _ in range(rng.randint(1, 2)) if praise]
        bad = [gripes.pop()] if gripes and rng.random() < (5.4 - mean) / 2 else []
        if not good and not bad:
            break
        made.append(_review(starts[i % len(starts)], good, bad, rng))
    return tuple(made)


def _review(start: str, good: list[str], bad: list[str], rng: random.Random) -> Review:
    if good and bad:
        stars, closer = rng.choice((3, 4)), rng.choice(CLOSERS_MIXED)
    elif good:
        stars, closer = rng.choice((4, 5, 5)), rng.choice(CLOSERS_GOOD)
    else:
        stars, closer = rng.choice((1, 2, 3)), rng.choice(CLOSERS_BAD)
    day = LAST_DAY - datetime.timedelta(days=rng.randint(3, 700))
    text = [start, *(f"{sentence}." for sentence in good + bad), closer]
    return Review(rating=stars, text=" ".join(text), date=day.isoformat())


def fill(text: str, trait: Trait) -> str:
    """The table's words with the value in them, beginning with a capital."""
    words = text.replace("{v}", trait.value).replace("{n}", trait.value.partition(" ")[0])
    return words[:1].upper() + words[1:]


def _shown(trait: Trait) -> bool:
    return trait.spec.share is None or trait.place > 0


def _in_order(points: list[str], chosen: list[str]) -> list[str]:
    return [point for point in points if point in chosen]
