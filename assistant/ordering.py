"""Extremes that a shopper can ask for: "the cheapest", "the best rated". Ranking, by words that were read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.records import Need
from retrieval.measures import measures
from retrieval.product import Product
from retrieval.view import own_fields

PRIOR_REVIEWS = 20.0
NEGATIONS = frozenset({"not", "no", "never", "without", "nor", "nothing"})

Key = Callable[[Product], float | None]


@dataclass(frozen=True)
class Ordering:
    """An extreme: its name (fits after `the`), the field it rests on, and the key whose smallest value comes first.

    A key of `None` means that the record does not say; such products come last. `details` are the names of the details
    that the key reads, the first that a record has."""

    name: str
    field: str
    key: Key
    details: tuple[str, ...] = ()

    @property
    def states(self) -> str:
        """What a record has to state for it, as a noun: `weight`."""
        return self.details[0] if self.details else self.field.replace("review_count", "number of reviews")

    def stated(self, product: Product) -> str:
        """What the record states, in its own words; empty where it is silent."""
        fields = {"price": product.amount, "rating": product.rating, "review_count": product.review_count}
        if (value := fields.get(self.field)) is not None:
            return f"{value:.2f}" if self.field == "price" else f"{value:g}"
        details = _details(product)
        return next((details[name] for name in self.details if name in details), "")


def _details(product: Product) -> dict[str, str]:
    """What the record states by name, in lower case: in its details, or else in columns of the shop's own."""
    named = (*own_fields(product), *reversed(product.product_detail))
    return {name.strip().lower(): value for name, value in named}


def _price(product: Product) -> float | None:
    return product.amount


def _dearest(product: Product) -> float | None:
    return None if product.amount is None else -product.amount


def _rated(product: Product) -> float | None:
    return None if product.rating is None else -shrunk_rating(product)


def _popular(product: Product) -> float | None:
    return None if product.review_count is None else -float(product.review_count)


def _by_detail(name: str, field: str, details: tuple[str, ...], sign: int = 1) -> Ordering:
    def key(product: Product) -> float | None:
        stated = _details(product)
        amounts = (measured(stated[detail]) for detail in details if detail in stated)
        return next((sign * amount for amount in amounts if amount is not None), None)

    return Ordering(name, field, key, details)


_EXTENTS = (
    "size", "screen size", "capacity", "volume", "diameter", "width", "length", "height", "dimensions",
    "item dimensions",
)  # fmt: skip
ORDERINGS: dict[str, tuple[Ordering, tuple[str, ...]]] = {
    "cheapest": (
        Ordering("cheapest", "price", _price),
        ("cheapest", "least expensive", "lowest price", "lowest priced", "most affordable", "least costly", "最便宜"),
    ),
    "dearest": (
        Ordering("most expensive", "price", _dearest),
        ("most expensive", "priciest", "dearest", "highest price", "highest priced", "最贵"),
    ),
    "rated": (
        Ordering("best rated", "rating", _rated),
        ("best rated", "best-rated", "top rated", "top-rated", "highest rated", "highest-rated", "best reviewed",
         "best reviews", "highest rating", "best rating", "评分最高", "评价最好"),
    ),
    "popular": (Ordering("most reviewed", "review_count", _popular), ("most reviewed", "most popular", "bestselling")),
    "lightest": (_by_detail("lightest", "weight", ("weight", "item weight")), ("lightest", "最轻")),
    "quietest": (_by_detail("quietest", "noise", ("noise", "noise level")), ("quietest", "最安静")),
    "smallest": (_by_detail("smallest", "size", _EXTENTS), ("smallest", "tiniest", "最小")),
    "largest": (_by_detail("largest", "size", _EXTENTS, sign=-1), ("largest", "biggest", "最大")),
}
COMPARATIVES: dict[str, tuple[str, ...]] = {
    "cheapest": ("cheaper", "less expensive", "less costly", "more affordable", "lower price", "too expensive",
                 "too pricey", "too dear", "便宜一点", "更便宜"),
    "dearest": ("more expensive", "pricier", "dearer", "higher end", "more upmarket", "更贵"),
    "rated": ("better rated", "better-rated", "higher rated", "higher-rated", "better reviewed", "better reviews"),
    "lightest": ("lighter", "too heavy", "更轻"),
    "quietest": ("quieter", "too loud", "too noisy", "更安静"),
    "smallest": ("smaller", "too big", "too large", "更小"),
    "largest": ("larger", "bigger", "too small", "更大"),
}


