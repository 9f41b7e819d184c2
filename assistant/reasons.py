"""Receipts: why a product is picked, each reason tied to a field of its own record and to what the shopper said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.behaviour import Behaviour, leaf, summary
from assistant.ordering import Ordering, is_ordering
from assistant.receipts import in_words, money
from assistant.records import Constraint, Need, Reason
from assistant.search import Found, is_extreme
from retrieval.conditions import CHECKABLE, Evidence, meets
from retrieval.product import Product

PURPOSE = frozenset({"use", "occasion", "recipient", "other"})
COMES_IN = frozenset({"color", "size"})
SPEAKS_FOR = 0.45
GOOD = 4.0

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class Sentence:
    """Words of a product's record, and the field they are in."""

    field: str
    text: str


@dataclass(frozen=True)
class Context:
    """What reasons are drawn from: the search, the need's place in the state, the clicks, and the words of records
    that speak for a purpose, by product id and constraint."""

    found: Found
    place: int
    seen: Behaviour
    purposes: Mapping[tuple[str, int], Sentence]
    currency: str
    ordering: Ordering | None = None


def reasons(product: Product, context: Context) -> tuple[Reason, ...]:
    """Why a product is picked: matches first, in the order in which the shopper set them, then what it lacks."""
    ordering = context.ordering
    found = list(_constraint_reasons(product, context))
    if ordering is not None and is_extreme(product, context.found, ordering):
        value = ordering.stated(product)
        found.insert(0, Reason(kind="match", text=f"the {ordering.name}", field=ordering.field, value=value))
    elif ordering is not None and ordering.key(product) is None:
        found.append(Reason(kind="tradeoff", text=f"{ordering.states} is not stated", field=ordering.field, value=""))
    return (*found, *_behaviour_reasons(product, context.seen), *_review_reasons(product))


def _constraint_reasons(product: Product, context: Context) -> Iterator[Reason]:
    need, currency = context.found.need, context.currency
    tradeoffs = []
    for i, constraint in enumerate(need.constraints):
        at = (context.place, i)
        if constraint.attribute in PURPOSE:
            if (sentence := context.purposes.get((product.id, i))) is not None:
                text = f"{in_words(constraint, currency)} ({_short(sentence.text)})"
                yield Reason(kind="match", text=text, field=sentence.field, value=sentence.text, constraint=at)
        elif constraint.attribute in CHECKABLE and not is_ordering(constraint.value):
            evidence = meets(product, constraint)
            if evidence is not None and _other_currency(product, constraint, currency):
                tradeoffs.append(_unconverted(product, constraint, evidence, at, currency))
            elif evidence is not None:
                yield _match(product, constraint, evidence, at, currency)
            elif not _alternative_met(product, constraint, need):
                tradeoffs.append(_tradeoff(product, constraint, at, currency))
    yield from tradeoffs


def _match(
    product: Product, constraint: Constraint, evidence: Evidence, at: tuple[int, int], currency: str
) -> Reason:
    words = in_words(constraint, currency)
    if constraint.op == "is_not" and constraint.attribute == "product":
        words = f"not listed as {constraint.value}"
    elif constraint.op == "is_not" and not evidence.value:
        words = f"no mention of {constraint.value}"
    elif constraint.attribute == "price" and constraint.op == "at_most" and product.amount is not None:
        words = _under_limit(float(constraint.value) - product.amount, product.currency or currency)
    elif constraint.attribute == "price" and product.amount is not None:
        words = f"{words} ({money(product.amount, product.currency or currency)})"
    elif evidence.value and constraint.op != "is_not" and evidence.value.lower() != words.lower():
        words = f"{words} ({_short(evidence.value)})"
    return Reason(kind="match", text=words, field=evidence.field, value=evidence.value, constraint=at)


def _other_currency(product: Product, constraint: Constraint, currency: str) -> bool:
    named = constraint.unit if constraint.attribute == "price" else None
    return named is not None and named != (product.currency or currency)


