"""Answers from records: which of the shown products a question is about, and which words of a record, or which
clause of the shop's policies, answer it. Nothing is answered that stands in no record."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from assistant.days import days_in, falls_on
from assistant.reasons import Encode
from assistant.shop import Clause, Order
from retrieval.product import Product
from retrieval.text import singulars, stems
from retrieval.view import own_fields

if TYPE_CHECKING:
    from assistant.answerability import Answers

SENTENCE = re.compile(r"(?<=[.!?])\s+")
SHARED_WORDS = 0.35
CLOSE = 0.08
NEARLY = 0.8
ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3,
    "第一": 0, "第二": 1, "第三": 2, "第四": 3, "最后": -1,
}
LAST = re.compile(r"\b(?:the|your|that) (?:very )?last\b|\blast (?:one|two|pair|item|option)\b")
PLURAL = frozenset({"they", "them", "these", "those", "both", "either"})
QUANTIFIERS = frozenset({"any", "all"})
SINGULAR = frozenset({"it", "its", "it's", "this", "that", "它", "这个"})
_SMALL_WORDS = (
    "a an and are as at be but by can do does for from get had has have how i if in is it its me my no not of on or "
    "our so than that the their them then there these they this those to was we what when where which who why will "
    "with would you your come one"
)
STOP = frozenset(_SMALL_WORDS.split())
RULES = frozenset(stems("policy policies rule terms conditions information info please about your"))


@dataclass(frozen=True)
class Statement:
    """Words of a product's record: their field, the name of what they state (may be empty), and the words."""

    field: str
    name: str
    value: str

    @property
    def text(self) -> str:
        """Name and value as a question can be compared with."""
        return f"{self.name}: {self.value}" if self.name else self.value


def statements(product: Product) -> list[Statement]:
    """All that a product's record states, in small pieces; facts before prose, prose before reviews."""
    found = [Statement("product_detail", name, value) for name, value in product.product_detail]
    found += [Statement(name.replace(" ", "_"), name, value) for name, value in own_fields(product)]
    for field in ("brand", "color", "size", "material", "gender", "age_group"):
        if values := getattr(product, field):
            found.append(Statement(field, field.replace("_", " "), ", ".join(values)))
    if product.rating is not None:
        found.append(Statement("rating", "rating", f"{product.rating:g} out of 5"))
    found.append(Statement("availability", "availability", product.availability.replace("_", " ")))
    found += [Statement("product_highlight", "", text) for text in product.product_highlight]
    found += [Statement("description", "", text) for text in SENTENCE.split(product.description) if text.strip()]
    for review in product.reviews:
        found += [Statement("reviews", "", text) for text in SENTENCE.split(review.text) if text.strip()]
    return found


def answer(
    question: str, product: Product, encode: Encode, threshold: float, answers: Answers | None = None, k: int = 2
) -> list[Statement]:
    """The statements of the record that answer the question, best first; empty where the record is silent. `answers`
    judges them, `threshold` is for their similarity where there is none."""
    known = statements(product)
    scores = similarity(question, [statement.text for statement in known], encode)
    if answers is not None and answers.reads(question):
        scores = answers.of_closest(question, [statement.text for statement in known], scores)
        threshold = answers.model.about.product
    best = sorted(range(len(known)), key=lambda i: -scores[i])
    top = [i for i in best if scores[i] >= max(threshold, scores[best[0]] - CLOSE)]
    return [known[i] for i in top[:k]]


def clauses(
    question: str, policies: Sequence[Clause], encode: Encode, threshold: float, answers: Answers | None = None,
    of: Literal["policy", "product"] = "policy",
) -> list[Clause]:
    """The policy clauses that answer the question: those under a heading that is all it says, or the best and one
    more of its topic, which is the next if it is nearly as good, else the topic's first clause, the general rule.
    Empty where none answers. `answers` judges them, `of` tells what they are about; `threshold` is for their
    similarity where there is none."""
    if not policies:
        return []
    if headed := _headed(question, policies):
        return headed[:2]
    texts = [clause_text(clause) for clause in policies]
    scores = similarity(question, texts, encode)
    if answers is not None and answers.reads(question):
        scores, about = answers.of_closest(question, texts, scores), answers.model.about
        threshold = about.policy if of == "policy" else about.product
    best = int(scores.argmax())
    if scores[best] < threshold:
        return []
    topic = [i for i, clause in enumerate(policies) if clause.topic == policies[best].topic and i != best]
    near = [i for i in topic if scores[i] >= NEARLY * scores[best]]
    general = [i for i in topic[:1] if i < best and scores[i] >= threshold]
    second = [max(near, key=lambda i: scores[i])] if near else general
    return [policies[i] for i in (best, *second)]


