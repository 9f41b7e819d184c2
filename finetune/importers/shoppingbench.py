"""ShoppingBench: one request in writing for one or several products, with gold attributes, options and price.

- Each gold product is a need, in order; the last is active.
- A gold attribute or option becomes a constraint where its value stands in the request word by word. Its name gives the
  attribute: brand, color, material, size (and packs), style (and patterns, fits); all else is `feature`.
- `greater than`, `less than` and `between` become `at_least` and `at_most`; the unit is PHP where pesos are named.
- The kind of product is not gold. It is taken from the words that request and product title share, outside the gold
  values; requests for which there are none are left out, and so are those with a voucher, whose budget is reckoned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.records import Conversation, Message
from finetune.importers.records import constraint, find, json_lines, need

FILES = ("product.jsonl.gz", "shop.jsonl.gz")
STOP = frozenset(
    {"a", "an", "the", "for", "with", "and", "or", "of", "in", "from", "to", "i", "need", "want", "show", "me",
     "looking", "that", "has", "is", "shop", "set", "pack", "new", "women", "men", "kids"}
)  # fmt: skip
NAMES = (
    ("brand", re.compile(r"^(?:brand|make)$")),
    ("color", re.compile(r"colou?r")),
    ("material", re.compile(r"material|fabric")),
    ("size", re.compile(r"size|capacity|^units|pack_type|length|height|width|volume")),
    ("style", re.compile(r"style|pattern|fit_type|neckline|sleeve|design|waist|collar")),
    ("condition", re.compile(r"^condition$")),
    ("occasion", re.compile(r"^occasion$")),
)
NUMBER = r"\d[\d,]*(?:\.\d+)?"
CURRENCY = re.compile(r"₱|\b(?:php|pesos?)\b", re.IGNORECASE)
MOST_WORDS = 3


def import_shoppingbench(path: Path) -> Iterator[Conversation]:
    """Requests of the folder's `product` and `shop` files, each a conversation of one message."""
    for name in FILES:
        for number, row in enumerate(json_lines(path / name)):
            conversation = _conversation(f"shoppingbench-{name.split('.')[0]}-{number}", row)
            if conversation is not None:
                yield conversation


def _conversation(identity: str, row: dict[str, Any]) -> Conversation | None:
    query = row["query"].strip()
    rewards = row["reward"] if isinstance(row["reward"], list) else [row["reward"]]
    needs = []
    for place, reward in enumerate(rewards):
        constraints = [*_values(reward, query), *_prices(reward, query)]
        product = _product(query, " ".join(reward["title"]), [str(c["value"]) for c in constraints])
        if product is None:
            return None
        needs.append(need(product, constraints, active=place == len(rewards) - 1))
    label = {"needs": needs, "acts": ["state_need"], "stage": "exploring"}
    return Conversation(id=identity, messages=(Message(role="user", content=query),), label=label)


def _values(reward: dict[str, Any], query: str) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for entry in [*reward.get("attributes", ()), *reward.get("sku_options", ())]:
        for name, values in entry.items():
            for value in values if isinstance(values, list) else [values]:
                found = find(str(value), query)
                if found and found.lower() not in seen and len(found) > 1:
                    seen.add(found.lower())
                    yield constraint(_attribute(name), "is", found.lower(), 0, found)


def _prices(reward: dict[str, Any], query: str) -> Iterator[dict[str, Any]]:
    unit = "PHP" if CURRENCY.search(query) else None
    for limit in reward.get("price", ()):
        for kind, (low, high) in limit.items():
            ends = [(low, "at_least")] if kind != "less than" else []
            ends += [(high if high is not None else low, "at_most")] if kind in ("between", "less than") else []
            for amount, op in ends:
                quote = _amount(float(amount), query)
                if quote:
                    yield constraint("price", op, amount, 0, quote, unit)


def _amount(amount: float, query: str) -> str | None:
    for match in re.finditer(NUMBER, query):
        if float(match[0].replace(",", "")) == amount:
            return match[0]
    return None


def _attribute(name: str) -> str:
    return next((attribute for attribute, pattern in NAMES if pattern.search(name.lower())), "feature")


def _product(query: str, title: str, values: list[str]) -> str | None:
    """The longest run of words, and of these the first, that request and title share."""
    taken = {word for value in values for word in value.lower().split()}
    known = {_stem(word) for word in re.findall(r"[A-Za-z][A-Za-z'-]+", title)}
    runs: list[list[str]] = [[]]
    for word in re.findall(r"[A-Za-z][A-Za-z'-]*|\S", query):
        if _stem(word) in known and word.lower() not in taken | STOP:
            runs[-1].append(word.lower())
        elif runs[-1]:
            runs.append([])
    longest = max(runs, key=lambda run: min(len(run), MOST_WORDS))
    return " ".join(longest[-MOST_WORDS:]) if longest and find(" ".join(longest[-MOST_WORDS:]), query) else None


def _stem(word: str) -> str:
    return word.lower().removesuffix("'s").rstrip("s")
