"""Putting wishes into marked words: a clause of their own, or a place beside the product's name."""

from __future__ import annotations

import re

from finetune.generator.grammar import phrases
from finetune.generator.markup import quote, value
from finetune.generator.turns import Need, Turn
from finetune.generator.wishes import Wish

OPS = {"is": "is", "is_not": "not", "at_least": "low", "at_most": "high", "about": "near"}
SIZED = {"is": "size.is.measure", "at_least": "size.low.must", "at_most": "size.high.must", "about": "size.near.must"}
BEFORE = ("quantity", "condition", "size", "worn", "colour", "style", "brand", "feature", "material")
"""The order of what stands before a product's name."""


def group(wish: Wish) -> str:
    """The group of phrases that can say a wish."""
    if wish.form in ("size.range", "price.range"):
        return wish.form
    if wish.form == "size.measure":
        return SIZED[wish.op]
    if wish.form in ("low", "high", "near"):
        return f"{wish.form}.is.{wish.strength}"
    if wish.slot == "price":
        return f"price.{OPS[wish.op]}.{wish.strength}"
    if wish.second is not None:
        return "colour.two.not" if wish.op == "is_not" else f"colour.two.{wish.strength}"
    return f"{wish.form}.{OPS[wish.op]}.{wish.strength}"


def clause(wish: Wish, turn: Turn, need: Need) -> str:
    """A clause that says a wish about a need, entered into the turn."""
    table = phrases("phrases")
    name = group(wish)
    if name not in table:
        name = name.replace(".prefer", ".must")
    pattern = table.pick(name, turn.rng, turn.shopper.voice.register)
    marks = [turn.add(need, wish, place, prefer=name.endswith(".prefer")) for place in range(len(wish.parts))]
    return fill(pattern, wish, marks)


def fill(pattern: str, wish: Wish, marks: list[int]) -> str:
    """A pattern with a wish's words in their places, quoted where it has brackets or else as a whole."""
    if not pattern.count("["):
        pattern = f"[{pattern}]"
    before, rest = pattern.split("[", 1)
    inside, after = rest.split("]", 1)
    words = {"{v}": value(marks[0], wish.text), "{w}": value(marks[-1], wish.second or "")}
    text = before + quote(marks, inside) + after.replace("[", "").replace("]", "")
    return re.sub(r"\{[vw]\}", lambda match: words[match[0]], text)


def fits_before(wish: Wish) -> bool:
    """Whether a wish can stand before the product's name: `waterproof`, `red`, `size 9`, but no `not red`."""
    if wish.op != "is" or wish.second is not None or wish.strength != "must":
        return False
    if wish.slot == "feature":
        return wish.form == "adj"
    return wish.slot in BEFORE


def noun_phrase(product: str, wishes: list[Wish], turn: Turn, need: Need) -> str:
    """The product's name with wishes before it: `2 red waterproof rain jackets`, its name marked."""
    ordered = sorted(wishes, key=lambda w: BEFORE.index(w.slot))
    words = []
    for wish in ordered:
        mark = turn.add(need, wish, 0, prefer=False)
        words.append(quote(mark, value(mark, wish.text)))
    named = value(turn.name(need), product)
    many = product.endswith("s") and not product.endswith("ss")
    counted = bool(ordered) and ordered[0].slot == "quantity"
    if turn.rng.random() < (0.35 if turn.shopper.voice.case != "sentence" else 0.85) and not many and not counted:
        words.insert(0, article(ordered[0].text if ordered else product))
    if many and turn.rng.random() < 0.15 and not counted:
        words.insert(0, "some")
    return " ".join([*words, named])


def article(word: str) -> str:
    """`a` or `an`."""
    return "an" if word[:1].lower() in "aeiou" and not word.lower().startswith(("uni", "usb", "eu", "one")) else "a"
