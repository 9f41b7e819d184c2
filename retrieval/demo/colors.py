"""The colours of a picture, from the words of a product's colour and material."""

from __future__ import annotations

import colorsys
import hashlib
import re
from dataclasses import dataclass
from functools import cache

from retrieval.demo.tables import TABLES, read_table
from retrieval.product import Product

_RGB = tuple[float, float, float]
_PLEASANT = ("#4678b0", "#5d8f5a", "#c4694a", "#7c569c", "#d2a233", "#2f8b8b", "#97325e", "#66727d")
_MODIFIERS = {"light": 0.35, "pale": 0.45, "dusty": 0.12, "dark": -0.35, "deep": -0.3}


@dataclass(frozen=True)
class Palette:
    """Colours as `#rrggbb`: of the product in four depths, an accent, and the background from its middle outwards."""

    main: str
    lighter: str
    darker: str
    darkest: str
    accent: str
    glow: str
    ground: str


def palette(product: Product) -> Palette:
    """The palette of a product; one without a known colour gets a pleasant one that its group always gets."""
    main = _named(product) or _rgb(_chosen(product.item_group_id or product.id))
    bright = _luminance(main)
    paper = (0.86, 0.9, 0.92) if bright > 0.72 else (0.97, 0.95, 0.91)
    hue, light, saturation = colorsys.rgb_to_hls(*main)
    accent = colorsys.hls_to_rgb((hue + 0.45) % 1 if saturation > 0.12 else 0.08, 0.6, 0.55)
    return Palette(
        main=_hex(main),
        lighter=_hex(_mix(main, (1, 1, 1), 0.38)),
        darker=_hex(_mix(main, (0.08, 0.06, 0.1), 0.26)),
        darkest=_hex(_mix(main, (0.08, 0.07, 0.12), 0.55 if light > 0.3 else 0.7)),
        accent=_hex(accent),
        glow=_hex(_mix(paper, (1, 1, 1), 0.65)),
        ground=_hex(_mix(paper, main, 0.14 if saturation > 0.12 else 0.08)),
    )


def _named(product: Product) -> _RGB | None:
    table = _table()
    for text in (*product.color, *product.material):
        words = re.findall(r"[a-z]+", text.lower())
        known = [word for word in words if word in table]
        if known:
            shift = sum(_MODIFIERS.get(word, 0.0) for word in words)
            base = [_rgb(table[word]) for word in known[-2:]]
            mixed = base[0] if len(base) == 1 else _mix(base[1], base[0], 0.75)
            return _mix(mixed, (1, 1, 1) if shift > 0 else (0, 0, 0), abs(shift))
    return None


@cache
def _table() -> dict[str, str]:
    return dict(read_table(TABLES / "colors.yaml"))


def _chosen(key: str) -> str:
    return _PLEASANT[hashlib.sha256(key.encode()).digest()[0] % len(_PLEASANT)]


def _rgb(code: str) -> _RGB:
    return (int(code[1:3], 16) / 255, int(code[3:5], 16) / 255, int(code[5:7], 16) / 255)


def _hex(color: _RGB) -> str:
    return "#" + "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02x}" for part in color)


def _mix(a: _RGB, b: _RGB, share: float) -> _RGB:
    """`a` with this share of `b`."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def _luminance(color: _RGB) -> float:
    return 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2]
