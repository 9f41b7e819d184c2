"""What a reply may say: the vocabulary of fact keys and topics, which facts of a plan are offered, and filling them in.

A writer never spells a fact out. It writes `{1.price}`, and `fill` puts the record's own words there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache

from assistant.records import Fact, Plan

PLACEHOLDER = re.compile(r"\{([a-z0-9][a-z0-9_.]*)\}")
MAX_WORDS, NOTE_WORDS = 80, 120
"""What a shopper is told at most, and what one plan of a note."""

FACT_KEYS: dict[str, str] = {
    # of pick i (1 to 4); N counts from 1
    "i.title": "the product's title as it stands in the record",
    "i.price": "what the shopper pays, with currency: `$89.00`",
    "i.was": "the price before the sale, only where there is a sale price: `$120.00`",
    "i.rating": "fits after `rated`: `4.6 out of 5 (212 reviews)`",
    "i.reasonN": "why it fits, N 1 to 3: a phrase of a list, adjective or noun, lower case, no full stop, best with "
    "the record's words in brackets: `waterproof (Waterproof membrane)`, `$31 under your limit`. It is written after "
    "a colon, a dash or in a list of others, never after `with` or `is`",
    "i.tradeoffN": "a wish it does not meet, N 1 or 2, same grammar: `not in green (comes in grey)`, `no lid`",
    "i.reviewN": "what a review says, N 1, the review's own words with no quotation marks: `kept my feet dry all week`",
    "i.answerN": "an answer from the record, N 1 to 3, as name and value, shown in quotation marks: `capacity: 1.7 l`",
    "i.diffN": "pick i's value of the difference `diffN`: `1.2 kg`; `not stated` where the record is silent",
    "diffN": "the name of what differs between compared picks, N 1 to 3, lower case: `weight`",
    # of the whole reply
    "need.product": "the kind of thing with its article, fits after `for`: `a kettle`, `hiking boots` (receipts.noun)",
    "need.superlative": "the extreme asked for, fits after `the`: `cheapest`, `best rated`, `lightest`",
    "needN": "a constraint in words, N 1 to 4, a phrase of a list: `up to $120`, `waterproof`, `not black`",
    "relaxedN": "a constraint that had to give, N 1 to 3, same grammar as needN",
    "unknownN": "what the record does not say, N 1 or 2, in the shopper's words, shown in quotation marks: "
    "`dishwasher safe`; made from Plan.unknown where absent",
    "behaviourN": "what the shopper looked at, N 1 or 2, fits after `looked at`: `four tents`, `the Fell 2 Tent`",
    "missing.product": "a kind of thing that the shop does not carry at all, grammar of need.product",
    "alternative.product": "the nearest kind that it does carry, grammar of need.product",
    "next.product": "another open need to come back to, grammar of need.product",
    "ask.confirm": "a constraint that was not read surely, grammar of needN; Plan.ask is then its attribute",
    "ask.name": "what is asked where Plan.ask is `feature` or `other`, fits after `which` and `the`: `screen size`",
    "ask.options": "what there is to choose from, a list closed by `or`: `black, brown or grey`",
    "policyN": "a clause's own words, N 1 or 2, whole sentences with their full stop",
    "policyN.source": "where the clause stands: `Returns, clause 2`",
    "order.id": "the order's number",
    "order.status": "fits after `is`: `on its way`, `delivered`, `being packed`",
    "order.items": "what was ordered, a list closed by `and`",
    "order.date": "when it was placed, fits after `on`: `3 May 2025`",
    "order.delivery": "fits after `Delivery:`: `expected on 6 May 2025`",
    "order.tracking": "the parcel's tracking number",
    "order.total": "the order's sum with currency",
    "basket.title": "the product put in, taken out or changed",
    "basket.quantity": "how many of it there are now, digits",
    "basket.count": "everything in the basket: `3 items`",
    "basket.total": "the basket's sum with currency",
    "shop.name": "the shop's name",
    # of a note on the conversation, for a colleague
    "said": "what the customer wrote, their own words without a full stop, shown in quotation marks",
    "told.by": "who answered, fits after `the`: `assistant`",
    "told": "what they were answered, grammar of said",
}
"""Key pattern -> meaning and grammar. `i` is a pick's rank, `N` a running number. Text fits mid-sentence as it is."""

PICKS = 4
COUNTS = {
    "reason": 3,
    "tradeoff": 2,
    "review": 1,
    "answer": 3,
    "diff": 3,
    "need": 4,
    "relaxed": 3,
    "unknown": 2,
    "behaviour": 2,
    "policy": 2,
}

TOPICS: dict[str, tuple[str, ...]] = {
    "recommend": ("more", "rejected", "changed"),  # others than before; one was turned down; the need changed
    "ask": (),
    "answer": (),
    "compare": (),
    "policy": ("none",),  # no clause covers it
    "order": ("status", "not_found", "change", "return"),
    "basket": ("added", "removed", "changed", "empty", "view", "checkout", "selected"),
    "handover": ("asked", "unsure", "complaint"),
    "chat": ("greeting", "thanks", "goodbye", "off_topic", "unclear", "complaint"),
    "note": ("about", "person", "complaint", "first", "then", "last", "open"),  # the case; what was said
}
"""Move -> what Plan.topic may be besides `None`. No picks under `recommend` means that nothing was found. A `note` is
for a colleague, not for the shopper."""

ASKS = (
    "price",
    "size",
    "color",
    "material",
    "brand",
    "feature",
    "style",
    "use",
    "occasion",
    "recipient",
    "quantity",
    "delivery",
    "condition",
    "product",
    "order",
    "pick",
    "other",
)
"""What Plan.ask may name: an attribute, `product` (what kind of thing), `order` (its number), `pick` (which one)."""

