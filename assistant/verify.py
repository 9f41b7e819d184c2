"""Checks that a reply claims nothing but its facts: numbers, amounts, names and claims in the words between the
placeholders must stand in the facts or in the shopper's own words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.facts import PLACEHOLDER, placeholders, split
from assistant.records import Conversation, Fact
from retrieval.product import Product


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_MONEY = re.compile(
    r"[$£€¥₹₩₱%‰]|\b(?:USD|GBP|EUR|JPY|INR|CAD|AUD|CHF|percent|dollars?|pounds?|euros?|cents?|bucks|quid)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_STARTS = re.compile(r"(?:^|[.!?:;–—\n]|[\"“(-])\s*$")
COUNTS = _words_of(
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty seventy eighty "
    "ninety hundred thousand million dozen half twice double triple"
)
CLAIMS = _words_of(
    "free discount discounted sale offer deal guarantee guaranteed warranty refund refundable bestseller bestselling "
    "best-selling popular certified organic vegan recycled sustainable eco-friendly waterproof water-resistant "
    "wireless rechargeable washable durable lightweight breathable handmade genuine authentic cheap cheaper cheapest "
    "expensive affordable "
    "cotton leather wood wooden oak steel plastic wool linen silk polyester glass ceramic aluminium aluminum bamboo "
    "black white red blue green yellow brown grey gray pink purple orange beige navy silver gold "
    "today tomorrow tonight overnight immediately express stock sold-out limited exclusive new"
)


@dataclass(frozen=True)
class Problem:
    """Something in a text that no fact supports: what kind of thing, and the words."""

    kind: Literal[
        "placeholder", "number", "money", "name", "claim", "word", "phrase", "attribution", "question", "length"
    ]
    text: str


@dataclass(frozen=True)
class Lexicon:
    """Words that say something about a product, lower case: the brands, colours, materials and features of a catalogue,
    and the generic ones of `CLAIMS`."""

    words: frozenset[str] = CLAIMS

    @classmethod
    def of(cls, products: Iterable[Product], ordinary: Collection[str] = ()) -> Lexicon:
        """The lexicon of a catalogue. Words of features that are `ordinary` in any reply are no claims."""
        own: set[str] = set()
        described: set[str] = set()
        for product in products:
            for value in (*product.brand, *product.color, *product.material):
                own.update(words(value))
            for value in (*product.product_highlight, *(value for _, value in product.product_detail)):
                described.update(word for word in words(value) if len(word) > 4)
        return cls(CLAIMS | {word for word in own if len(word) > 2} | (described - set(ordinary)))


def words(text: str) -> list[str]:
    """The words of `text`, lower case; numbers are none."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def check(
    text: str,
    facts: Sequence[Fact],
    conversation: Conversation,
    *,
    lexicon: Lexicon | None = None,
    vocabulary: Collection[str] | None = None,
) -> list[Problem]:
    """What in `text` is supported by nothing; empty where all of it is.

    `text` may hold placeholders, which must be of `facts`. Everything between them is literal: its numbers, amounts,
    names and claims must stand in a fact's text or in what the shopper wrote. `vocabulary`, where a writer has a
    closed one, is every word that it may use without support.
    """
    known = {fact.key for fact in facts}
    problems = [Problem("placeholder", f"{{{key}}}") for key in placeholders(text) if key not in known]
    literal = PLACEHOLDER.sub("\x00", text)
    if "{" in literal or "}" in literal:
        problems.append(Problem("placeholder", literal.strip("\x00 ")))
    said = [fact.text for fact in facts] + [m.content for m in conversation.messages if m.role == "user"]
    support = "\n".join(said)
    problems += [Problem("number", n) for n in _NUMBER.findall(literal) if n not in set(_NUMBER.findall(support))]
    amounts = {amount.lower() for amount in _MONEY.findall(support)}
    problems += [Problem("money", m) for m in _MONEY.findall(literal) if m.lower() not in amounts]
    return problems + _words(literal, frozenset(words(support)), lexicon or Lexicon(), vocabulary)


def _words(
    literal: str, support: frozenset[str], lexicon: Lexicon, vocabulary: Collection[str] | None
) -> list[Problem]:
    problems = []
    for match in _WORD.finditer(literal):
        word = match[0].lower().replace("’", "'")
        if word in support:
            continue
        starts = _STARTS.search(literal[: match.start()]) is not None
        if vocabulary is not None and word not in vocabulary:
            problems.append(Problem("word", match[0]))
        elif word in COUNTS:
            problems.append(Problem("number", match[0]))
        elif word in lexicon.words or any(part in lexicon.words for part in word.split("-")):
            problems.append(Problem("claim", match[0]))
        elif match[0][0].isupper() and not starts and not re.fullmatch(r"I(['’]\w+)?", match[0]):
            problems.append(Problem("name", match[0]))
    return problems


def misattributed(text: str, facts: Collection[str], title: int) -> tuple[list[Problem], int]:
    """Facts of one pick that stand after another pick's title. `title` is the pick last named before `text`; returns
    it as it is after `text`, too. A pick whose title is not among `facts` cannot be confused."""
    problems = []
    for key in placeholders(text):
        pick, name, _, _ = split(key)
        if name == "title":
            title = pick
        elif pick and pick != title and f"{pick}.title" in facts:
            problems.append(Problem("attribution", f"{{{key}}}"))
    return problems, title
