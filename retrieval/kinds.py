"""Which products are the kind of thing that a phrase like "hiking boots" names, in any catalogue.

Words decide first: category names, and what titles end on ("Computers & Phones" stands for all that is in it only
where nothing else is called so). Where a phrase is in none of them, common other words for it, a likely misspelling
and at last the encoder are tried. What nothing fits is reported as not found.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from retrieval.audience import is_group, made_for
from retrieval.catalogue import Catalogue, levels
from retrieval.encoder import Encoder
from retrieval.product import Product
from retrieval.synonyms import synonyms
from retrieval.text import WORD, fold, singular, singulars, stem, stems
from retrieval.view import view

Mask = NDArray[np.bool_]
Words = tuple[str, ...]
How = Literal["any", "exact", "broader", "similar", "none"]

SIMILAR = 0.72
"""The least cosine at which the encoder may take a phrase for a category or a title's noun (MiniLM puts `earpods`
and `earbuds` at 0.73, `tablet` and `laptop` at 0.54)."""
_CLOSE = 0.04
_TYPO = 0.84
_BEYOND = re.compile(
    r" - | \| |[,(\[:;]|\b(?:for|with|without|in|by|from|under|to|that|which|who|and|incl|on|at|like)\b", re.I
)
_CUT = re.compile(r"\b(?:for|with|without|in|from|under|to|that|which|who|my|his|her|their|our|on|at|like|around)\b")
_CONTAINERS = re.compile(
    r"^(?:a |an |some |new )*(?:pair|set|box|pack|bottle|bunch|couple|piece|kind|sort|type|lot)s? of "
)


def _lines(text: str) -> frozenset[str]:
    return frozenset(singulars(text))


_GENERIC = _lines("something anything thing thingy thingie thingamajig stuff gadget gear equipment accessory")
_OPEN = _lines("something anything gift present item product one option")
_EMPTY = _lines("a an the some any new good nice cheap best cute decent proper pair really very")
_QUALIFIERS = _lines("""
    black white gray red green blue yellow orange purple pink brown beige navy teal silver gold cream charcoal turquoise
    burgundy ivory khaki olive pro plus max mini ultra lite se xl xxl s m l x xs small medium large original color inch
    cm mm edition deluxe premium classic standard series gen generation new
""")
_MODELS = _lines("pro plus max mini ultra lite se")
_PORTIONS = _lines("""
    set kit pack bundle duo trio collection combo pair fillet steak bouquet platter sampler selection loaf slice bunch
    assortment piece pc
""")
_TOO_WIDE = _lines("""
    machine maker device tool holder stand cover case bag box board set system unit rack kit pack card charger seat
    frame bed top cleaner stick light cloth pad
