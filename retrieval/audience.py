"""Whom a product is made for, as its `gender` and `age_group` state: by the words that shoppers use for people."""

from __future__ import annotations

from collections.abc import Collection

from retrieval.claims import Evidence
from retrieval.product import Product
from retrieval.text import fold, singulars

_PEOPLE = {
    group: frozenset(singulars(names))
    for group, names in {
        "female": "woman lady girl wife mum mom mother daughter sister girlfriend granny nan grandmother aunt niece",
        "male": "man gentleman boy husband dad father son brother boyfriend him grandad grandfather uncle nephew",
        "kids": "kid child boy girl son daughter grandson granddaughter nephew niece",
        "toddler": "toddler",
        "infant": "baby infant",
        "newborn": "newborn",
    }.items()
}
_ANYONE: frozenset[str] = frozenset()
_YOUNG = frozenset({"kids", "toddler", "infant", "newborn"})
_KINDS: dict[str, tuple[str | None, frozenset[str]]] = {
    "woman": ("female", _ANYONE), "lady": ("female", _ANYONE), "man": ("male", _ANYONE), "gent": ("male", _ANYONE),
    "gentleman": ("male", _ANYONE), "girl": ("female", _YOUNG), "boy": ("male", _YOUNG), "kid": (None, _YOUNG),
    "child": (None, _YOUNG), "toddler": (None, frozenset({"toddler"})),
    "baby": (None, frozenset({"infant", "newborn"})),
}  # fmt: skip


def stated_for(product: Product, asked: Collection[str]) -> Evidence | None:
    """What in the record says that it is for one of these people: singular words such as `wife` or `kid`."""
    for field in ("gender", "age_group"):
        for value in getattr(product, field):
            if set(asked) & (_PEOPLE.get(fold(value), frozenset()) | {fold(value)}):
                return Evidence(field=field, value=value)
    return None


def is_group(word: str) -> bool:
    """Whether a singular word names a group of people that things are made for: `woman` in "women's boots"."""
    return word in _KINDS


def made_for(product: Product, word: str) -> bool:
    """Whether the record states that it is made for that group; unisex things are for women and for men, and what is
    for women or men is not for children."""
    if word not in _KINDS:
        return False
    gender, ages = _KINDS[word]
    genders = {fold(value) for value in product.gender}
    own_ages = {fold(value) for value in product.age_group}
    if ages and not ages & own_ages:
        return False
    if not ages and own_ages and own_ages <= _YOUNG:
        return False
    return gender is None or bool(genders & {gender, "unisex"})
