"""Which products are the kind of thing that a phrase like "hiking boots" names, in any catalogue.

Words decide first: category names, then what titles end on. Where a phrase is in none of them, common other words
for it, a likely misspelling and at last the encoder are tried. What nothing fits is reported as not found.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from retrieval.catalogue import Catalogue, levels
from retrieval.encoder import Encoder
from retrieval.product import Product
from retrieval.synonyms import synonyms
from retrieval.text import WORD, fold, singular, singulars, stem
from retrieval.view import view

Mask = NDArray[np.bool_]
Words = tuple[str, ...]

SIMILAR = 0.62
"""The least cosine at which the encoder may take a phrase for a category or a title's noun."""
_CLOSE = 0.04
_TYPO = 0.84
_BEYOND = re.compile(
    r" - | \| |[,(\[:;]|\b(?:for|with|without|in|by|from|under|to|that|which|who|and|incl|on|at|like)\b", re.I
)
_CUT = re.compile(r"\b(?:for|with|without|in|from|under|to|that|which|who|my|his|her|their|our|on|at|like|around)\b")
_CONTAINERS = re.compile(r"^(?:a |an |some |new )*(?:pair|set|box|pack|bottle|bunch|couple|piece|kind|sort|type|lot)s? of ")
_GENERIC = frozenset(singulars(
    "a an the some any new good nice cheap best something anything thing thingy thingie thingamajig stuff gadget item product "
    "one gift present gear bit kit equipment accessory option pair cute decent proper"
))


class KindMatch(BaseModel):
    """What a product phrase names in the catalogue.

    `how`: `any` (the phrase names no kind, so all products are meant), `exact` (a category or the titles name it),
    `broader` (only the last word is known: "pool table" where there are tables), `similar` (the encoder or a
    likely misspelling), `none` (the shop has nothing of that kind). `labels` are the categories or nouns matched.
    """

    model_config = ConfigDict(frozen=True)

    phrase: str
    how: Literal["any", "exact", "broader", "similar", "none"]
    labels: tuple[str, ...] = ()
    count: int = 0

    @property
    def found(self) -> bool:
        """Whether the shop has anything that the phrase can mean."""
        return self.how != "none"