def _unconverted(
    product: Product, constraint: Constraint, evidence: Evidence, at: tuple[int, int], currency: str
) -> Reason:
    """A limit in a currency that the price is not in: the two were compared as they stand, and that is no match."""
    text = f"priced in {product.currency or currency}, not in {constraint.unit}"
    return Reason(kind="tradeoff", text=text, field=evidence.field, value=evidence.value, constraint=at)


def _under_limit(room: float, currency: str) -> str:
    return f"{money(room, currency).removesuffix('.00')} under your limit" if room >= 1 else "within your limit"


def _tradeoff(product: Product, constraint: Constraint, at: tuple[int, int], currency: str) -> Reason:
    words = in_words(constraint, currency)
    own = getattr(product, constraint.attribute, ())
    value = ", ".join(own) if isinstance(own, tuple) else ""
    if constraint.attribute == "price":
        value = "" if product.amount is None else f"{product.amount:.2f}"
        priced = "price not stated" if product.amount is None else money(product.amount, product.currency or currency)
        return Reason(kind="tradeoff", text=f"not {words} ({priced})", field="price", value=value, constraint=at)
    text = words.removeprefix("not ") if constraint.op == "is_not" else f"not {words}"
    if value and constraint.op != "is_not":
        text = f"{text} (comes in {value.lower()})" if constraint.attribute in COMES_IN else f"{text} ({value})"
    elif constraint.op != "is_not":
        text = f"{words} is not stated"
    return Reason(kind="tradeoff", text=text, field=constraint.attribute, value=value, constraint=at)


def _alternative_met(product: Product, constraint: Constraint, need: Need) -> bool:
    others = (c for c in need.constraints if c.attribute == constraint.attribute and c.op == constraint.op == "is")
    return constraint.attribute in ("brand", "color", "size", "material") and any(meets(product, c) for c in others)


def _behaviour_reasons(product: Product, seen: Behaviour) -> Iterator[Reason]:
    kind = leaf(product.product_type)
    if views := seen.of_kind(kind):
        text = f"You looked at {summary(views)}"
        yield Reason(kind="behaviour", text=text, field="product_type", value=product.product_type)


def _review_reasons(product: Product) -> Iterator[Reason]:
    good = [review for review in product.reviews if review.text and (review.rating or 0.0) >= GOOD]
    if good:
        best = max(good, key=lambda review: review.rating or 0.0)
        yield Reason(kind="review", text=_short(best.text), field="reviews", value=best.text)


def purposes_shown(products: Sequence[Product], need: Need, encode: Encode) -> dict[tuple[str, int], Sentence]:
    """For each product and each purpose of the need: the words of its record that speak for it, if any do."""
    purposes = [(i, str(c.value)) for i, c in enumerate(need.constraints) if c.attribute in PURPOSE and c.op == "is"]
    own = [(product.id, sentence) for product in products for sentence in sentences(product)]
    if not purposes or not own:
        return {}
    similar = encode([text for _, text in purposes]) @ encode([sentence.text for _, sentence in own]).T
    best: dict[tuple[str, int], tuple[float, Sentence]] = {}
    for row, (i, _) in zip(similar, purposes, strict=True):
        for score, (product_id, sentence) in zip(row, own, strict=True):
            if score >= SPEAKS_FOR and score > best.get((product_id, i), (0.0, sentence))[0]:
                best[product_id, i] = (float(score), sentence)
    return {key: sentence for key, (_, sentence) in best.items()}


def sentences(product: Product) -> list[Sentence]:
    """The short statements of a product's record about what it is for: its highlights and its details."""
    highlights = [Sentence("product_highlight", text) for text in product.product_highlight]
    return highlights + [Sentence("product_detail", f"{name}: {value}") for name, value in product.product_detail]


def _short(text: str, words: int = 12) -> str:
    parts = text.split()
    return text.strip().rstrip(".") if len(parts) <= words else " ".join(parts[:words]).rstrip(",.;:") + " …"
