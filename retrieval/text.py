"""Words of product texts and of shoppers, brought to one form. Knows nothing of products or conditions."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_COMBINING = re.compile("[\u0300-\u036f]")
_PUNCTUATION = str.maketrans({"\u2019": "'", "\u2018": "'", "\u2032": "'", "\u2033": '"', "\u201d": '"', "\u201c": '"',
                              "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u00d7": "x", "\u00bd": ".5"})
_APOSTROPHE = re.compile(r"'s?\b")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
WORD = re.compile(rf"[{_CJK}]|\d+(?:[.,]\d+)*|[^\W\d_{_CJK}]+")
_SPELLINGS = {
    "grey": "gray", "colour": "color", "colored": "color", "coloured": "color", "aluminium": "aluminum",
    "alu": "aluminum", "jewellery": "jewelry", "fibre": "fiber", "fibreglass": "fiberglass", "wooden": "wood",
    "woolen": "wool", "woollen": "wool", "golden": "gold", "litre": "liter", "metre": "meter", "tyre": "tire",
    "pyjama": "pajama", "mould": "mold", "travelling": "traveling", "matt": "matte", "centre": "center",
    "doughnut": "donut", "knive": "knife", "shelve": "shelf", "scarve": "scarf", "loave": "loaf", "men": "man",
    "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth", "mice": "mouse", "lense": "lens",
    "polarised": "polarized", "moustache": "mustache",
}
_NO_PLURAL = frozenset({"christmas", "canvas", "atlas", "lens", "series", "swiss", "news", "xmas", "texas"})


def fold(text: str) -> str:
    """Lower case, without accents on Latin letters and with plain quotes, hyphens and signs."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.translate(_PUNCTUATION))
    return unicodedata.normalize("NFC", _COMBINING.sub("", text)).lower()


def words(text: str) -> list[str]:
    """The words of a text in order: runs of letters, numbers, single CJK characters; folded, unstemmed."""
    folded = fold(text)
    return WORD.findall(_APOSTROPHE.sub("", folded) if "'" in folded else folded)


@lru_cache(maxsize=100_000)
def singular(word: str) -> str:
    """The word without a plural ending, in the spelling that this package compares by (`boots` → `boot`)."""
    if len(word) > 3 and word.isalpha() and word.isascii() and word not in _NO_PLURAL:
        if word.endswith("ies") and len(word) > 4:
            word = word[:-3] + "y"
        elif word.endswith(("sses", "xes", "ches", "shes", "zzes")):
            word = word[:-2]
        elif word.endswith("s") and not word.endswith(("ss", "us", "is", "ous")):
            word = word[:-1]
    return _SPELLINGS.get(word, word)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The word without plural, -ed, -ing and -able, so that `foldable`, `folds` and `folding` meet."""
    word = singular(word)
    if len(word) < 6 or not (word.isalpha() and word.isascii()):
        return word
    for ending in ("able", "ible", "ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and re.search("[aeiouy]", base):
            if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
                base = base[:-1]
            return base.removesuffix("e") if len(base) > 5 else base
    return word.removesuffix("e")


def spellings(word: str) -> list[str]:
    """The other spellings of a word that `singular` turns into it."""
    return [other for other, kept in _SPELLINGS.items() if kept == word]


def singulars(text: str) -> list[str]:
    """`words`, each without its plural ending."""
    return [singular(word) for word in words(text)]


def stems(text: str) -> list[str]:
    """`words`, each stemmed."""
    return [stem(word) for word in words(text)]
