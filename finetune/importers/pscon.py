"""PSCon: people searching for products by chat, with the intent and search keywords of each message.

- The first message with keywords opens the need; the first keyword that stands in it, without articles, is the
  product. Where none does, the conversation is taken up to there only.
- A later keyword gives a constraint where, without the product's words, it stands in this message or the one before.
  Its attribute is what the system asked about just before (brand, color, size, material, style), else `feature`; a
  brand after "except" or "not" is `is_not`.
- Of prices, keywords tell few (`under $25`); the rest are not labelled, and a reader that finds one is counted wrong.
- The message that opens the need has the act `state_need`; one with a new constraint, or of intent `Revise`,
  `refine_need`. Other messages have no label of acts. Stages are not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.records import Conversation, Message
from finetune.importers.records import constraint, find, json_lines, need

ASKED = {
    "brand": "brand",
    "color": "color",
    "colour": "color",
    "size": "size",
    "material": "material",
    "style": "style",
}
NOT = re.compile(r"\b(?:not|except|no|without|other than|but)\W+(?:for\W+)?(?:the\W+)?$", re.IGNORECASE)
PRICE = re.compile(r"^(?:under|below|less than|within)\s*\$\s*(\d+(?:\.\d+)?)$", re.IGNORECASE)
ARTICLE = re.compile(r"^(?:a|an|the|some)\s+", re.IGNORECASE)


def import_pscon(path: Path) -> Iterator[Conversation]:
    """Conversations of `conversations.jsonl.gz` from the message on that opens the need, one for each user message."""
    for row in json_lines(path):
        yield from _prefixes(row)


def _prefixes(row: dict[str, Any]) -> Iterator[Conversation]:
    messages: list[Message] = []
    product: str | None = None
    constraints: list[dict[str, Any]] = []
    asked = "feature"
    turn = 0
    for said in row["conversation"]:
        role = "user" if said["role"] == "user" else "assistant"
        text = said["content"].strip()
        if not text:
            continue
        messages.append(Message(role=role, content=text))
        if role == "assistant":
            asked = _attribute(said.get("clarifying_attribute") or [])
            continue
        turn += 1
        keywords = said.get("keywords") or []
        acts: list[str] = []
        if product is None:
            product = _product(keywords, text)
            if product is None and keywords:
                return
            acts = ["state_need"] if product else []
        elif new := [c for c in _constraints(keywords, product, messages, asked) if not _held(c, constraints)]:
            constraints += new
            acts = ["refine_need"]
        label: dict[str, Any] = {"needs": [need(product, list(constraints))] if product else []}
        if acts or said.get("intent") == "Revise":
            label["acts"] = acts or ["refine_need"]
        yield Conversation(id=f"pscon-{row['conv_id']}.{turn}", messages=tuple(messages), label=label)


def _product(keywords: list[str], text: str) -> str | None:
    for keyword in keywords:
        found = find(ARTICLE.sub("", keyword.strip()), text)
        if found:
            return found.lower()
    return None


def _constraints(keywords: list[str], product: str, messages: list[Message], asked: str) -> Iterator[dict[str, Any]]:
    words = set(product.split()) | {word.rstrip("s") for word in product.split()}
    for keyword in keywords:
        rest = " ".join(word for word in keyword.split() if word.lower() not in words)
        place = _place(rest, messages) if rest else None
        if place is None:
            continue
        message, quote = place
        if price := PRICE.match(quote):
            yield constraint("price", "at_most", float(price[1]), message, quote, "USD")
            continue
        before = messages[message].content.split(quote)[0]
        yield constraint(asked, "is_not" if NOT.search(before) else "is", quote.lower(), message, quote)


def _place(words: str, messages: list[Message]) -> tuple[int, str] | None:
    last = len(messages) - 1
    for index in (last, last - 2):
        if index >= 0 and messages[index].role == "user" and (found := find(words, messages[index].content)):
            return index, found
    return None


def _attribute(clarified: list[str]) -> str:
    return ASKED.get(clarified[0].split(":")[0].strip().lower(), "feature") if clarified else "feature"


def _held(new: dict[str, Any], held: list[dict[str, Any]]) -> bool:
    return any(new["value"] == old["value"] for old in held)
