"""Whether a record says something: words found in one statement of it, and whether that statement denies them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import NamedTuple

from retrieval.text import WORD, fold, spellings, stem, stems, words
from retrieval.view import Piece, View

_FUNCTION_WORDS = frozenset(stems(
    "a an the with in of that to for and or it is are be has have having on my your very really quite super so some any"
    " proper nice good which can must should would like kind type sort bit also from at by as"
))
_BEFORE = frozenset(words(
    "not no non never without cannot isnt doesnt dont arent wont nor anti cant lacks lack lacking minus zero"
))
_ADJACENT = frozenset(("non", "anti", "zero"))
_IMITATION = frozenset(("faux", "fake", "imitation", "artificial", "vegan", "simulated"))
_AFTER = re.compile(
    r"^\W*(free\b|less\b|(?:is |are |use |\w+ )?not (?:included|supported|required|needed|recommended|allowed"
    r"|possible|suitable|available)|sold separately|excluded|unsupported)"
)
_DENIALS = frozenset((
    "no", "none", "false", "n", "n/a", "na", "not supported", "not available", "not included", "without",
    "not applicable", "unsupported", "0", "-", "\u2717", "not", "never", "nein", "nicht",
))
_CLAUSE = re.compile(r"[,;:()\u2014]|\bbut\b|\bhowever\b|\balthough\b|\bwhile\b|\byet\b|\bthough\b| - ")
_POLARITY = re.compile(r"^(?:no|not|non|without|zero)[ -]+(?P<a>.+)$|^(?P<b>.+?)[ -]free$")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_SAME = (
    ("quiet", "silent", "noiseless", "low noise"),
    ("lightweight", "light weight", "ultralight"),
    ("foldable", "collapsible"),
    ("non slip", "anti slip", "slip resistant", "non skid"),
    ("wireless", "cordless"),
    ("usb c", "type c"),
    ("eco friendly", "environmentally friendly", "sustainable"),
    ("memory", "ram"),
)


class Evidence(NamedTuple):
    """The product's own field and words that show that a condition is met.

    `value` is empty where a condition is met because the record does not say the unwanted thing.
    """

    field: str
    value: str


class Claim(NamedTuple):
    """What a record says about a phrase: the statement for it and the one against it; both `None` if it is silent."""

    says: Evidence | None
    denies: Evidence | None


SILENT = Claim(None, None)


class Phrase:
    """Words to look for. `needles` rule out records fast; the rest decides piece by piece."""

    def __init__(self, text: str) -> None:
        folded = fold(text).strip()
        self.is_cjk = bool(_CJK.search(folded))
        self.folded = re.sub(r"\s+", "", folded) if self.is_cjk else folded
        every = stems(text)
        self.stems = tuple(w for w in every if w not in _FUNCTION_WORDS) or tuple(every)
        spelled = [w for w in WORD.findall(folded) if stem(w) in self.stems]
        needles = {_shortest(w) for w in spelled} if spelled else {self.folded}
        self._first, *self._others = sorted(needles, key=lambda needle: (-len(needle), needle))

    def may_be_in(self, squashed: str) -> bool:
        """A fast necessary condition, on `View.squashed` or a line of it."""
        if self._first not in squashed or not self.stems:
            return False
        for needle in self._others:  # noqa: SIM110 (a loop, since this runs for every product)
            if needle not in squashed:
                return False
        return True

    def find(self, text: str) -> tuple[int, int] | None:
        """Where the words are in a text, as places in the folded text from the first to the last; `None` if not all."""
        if self.is_cjk:
            place = fold(text).find(self.folded)
            return None if place < 0 else (place, place + len(self.folded))
        return _span(self.stems, _tokens(text))


def claim(view: View, phrase: str, fields: Iterable[str] | None = None) -> Claim:
    """What a record says about a phrase, in the given fields of `View.pieces` or in all. A detail that is named
    like the phrase and says yes or no decides; otherwise one statement for it is enough."""
    says: Evidence | None = None
    denies: Evidence | None = None
    wanted = None if fields is None else frozenset(fields)
    for variant in variants(phrase):
        if not variant.may_be_in(view.squashed):
            continue
        for piece, line in zip(view.pieces, view.squashed.split("\n"), strict=True):
            if not variant.may_be_in(line) or (wanted is not None and piece.field not in wanted):
                continue
            verdict = _verdict(piece, variant)
            if verdict is None:
                continue
            evidence = Evidence(field=piece.field, value=piece.quote)
            if _is_answer(piece, variant):
                return Claim(evidence, None) if verdict else Claim(None, evidence)
            if verdict:
                says = says or evidence
            else:
                denies = denies or evidence
    return SILENT if says is None and denies is None else Claim(says, denies if says is None else None)


def is_silent(view: View, phrase: str) -> bool:
    """A fast sufficient condition for a record to say nothing about a phrase."""
    squashed = view.squashed
    for variant in variants(phrase):  # noqa: SIM110 (a loop, since this runs for every product)
        if variant.may_be_in(squashed):
            return False
    return True


def wanted_absent(text: str) -> str | None:
    """What a wish like `no app`, `without handles` or `fragrance free` does not want, or `None`."""
    match = _POLARITY.match(fold(text).strip())
    return None if match is None else match["a"] or match["b"]


@lru_cache(maxsize=4096)
def variants(text: str) -> tuple[Phrase, ...]:
    """The phrase, and those that say the same."""
    folded = " ".join(fold(text).replace("-", " ").split())
    found = [text]
    for group in _SAME:
        for member in group:
            if re.search(rf"\b{member}\b", folded):
                found += [re.sub(rf"\b{member}\b", other, folded) for other in group if other != member]
                break
    return tuple(Phrase(each) for each in found)


def _shortest(word: str) -> str:
    """What every form and spelling of a word that this package takes as the same begins with."""
    forms = (word, stem(word), *spellings(stem(word)))
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*forms, strict=False))
    base = "".join(letters[0] for letters in same)
    return base[:-1] if base.endswith("y") and len(base) > 3 else base


class _Token(NamedTuple):
    stem: str
    word: str
    start: int
    end: int


@lru_cache(maxsize=20_000)
def _tokens(text: str) -> tuple[_Token, ...]:
    return tuple(_Token(stem(m[0]), m[0], m.start(), m.end()) for m in WORD.finditer(fold(text).replace("'s", "  ")))


def _span(wanted: Sequence[str], tokens: Sequence[_Token]) -> tuple[int, int] | None:
    places: list[tuple[int, int]] = []
    i = 0
    while i < len(wanted):
        one = _place(wanted[i], tokens)
        if one is None and i + 1 < len(wanted):
            one = _place(wanted[i] + wanted[i + 1], tokens)
            i += 1
        if one is None:
            return None
        places.append(one)
        i += 1
    return (min(start for start, _ in places), max(end for _, end in places)) if places else None


def _place(wanted: str, tokens: Sequence[_Token]) -> tuple[int, int] | None:
    for token in tokens:
        if token.stem == wanted:
            return token.start, token.end
    for left, right in pairwise(tokens):
        if len(left.word) + len(right.word) >= len(wanted) and stem(left.word + right.word) == wanted:
            return left.start, right.end
    return None


@lru_cache(maxsize=50_000)
def _verdict(piece: Piece, phrase: Phrase) -> bool | None:
    """Whether the piece says the phrase (`True`), denies it (`False`) or has nothing on it (`None`)."""
    if not piece.name:
        span = phrase.find(piece.text)
        return None if span is None else not _denied(fold(piece.text), span)
    span = phrase.find(piece.text)
    if span is not None:
        return not _denied(fold(piece.text), span)
    span = phrase.find(piece.quote)
    if span is None:
        return None
    if fold(piece.text).strip() in _DENIALS:
        return False
    return not _denied(fold(piece.quote), span)


def _is_answer(piece: Piece, phrase: Phrase) -> bool:
    return bool(piece.name) and set(stems(piece.name)) == set(phrase.stems)


def _denied(text: str, span: tuple[int, int]) -> bool:
    """Whether the clause in which the words stand takes them back."""
    start, end = span
    before = _CLAUSE.split(text[:start])[-1]
    near = WORD.findall(before.replace("n't", "nt").replace("'", ""))[-4:]
    for distance, word in enumerate(reversed(near)):
        if word in _IMITATION and distance == 0:
            return True
        if word not in _BEFORE or (word in _ADJACENT and distance > 0):
            continue
        after = near[len(near) - distance :]
        if after[:1] in (["only"], ["just"], ["longer"]):
            continue
        if word in ("not", "never") and "and" in after:
            continue
        return True
    return bool(_AFTER.match(text[end:]))
