"""A picture for each product: our own drawings, chosen by what the product is and tinted by its colour.

Nothing of the product's text gets into the SVG but through `xml.sax.saxutils.escape`, so it is safe to embed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from string import Template
from xml.sax.saxutils import escape

from retrieval.demo.colors import Palette, palette
from retrieval.demo.tables import TABLES, read_table
from retrieval.product import Product

NEUTRAL = "parcel"
"""The drawing of a product that nothing is known of."""

_FRAME = Template(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400" role="img">'
    "<title>$label</title>"
    '<defs><linearGradient id="g$key" x1="0" y1="0" x2="0.3" y2="1"><stop offset="0" stop-color="$lighter"/>'
    '<stop offset="0.45" stop-color="$main"/><stop offset="1" stop-color="$darker"/></linearGradient>'
    '<linearGradient id="s$key" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#eef2f5"/>'
    '<stop offset="1" stop-color="#a8b2bb"/></linearGradient>'
    '<radialGradient id="b$key" cx="0.5" cy="0.4" r="0.75"><stop offset="0" stop-color="$glow"/>'
    '<stop offset="1" stop-color="$ground"/></radialGradient></defs>'
    '<rect width="400" height="400" fill="url(#b$key)"/>'
    '<ellipse cx="200" cy="331" rx="138" ry="14" fill="$shadow" opacity="0.22"/>'
    '<g transform="translate(20 36) scale(0.9)">$art</g></svg>'
)


@dataclass(frozen=True)
class Drawing:
    """One drawing: its name, the words that call for it, and its SVG with `$` placeholders for the colours."""

    name: str
    words: tuple[tuple[str, ...], ...]
    art: str


def picture(product: Product) -> str:
    """The product's picture as an SVG document of 400 by 400, for any catalogue's product."""
    drawing = drawing_of(product)
    colors = palette(product)
    return _FRAME.substitute(
        label=escape(_printable(product.title)),
        key=colors.main.lstrip("#"),
        main=colors.main,
        lighter=colors.lighter,
        darker=colors.darker,
        glow=colors.glow,
        ground=colors.ground,
        shadow=colors.darkest,
        art=_tinted(drawing.art, colors),
    )


def drawing_of(product: Product) -> Drawing:
    """The drawing whose words fit best.

    What a product is, is said by the last part of its category and by the head of its title; only where these say
    nothing, the whole title and the category's upper parts are asked. More words win, then what comes last.
    """
    leaf = re.split(r"[>/|]", product.product_type)[-1]
    head = re.split(r"\s[-\u2013|]\s|,|\bfor\b|\bwith\b", product.title)[0]
    near, far = (_words(leaf), _words(head)), (_words(product.title), _words(product.product_type))
    return _best(near) or _best(far) or drawings()[NEUTRAL]


def _best(texts: Sequence[list[str]]) -> Drawing | None:
    """The drawing of the longest phrase in the texts; among equals, of the first text and its last phrase."""
    known = _phrases()
    longest = max(map(len, known))
    for size in range(longest, 0, -1):
        for words in texts:
            for start in range(len(words) - size, -1, -1):
                drawing = known.get(tuple(words[start : start + size]))
                if drawing:
                    return drawing
    return None


@cache
def _phrases() -> dict[tuple[str, ...], Drawing]:
    return {phrase: drawing for drawing in drawings().values() for phrase in drawing.words}


@cache
def drawings() -> dict[str, Drawing]:
    """All drawings by name."""
    found: dict[str, Drawing] = {}
    for file in sorted((TABLES / "drawings").glob("*.yaml")):
        for name, entry in read_table(file).items():
            words = tuple(tuple(_words(phrase)) for phrase in entry["words"])
            found[name] = Drawing(name=name, words=words, art=" ".join(entry["svg"].split()))
    return found


def _tinted(art: str, colors: Palette) -> str:
    key = colors.main.lstrip("#")
    return Template(art).substitute(
        c=colors.main, l=colors.lighter, d=colors.darker, k=colors.darkest, a=colors.accent,
        g=f"url(#g{key})", s=f"url(#s{key})", w="#fffaf2", m="#a4abb2", n="#343a44",
    )


def _words(text: str) -> list[str]:
    return [_singular(word) for word in re.findall(r"[a-z0-9'-]+", text.lower())]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _printable(text: str) -> str:
    """The text without the control characters that XML forbids."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