class Kinds:
    """The kinds of things in a catalogue. Vectors of their names are made when first needed."""

    def __init__(self, catalogue: Catalogue, encoder: Encoder) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._levels: dict[Words, set[int]] = defaultdict(set)
        self._heads: dict[str, set[int]] = defaultdict(set)
        self._titles: dict[str, set[int]] = defaultdict(set)
        self._lines: list[Words] = []
        for place, product in enumerate(catalogue):
            self._add(place, product)
        self._nouns = {name[-1] for name in self._levels} | {h for h, places in self._heads.items() if len(places) > 2}
        self._vectors: NDArray[np.float32] | None = None
        self._labels: list[Words] = []
        self.match = lru_cache(maxsize=1024)(self._match)

    def _add(self, place: int, product: Product) -> None:
        for name in levels(product.product_type):
            for part in re.split(r"[&/,]|\band\b", name):
                if words := tuple(singulars(part)):
                    self._levels[words].add(place)
        title = tuple(singulars(_main(product.title)))
        self._lines.append(title)
        for word in _with_joined(title):
            self._titles[word].add(place)
        for head in _heads(title):
            self._heads[head].add(place)

    def _match(self, phrase: str | None) -> tuple[KindMatch, Mask]:
        words = phrase_words(phrase or "")
        if not words:
            everything = np.ones(len(self._catalogue), dtype=np.bool_)
            return KindMatch(phrase=phrase or "", how="any", count=len(everything)), everything
        how, labels, places = self._resolve(words, phrase or "")
        mask = np.zeros(len(self._catalogue), dtype=np.bool_)
        mask[sorted(places)] = True
        names = tuple(dict.fromkeys(" ".join(label) for label in labels))
        return KindMatch(phrase=phrase or "", how=how, labels=names, count=len(places)), mask

    def _resolve(
        self, words: Words, phrase: str
    ) -> tuple[Literal["exact", "broader", "similar", "none"], list[Words], set[int]]:
        asked = [words, *synonyms(words)]
        whole = [(label, places) for label in asked if (places := self._named(label))]
        if whole:
            return "exact", [label for label, _ in whole], set().union(*(places for _, places in whole))
        mentioned = set().union(*(self._mentioned(label) for label in asked))
        if mentioned:
            return "exact", [words], mentioned
        typed = self._typo(words)
        if typed is not None and (places := self._named(typed) or self._mentioned(typed)):
            return "similar", [typed], places
        similar = self._similar(phrase)
        if similar:
            return "similar", similar, set().union(*(self._named(label) for label in similar))
        heads = [words[-1:], *synonyms(words[-1:])] if len(words) > 1 else []
        broader = [(label, places) for label in heads if (places := self._named(label))]
        if broader:
            return "broader", [label for label, _ in broader], set().union(*(places for _, places in broader))
        return "none", [], set()

    def _named(self, words: Words) -> set[int]:
        """Products whose category is called so, or whose title ends on it; with what stands before the noun said
        in category or title, or else elsewhere in the record."""
        base = self._of_noun(words[-1:])
        if len(words) > 1:
            base = base | self._of_noun(("".join(words[-2:]),))
        before = words[:-1]
        if not before or not base:
            return base
        direct = {p for p in base if self._says(p, before)}
        joined = self._of_noun(("".join(words),)) if len(words) == 2 else set()
        return direct | joined or {p for p in base if _in_record(self._catalogue.products[p], before)}

    def _of_noun(self, noun: Words) -> set[int]:
        word = noun[0]
        found = set(self._heads.get(word, ()))
        for name, places in self._levels.items():
            if name[-1] == word or (len(name) > 1 and "".join(name[-2:]) == word):
                found |= places
        return found | {p for p in self._titles.get(word, ()) if self._stands_alone(p, word)}

    def _stands_alone(self, place: int, word: str) -> bool:
        """Whether a title without a category names the thing by this word: no other noun follows ("notebook case")."""
        if self._catalogue.products[place].product_type:
            return False
        title = self._lines[place]
        return any(
            each == word and (i + 1 == len(title) or title[i + 1] not in self._nouns)
            for i, each in enumerate(title)
        )

    def _says(self, place: int, words: Words) -> bool:
        product = self._catalogue.products[place]
        own = {stem(w) for w in (*self._lines[place], *singulars(product.product_type), *singulars(product.title))}
        return all(stem(word) in own for word in words)

    def _mentioned(self, words: Words) -> set[int]:
        """Products with all the words anywhere in title or category (`gps` in "GPS bike computer")."""
        found: set[int] | None = None
        for word in words:
            places = set(self._titles.get(word, ()))
            for name, own in self._levels.items():
                if word in name:
                    places |= own
            found = places if found is None else found & places
        return found or set()

    def _typo(self, words: Words) -> Words | None:
        known = sorted(self._nouns | set(self._heads))
        close = difflib.get_close_matches(words[-1], known, n=1, cutoff=_TYPO) if len(words[-1]) > 4 else []
        return (*words[:-1], close[0]) if close and close[0] != words[-1] else None

    def _similar(self, phrase: str) -> list[Words]:
        if self._vectors is None:
            heads = Counter({(head,): len(places) for head, places in self._heads.items() if len(head) > 2})
            self._labels = sorted({*self._levels, *heads})
            self._vectors = self._encoder.encode([" ".join(label) for label in self._labels])
        if not self._labels:
            return []
        scores = self._vectors @ self._encoder.encode([phrase])[0]
        best = float(scores.max())
        if best < SIMILAR:
            return []
        return [self._labels[i] for i in np.argsort(-scores, kind="stable") if scores[i] >= max(SIMILAR, best - _CLOSE)]


def phrase_words(phrase: str) -> Words:
    """The words of a shopper's phrase that name the kind, singular: `a pair of boots for my nan` → `("boot",)`."""
    text = _CONTAINERS.sub("", fold(phrase).strip())
    cut = _CUT.search(text)
    kept = text[: cut.start()] if cut is not None and cut.start() > 0 else text
    words = [singular(w) for w in WORD.findall(kept.replace("'s", ""))]
    return tuple(w for w in words if w not in _GENERIC)


def _main(title: str) -> str:
    """The part of a title that names the thing, before variants, measures and what it is for."""
    cut = _BEYOND.search(title)
    return title[: cut.start()] if cut is not None and cut.start() > 0 else title


def _heads(title: Sequence[str]) -> Iterator[str]:
    """The noun that a title ends on, and the last two words as one (`head set` → `headset`)."""
    words = [w for w in title if w.isalpha()]
    if words:
        yield words[-1]
    if len(words) > 1:
        yield "".join(words[-2:])


def _with_joined(words: Sequence[str]) -> Iterable[str]:
    return {*words, *(left + right for left, right in zip(words, words[1:], strict=False))}


def _in_record(product: Product, words: Words) -> bool:
    squashed = view(product).squashed
    return all(stem(word) in squashed for word in words)