def ordering_in(need: Need | None, message: str) -> Ordering | None:
    """The extreme that a constraint of the need names, else one that the shopper's message asks for."""
    values = [str(c.value) for c in need.constraints if c.op == "is"] if need else []
    for text in (*values, message):
        for ordering, phrases in ORDERINGS.values():
            if any(_says(text.lower(), phrase) for phrase in phrases):
                return ordering
    return None


def comparative_in(message: str) -> Ordering | None:
    """The extreme towards which a message asks to go from what is shown: "cheaper", "something smaller"."""
    found = (name for name, phrases in COMPARATIVES.items() if any(_says(message.lower(), p) for p in phrases))
    name = next(found, None)
    return ORDERINGS[name][0] if name is not None else None


def extreme_in(message: str) -> Ordering | None:
    """The extreme that a message compares by: "which is the lightest?", "which is lighter?"."""
    return ordering_in(None, message) or comparative_in(message)


def singled_out(message: str, products: Sequence[Product]) -> tuple[int, ...]:
    """The place of the one product that a definite extreme points at among those shown ("the cheaper one"); empty
    where the message has none, a record does not say, or two are alike."""
    definite = (
        ordering
        for name, (ordering, phrases) in ORDERINGS.items()
        if any(_says(message.lower(), f"the {phrase}") for phrase in (*phrases, *COMPARATIVES.get(name, ())))
    )
    ordering = next(definite, None)
    if ordering is None:
        return ()
    keys = [ordering.key(product) for product in products]
    known = sorted(key for key in keys if key is not None)
    if len(known) < len(keys) or len(known) < 2 or known[0] == known[1]:
        return ()
    return (keys.index(known[0]),)


def beyond(products: Sequence[Product], ordering: Ordering, than: Product) -> list[Product]:
    """The products that go further than one of them by the ordering; none where a record does not say."""
    bound = ordering.key(than)
    if bound is None:
        return []
    return [product for product in products if (key := ordering.key(product)) is not None and key < bound]


def is_ordering(value: object) -> bool:
    """Whether a constraint's value is nothing but an extreme, which orders products and filters none."""
    words = re.sub(r"^(the|your) ", "", str(value).strip().lower())
    return any(words in (phrase, f"{phrase} one") for _, phrases in ORDERINGS.values() for phrase in phrases)


def ordered(products: Sequence[Product], ordering: Ordering) -> list[Product]:
    """The products, the extreme first; equals keep their places, and those whose record is silent come last."""
    keyed = [(ordering.key(product), product) for product in products]
    known = sorted(((k, p) for k, p in keyed if k is not None), key=lambda pair: pair[0])
    return [p for _, p in known] + [p for k, p in keyed if k is None]


def shrunk_rating(product: Product, prior: float = 4.0) -> float:
    """The rating drawn towards `prior` where few reviews stand behind it; `prior` itself for an unrated product."""
    if product.rating is None:
        return prior
    count = float(product.review_count or len(product.reviews) or 1)
    return (product.rating * count + prior * PRIOR_REVIEWS) / (count + PRIOR_REVIEWS)


def measured(value: str) -> float | None:
    """The first measure of a detail such as `1.2 kg`, in the base unit of its dimension."""
    return next((measure.value for measure in measures(value)), None)


def _says(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text as words of its own and is not negated just before."""
    if not phrase.isascii():
        return phrase in text
    found = re.search(rf"(?<![\w-]){re.escape(phrase)}(?![\w-])", text)
    if found is None:
        return False
    before = re.findall(r"[\w']+", text[: found.start()])[-6:]
    return not any(word in NEGATIONS or word.endswith("n't") for word in before)