def _headed(question: str, policies: Sequence[Clause]) -> list[Clause]:
    """The clauses under the heading that a message is no more than ("Return policy?", "delivery"), if it is one."""
    asked = {word for word in stems(question) if word not in STOP} - RULES
    if not asked:
        return []
    return [clause for clause in policies if asked <= set(stems(f"{clause.topic or ''} {clause.title or ''}"))]


def clause_text(clause: Clause) -> str:
    """A clause as a question is compared with it: topic, title and text, as far as it has them."""
    titled = f"{clause.title}. {clause.text}" if clause.title else clause.text
    return f"{clause.topic}: {titled}" if clause.topic else titled


def similarity(question: str, texts: Sequence[str], encode: Encode) -> NDArray[np.float32]:
    """How well each text answers the question: closeness in meaning, and rarer words shared counting for more."""
    if not texts:
        return np.zeros(0, dtype=np.float32)
    vectors = encode([question, *texts])
    meaning = vectors[1:] @ vectors[0]
    words = [set(stems(text)) for text in texts]
    asked = {word for word in stems(question) if word not in STOP}
    spread = Counter(word for found in words for word in found)
    weight = {word: math.log(1 + len(texts) / (1 + spread[word])) for word in asked}
    total = sum(weight.values()) or 1.0
    shared = [sum(weight[w] for w in asked & found) / total for found in words]
    return (meaning + SHARED_WORDS * np.asarray(shared, dtype=np.float32)).astype(np.float32)


def subject(question: str) -> str:
    """What a question asks for, in the shopper's words: its last run of words that carry meaning."""
    runs: list[list[str]] = [[]]
    for word in re.findall(r"[\w'-]+", question):
        if word.lower() in STOP or word.lower() in ORDINALS:
            runs.append([])
        else:
            runs[-1].append(word)
    last = next((run for run in reversed(runs) if run), [question.strip()[:60]])
    return " ".join(last[-6:]).lower()


def meant(message: str, products: Sequence[Product], focus: int = 0) -> tuple[int, ...]:
    """Places of the shown products that a message is about; empty where it points at none in particular.

    By ordinal ("the first two", "the last one"), by words that only some of them carry ("the blue one", a brand),
    or by a pronoun: "it" is the one in focus, "they" all of them.
    """
    if not products:
        return ()
    words = set(re.findall(r"[\w'-]+", message.lower()))
    by_place = placed(message, len(products))
    if by_place:
        return by_place
    by_name = _distinctive(message, products)
    if by_name:
        return by_name
    if PLURAL & words or (QUANTIFIERS & words and not SINGULAR & words):
        return tuple(range(len(products)))
    return (min(focus, len(products) - 1),) if SINGULAR & words else ()


def order_meant(message: str, orders: Sequence[Order]) -> Order:
    """The order, of one or more with the newest first, of the day that a message names, else whose things it names by
    the most words; the newest where it names none or several alike."""
    days = days_in(message)
    orders = [o for o in orders if falls_on((o.placed_at, o.delivered_at), days)] or orders
    asked = {word for word in stems(message) if word not in STOP}
    named = [len(asked & set(stems(" ".join(item.title for item in order.items)))) for order in orders]
    return orders[named.index(max(named))]


def placed(message: str, count: int) -> tuple[int, ...]:
    """The places of `count` shown products that a message names by their order: "the first two", "number 3"."""
    message = message.lower()
    words = set(re.findall(r"[\w'-]+", message))
    said = [ORDINALS[w] for w in words if w in ORDINALS]
    said += [-1] if LAST.search(message) else []
    said += [place for word, place in ORDINALS.items() if not word.isascii() and word in message]
    said += [int(n) - 1 for n in re.findall(r"(?:number|option|no\.?|#)\s*([1-9])\b", message)]
    if re.search(r"\bfirst (two|2)\b", message):
        said = [0, 1]
    places = {place % count if place < 0 else place for place in said}
    return tuple(sorted(place for place in places if place < count))


def _distinctive(message: str, products: Sequence[Product]) -> tuple[int, ...]:
    """Products that carry words of the message which not all of them carry, if one or more stand out."""
    asked = {word for word in singulars(message) if word not in STOP and not word.isdigit()}
    carried = [set(singulars(" ".join((p.title, *p.brand, *p.color, *p.size, *p.material)))) for p in products]
    everywhere = set.intersection(*carried) if len(carried) > 1 else set()
    scores = [len(asked & words - everywhere) for words in carried]
    best = max(scores)
    return tuple(i for i, score in enumerate(scores) if score == best > 0)