""")
"""Nouns that say too little alone: a shop with bags need not have anything like a sleeping bag."""
_ALONE = frozenset((noun,) for noun in _TOO_WIDE)


class KindMatch(BaseModel):
    """What a product phrase names in the catalogue.

    `how`: `any` (the phrase names no kind, so all products are meant), `exact` (a category or the titles name it),
    `broader` (only the last word is known: "pool table" where there are tables), `similar` (the encoder or a
    likely misspelling), `none` (the shop has nothing of that kind). `labels` are the categories or nouns matched.
    """

    model_config = ConfigDict(frozen=True)

    phrase: str
    how: How
    labels: tuple[str, ...] = ()
    count: int = 0

    @property
    def found(self) -> bool:
        """Whether the shop has anything that the phrase can mean."""
        return self.how != "none"


class Kinds:
    """The kinds of things in a catalogue.

    `vectors` are those of `labels`, shape `(len(labels), dim)`, where they are stored; else they are made when needed.
    """

    def __init__(self, catalogue: Catalogue, encoder: Encoder, vectors: NDArray[np.float32] | None = None) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._levels: dict[Words, set[int]] = defaultdict(set)
        self._shared: dict[Words, set[int]] = defaultdict(set)
        self._heads: dict[str, set[int]] = defaultdict(set)
        self._joined: dict[str, set[int]] = defaultdict(set)
        self._titles: dict[str, set[int]] = defaultdict(set)
        self._brands: dict[Words, set[int]] = defaultdict(set)
        self._lines: list[Words] = []
        self._shown: dict[Words, str] = {}
        for place, product in enumerate(catalogue):
            self._add(place, product)
        frequent = {head for head, places in self._heads.items() if len(places) > 2}
        self._nouns = {name[-1] for name in (*self._levels, *self._shared)} | frequent
        self._labels = sorted({*self._levels, *self._shared, *((head,) for head in frequent if len(head) > 2)})
        self._vectors = vectors if vectors is not None and len(vectors) == len(self._labels) else None
        self.match = lru_cache(maxsize=1024)(self._match)

    def _add(self, place: int, product: Product) -> None:
        for name in levels(product.product_type):
            parts = [part for part in re.split(r"[&/,]|\band\b", name) if singulars(part)]
            for part in parts:
                words = tuple(singulars(part))
                (self._levels if len(parts) == 1 else self._shared)[words].add(place)
                self._shown.setdefault(words, part.strip().lower())
        for brand in product.brand:
            self._brands[tuple(singulars(brand))].add(place)
        title = tuple(singulars(_main(product.title)))
        self._lines.append(title)
        for word in _with_joined(title):
            self._titles[word].add(place)
        for head in _heads(title):
            self._heads[head].add(place)
        self._joined["".join(_unqualified(title)[-2:])].add(place)

    def _match(self, phrase: str | None) -> tuple[KindMatch, Mask]:
        words, describes = asked(phrase or "")
        if not words:
            everything = np.ones(len(self._catalogue), dtype=np.bool_)
            return KindMatch(phrase=phrase or "", how="any", count=len(everything)), everything
        how, labels, places = self._resolve(words, describes)
        mask = np.zeros(len(self._catalogue), dtype=np.bool_)
        mask[sorted(places)] = True
        names = tuple(dict.fromkeys(self._shown.get(label, " ".join(label)) for label in labels))
        return KindMatch(phrase=phrase or "", how=how, labels=names, count=len(places)), mask

    def _resolve(self, words: Words, describes: bool) -> tuple[How, list[Words], set[int]]:
        whole = self._with_synonyms(words)
        if not whole:
            words = _noun_last(words)
            whole = self._with_synonyms(words)
        if whole:
            return "exact", list(whole), set().union(*whole.values())
        if shared := self._shared.get(words):
            return "exact", [words], shared
        if describes and (mentioned := self._mentioned(words)):
            return "exact", [words], mentioned
        if named := self._brands.get(words) or self._named_first(words):
            return "exact", [words], named
        typed = self._typo(words)
        if typed is not None and (places := self._named(typed)):
            return "similar", [typed], places
        alike = self._similar(" ".join(words))
        similar = {label: places for label in alike if (places := self._named(label) or self._shared.get(label, set()))}
        if similar:
            return "similar", list(similar), set().union(*similar.values())
        if broader := self._wider(words):
            return "broader", list(broader), set().union(*broader.values(), self._filed_under(words))
        if near := self._near_names(words):
            return "broader", sorted(near), set().union(*near.values())
        return "none", [], set()

    def _wider(self, words: Words) -> dict[Words, set[int]]:
        """What the phrase names without its first words, as few as can be left out."""
        wider = (self._with_synonyms(words[i:]) for i in range(1, len(words)) if words[i:] not in _ALONE)
        return next((found for found in wider if found), {})

    def _with_synonyms(self, words: Words) -> dict[Words, set[int]]:
        """The products so named, and unless a category is called just that, those under other words for it."""
        others = [] if words in self._levels else synonyms(words)
        found = {label: places for label in (words, *others) if (places := self._named(label))}
        called = set().union(*(self._levels[label] for label in others if label in self._levels))
        if called and words in found:
            found[words] = {p for p in found[words] if p in called or not self._is_narrower(p, words)}
        return {label: places for label, places in found.items() if places}

    def _is_narrower(self, place: int, words: Words) -> bool:
        """Whether a product's own category is called this and more (`exercise bike`): where another category is called
        just so by another word (`bicycle`), that one is meant."""
        leaf = singulars(self._catalogue.products[place].product_type.rpartition(">")[2])
        return len(leaf) > len(words) and tuple(leaf[-len(words) :]) == words

    def _filed_under(self, words: Words) -> set[int]:
        """Products of a category called by the words before the noun, whose record has the noun too: ornaments filed
        under `christmas` for "christmas decorations"."""
        noun = stem(words[-1])
        filed = ((place, view(self._catalogue.products[place])) for place in self._levels.get(words[:-1], ()))
        return {place for place, seen in filed if any(noun in stems(piece.text) for piece in seen.pieces)}

    def _named_first(self, words: Words) -> set[int]:
        """Products whose title names the thing first, as Latin and Romance names do (`Barolo Serralunga`): it begins
        with the words, which like the one after them are no everyday ones; or a number comes after them."""
        rare = all(self._is_rare(word) for word in words)
        return {
            place
            for place, following in self._begun_with(words)
            if following is None or not following.isalpha() or (rare and self._is_rare(following))
        }

    def _begun_with(self, words: Words) -> Iterator[tuple[int, str | None]]:
        """Products whose title begins with the words, after the brand if that comes first, and the word after them."""
        for place in self._titles.get(words[0], ()):
            title, product = self._lines[place], self._catalogue.products[place]
            brands = (tuple(singulars(brand)) for brand in product.brand)
            start = max((len(brand) for brand in brands if title[: len(brand)] == brand), default=0)
            end = start + len(words)
            if title[start:end] == words:
                yield place, title[end] if end < len(title) else None

    def _near_names(self, words: Words) -> dict[Words, set[int]]:
        """By category, products whose title begins with the words: near the thing, if not the thing."""
        found: dict[Words, set[int]] = defaultdict(set)
        for place, _ in self._begun_with(words):
            if leaf := tuple(singulars(self._catalogue.products[place].product_type.rpartition(">")[2])):
                found[leaf].add(place)
        return found

    def _is_rare(self, word: str) -> bool:
        """Whether the encoder has to take the word apart, since it is none of the common words that it knows whole."""
        return self._encoder.pieces(word) > 1

    def _named(self, words: Words) -> set[int]:
        """Products whose category is called so, or whose title ends on it; with what stands before the noun said
        in category or title, or else among the properties of the record."""
        base = self._of_noun(words[-1:])
        if len(words) > 1:
            base = base | self._of_noun(("".join(words[-2:]),))
        before = words[:-1]
        if not before or not base:
            return base
        found = {p for p in base if self._says(p, before)}
        if len(words) == 2:
            found |= self._of_noun(("".join(words),))
        return found or {p for p in base if _in_details(self._catalogue.products[p], before)}

    def _of_noun(self, noun: Words) -> set[int]:
        word = noun[0]
        found = self._heads.get(word, set()) | self._joined.get(word, set())
        for name, places in self._levels.items():
            if name[-1] == word or (len(name) > 1 and "".join(name[-2:]) == word):
                found |= {place for place in places if not self._is_accessory(place, word)}
        return found | {p for p in self._titles.get(word, ()) if self._stands_alone(p, word)}

    def _is_accessory(self, place: int, word: str) -> bool:
        """Whether a product of a wide category is only for such things: a phone case under `Phones > Cases`."""
        leaf = singulars(self._catalogue.products[place].product_type.rpartition(">")[2])
        title = self._lines[place]
        if word in leaf or word not in title:
            return bool(leaf) and word in leaf and leaf[-1] != word
        return title[-1] != word and all(
            following in self._nouns for each, following in pairwise(title) if each == word
        )

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
        texts = (product.product_type, product.title, *product.brand)
        own = {stem(w) for w in (*self._lines[place], *(word for text in texts for word in singulars(text)))}
        return all(stem(word) in own or made_for(product, word) for word in words)

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
        if not self._is_rare(words[-1]):
            return None
        known = sorted(self._nouns | set(self._heads))
        close = difflib.get_close_matches(words[-1], known, n=1, cutoff=_TYPO) if len(words[-1]) > 4 else []
        return (*words[:-1], close[0]) if close and close[0] != words[-1] else None

    @property
    def labels(self) -> list[str]:
        """The names of all categories and of what at least three titles end on, sorted: what the encoder compares."""
        return [" ".join(label) for label in self._labels]

    def _similar(self, phrase: str) -> list[Words]:
        if not self._labels:
            return []
        if self._vectors is None:
            self._vectors = self._encoder.encode(self.labels)
        scores = self._vectors @ self._encoder.encode([phrase])[0]
        least = max(SIMILAR, float(scores.max()) - _CLOSE)
        asked_for = set(phrase.split())
        near = [self._labels[i] for i in np.argsort(-scores, kind="stable") if scores[i] >= least]
        return [label for label in near if not set(label) <= asked_for]


class Asked(NamedTuple):
    """The words of a phrase that name the kind, singular, and whether they only describe it ("gps thingies")."""

    words: Words
    describes: bool


def asked(phrase: str) -> Asked:
    """What a shopper's phrase names: `a pair of boots for my nan` → `("boot",)`; no words where it names no kind."""
    text = _CONTAINERS.sub("", fold(phrase).strip())
    cut = _CUT.search(text)
    kept = text[: cut.start()] if cut is not None and cut.start() > 0 else text
    words = [w for w in map(singular, WORD.findall(kept.replace("'s", ""))) if w not in _EMPTY]
    if words and (words[0] in _OPEN or words[-1] in _OPEN):
        return Asked((), describes=True)
    if len(words) > 1 and is_group(words[-1]):
        words = [words[-1], *words[:-1]]
    return Asked(tuple(w for w in words if w not in _GENERIC), describes=bool(words) and words[-1] in _GENERIC)


