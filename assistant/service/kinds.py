"""Which kinds of product the words of a policy are about, told by the shop's own categories and names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.service.records import OrderItem
from retrieval.text import singulars

ALL = frozenset({"article", "item", "product", "good", "purchase", "order", "thing", "everything", "merchandise"})
"""Words that stand for whatever a shop sells."""
LEADING = frozenset((
    "a", "an", "the", "any", "all", "each", "every", "most", "our", "other", "your", "new", "unused", "unworn",
    "unopened", "undamaged", "eligible", "delivered", "remaining",
))  # fmt: skip
"""Words before a kind of product that make it no other kind."""
OF_IT = re.compile(r"\s+(?:for|with|in|from|by|of)\s+|\s+-\s+|[,(|:]")
"""What follows in a product's name is not what it is: "strings for violins", "violin case, black"."""


def kind_named(words: str) -> str | None:
    """A kind of product without the article before it; `None` where the words stand for whatever a shop sells."""
    spoken = words.split()
    while len(spoken) > 1 and spoken[0].lower() in LEADING:
        spoken = spoken[1:]
    return None if len(spoken) == 1 and set(singulars(spoken[0])) <= ALL else " ".join(spoken)


def closeness(item: OrderItem, categories: Sequence[str]) -> int:
    """How closely any of the categories fits a piece: the level of its category path, from 1, below all levels where
    its name says so; 0 where none fits."""
    return max((_closeness(item, category) for category in categories), default=0)


def heads(name: str) -> set[str]:
    """What a product or a level of a category path is called: the last word of each part, of `Cases & bags` two."""
    parts = re.split(r"\s*(?:&|,|/|\band\b|\bor\b)\s*", OF_IT.split(name)[0])
    return {words[-1] for part in parts if (words := singulars(part))}


def _closeness(item: OrderItem, category: str) -> int:
    """A path is taken as such. Any other words have to stand in path and name, and one of them has to be what a level
    of the path or the name is called: a violin case is no violin."""
    if item.category and item.category.lower().startswith(category.lower()):
        return category.count(">") + 1
    wanted = set(singulars(category))
    if ">" in category or not wanted:
        return 0
    levels = [*(level.strip() for level in item.category.split(">")), OF_IT.split(item.name.strip())[0]]
    above: set[str] = set()
    for place, level in enumerate(levels, start=1):
        above |= set(singulars(level))
        if wanted <= above and heads(level) & wanted:
            return place
    return 0