_KEY = re.compile(r"(?:(?P<pick>[1-9])\.)?(?P<name>[a-z]+(?:\.[a-z]+)?)(?P<number>[0-9]?)(?P<rest>\.[a-z]+)?")

# What is left out first when a plan holds more than a short reply can carry: (name, numbers, of which picks or all).
_LEAST_NEEDED: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = (
    ("review", (1,), (4, 3, 2)),
    ("reason", (3,), (4, 3, 2)),
    ("rating", (0,), (4, 3)),
    ("was", (0,), (4, 3, 2)),
    ("reason", (2,), (4, 3)),
    ("tradeoff", (2,), (4, 3, 2, 1)),
    ("need", (4, 3, 2, 1), ()),
    ("rating", (0,), (2, 1)),
    ("review", (1,), (1,)),
    ("behaviour", (2,), ()),
    ("diff", (3,), ()),
    ("answer", (3,), (4, 3, 2, 1)),
    ("reason", (3,), (1,)),
    ("reason", (2,), (2,)),
    ("was", (0,), (1,)),
    ("tradeoff", (1,), (4, 3)),
    ("reason", (1,), (4, 3)),
    ("ask.options", (0,), ()),
    ("reason", (2,), (1,)),
    ("policy", (2,), ()),
    ("next.product", (0,), ()),
    ("tradeoff", (1,), (2,)),
    ("reason", (1,), (2,)),
    ("answer", (2,), (4, 3, 2, 1)),
    ("diff", (2,), ()),
)


def known(key: str) -> bool:
    """Whether `key` is one of `FACT_KEYS`, with pick and number within bounds."""
    return key in keys()


def split(key: str) -> tuple[int, str, int, str]:
    """`1.reason2` -> (1, "reason", 2, ""); `policy1.source` -> (0, "policy", 1, ".source"); 0 for no pick or number."""
    match = _KEY.fullmatch(key)
    if match is None:
        return 0, key, 0, ""
    return int(match["pick"] or 0), match["name"], int(match["number"] or 0), match["rest"] or ""


@cache
def keys() -> tuple[str, ...]:
    """Every key that `known` accepts, in a fixed order."""
    found: list[str] = []
    for pattern in FACT_KEYS:
        picks = range(1, PICKS + 1) if pattern.startswith("i.") else (0,)
        for pick in picks:
            base = pattern.replace("i.", f"{pick}.", 1) if pick else pattern
            name = re.sub(r"^i\.|N.*", "", pattern)
            found += [base.replace("N", str(n)) for n in range(1, COUNTS[name] + 1)] if "N" in pattern else [base]
    return tuple(found)


def placeholders(text: str) -> list[str]:
    """The keys named in `text`, in their order, repeated ones too."""
    return PLACEHOLDER.findall(text)


def fill(text: str, facts: Mapping[str, str]) -> str:
    """`text` with every placeholder replaced by its fact. Raises `KeyError` for a key that is not a fact."""
    return PLACEHOLDER.sub(lambda match: facts[match[1]], text)


def wordings(facts: Iterable[Fact]) -> dict[str, str]:
    """Key -> text on one line: a record's line breaks and control characters cannot shape the reply."""
    return {fact.key: " ".join("".join(c if c.isprintable() else " " for c in fact.text).split()) for fact in facts}


def offered(plan: Plan, words: int = MAX_WORDS) -> tuple[Fact, ...]:
    """The facts that the writer is given: all with words in them, less the least needed ones while they would make
    a reply longer than `words` words. What was asked, what gave and what is unknown are never left out."""
    given = {fact.key: fact for fact in (*plan.facts, *_unknowns(plan)) if fact.text.strip()}
    facts = {key: fact for key, fact in given.items() if _to_the_point(key, plan, given)}
    picks = {split(key)[0] for key in facts} - {0}
    room = words - 18 - 7 * len(picks) - (8 if plan.ask else 0) - (4 if plan.greet else 0)
    for key in _droppable(facts):
        if sum(len(fact.text.split()) for fact in facts.values()) <= room:
            break
        del facts[key]
    return tuple(fact for key, fact in facts.items() if split(key)[1] != "diff" or f"diff{split(key)[2]}" in facts)


def _to_the_point(key: str, plan: Plan, given: Collection[str]) -> bool:
    """Whether a fact belongs in this kind of reply at all."""
    name = split(key)[1]
    if key == "shop.name":
        return plan.greet or plan.topic == "greeting"
    if name in ("order.date", "order.tracking", "order.total"):
        return plan.topic not in ("change", "return")
    if name in ("was", "rating"):
        return plan.move == "recommend" or (name == "rating" and plan.move == "compare")
    if name == "need" and plan.move == "recommend":
        return not any(split(other)[1] == "reason" for other in given)  # reasons say the same, product by product
    if name in ("need", "need.product") and plan.move == "ask":
        return plan.ask not in ("order", "pick", "product")
    return True


def _unknowns(plan: Plan) -> list[Fact]:
    given = {fact.key for fact in plan.facts}
    if "missing.product" in given:
        return []
    made = [Fact(key=f"unknown{i}", text=text) for i, text in enumerate(plan.unknown[: COUNTS["unknown"]], start=1)]
    return [fact for fact in made if fact.key not in given]


def _droppable(facts: Mapping[str, Fact]) -> list[str]:
    found = []
    for name, numbers, picks in _LEAST_NEEDED:
        for pick in picks or (0,):
            for number in numbers:
                key = (f"{pick}." if pick else "") + name + (str(number) if number else "")
                found += [k for k in (key, f"{key}.source") if k in facts]
    return found