def _main(title: str) -> str:
    """The part of a title that names the thing, before variants, measures and what it is for."""
    cut = _BEYOND.search(title)
    return title[: cut.start()] if cut is not None and cut.start() > 0 else title


def _noun_last(words: Words) -> Words:
    """The words with a model's number or letters put before its noun: `iphone x` → `x iphone`."""
    end = len(words)
    while end > 1 and (len(words[end - 1]) == 1 or not words[end - 1].isalpha() or words[end - 1] in _MODELS):
        end -= 1
    return (*words[end:], *words[:end])


def _heads(title: Sequence[str]) -> list[str]:
    """The noun that a title ends on, before model numbers, colours and sizes; with it the one before a mere portion
    or set of it (`salmon fillet`, `drum set`)."""
    words = _unqualified(title)
    heads = words[-1:]
    while len(words) > 1 and words[-1] in _PORTIONS:
        words.pop()
        heads = [*heads, words[-1]]
    return heads


def _unqualified(title: Sequence[str]) -> list[str]:
    words = list(title)
    while words and (words[-1] in _QUALIFIERS or not words[-1].isalpha()):
        words.pop()
    return words


def _with_joined(words: Sequence[str]) -> Iterable[str]:
    return {*words, *(left + right for left, right in pairwise(words))}


def _in_details(product: Product, words: Words) -> bool:
    """Whether the record states all words as properties; prose also names what a thing stands on or is used with."""
    if not all(stem(word) in view(product).squashed for word in words):
        return False
    stated = {stem(w) for piece in view(product).pieces if piece.name for w in singulars(f"{piece.name} {piece.text}")}
    return all(stem(word) in stated for word in words)
