"""For each attribute of a condition, the function that looks for its proof in a product's view.

Every matcher returns the proof as `Evidence`, or `None`. `is_not` is met exactly where `is` is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from retrieval.audience import stated_for
from retrieval.claims import Evidence, Phrase, claim, is_silent, wanted_absent
from retrieval.measured import bound_holds, letter_order, letters, measured, target
from retrieval.text import singulars, stem, stems, words
from retrieval.view import Piece, View

Matcher = Callable[[View], Evidence | None]

_BOUNDS = ("at_most", "at_least", "about")
_CONDITIONS = {
    "refurbished": ("refurbished", "refurb", "renewed", "reconditioned", "recertified"),
    "used": ("used", "second hand", "pre owned", "pre loved", "preowned"),
    "open box": ("open box", "ex display", "ex rental", "b stock"),
}


def matcher(attribute: str, op: str, value: str | float) -> Matcher:
    """The matcher of any condition but a price."""
    text = f"{value:g}" if isinstance(value, float | int) else value
    if attribute == "rating":
        return _rating(op, value)
    if op in _BOUNDS:
        return _bounded(attribute, op, text)
    positive = _positive(attribute, text)
    return _negation(attribute, text, positive) if op == "is_not" else positive


def price(op: str, value: str | float, unit: str | None, rates: Mapping[str, float] | None) -> Matcher:
    """The matcher of a price. A currency without a rate is compared as the number is."""
    holds = price_holds(op, value, unit, rates)

    def check(view: View) -> Evidence | None:
        if not holds(view):
            return None
        amount = view.amount
        field = "price" if view.product.sale_price is None else "sale_price"
        return Evidence(field=field, value=f"{amount:.2f} {view.product.currency or ''}".strip())

    return check


def price_holds(
    op: str, value: str | float, unit: str | None, rates: Mapping[str, float] | None
) -> Callable[[View], bool]:
    """Whether a price meets a condition, without the proof."""
    wanted = _number(value)

    def holds(view: View) -> bool:
        amount = view.amount
        if amount is None or wanted is None:
            return False
        limit = wanted
        if unit and rates and (own := view.product.currency) and own != unit and {own, unit} <= rates.keys():
            limit = wanted * rates[unit] / rates[own]
        if op in ("is", "is_not"):
            return (abs(amount - limit) < 0.005) == (op == "is")
        return bound_holds(amount, op, limit)

    return holds


def _rating(op: str, value: str | float) -> Matcher:
    wanted = _number(value)

    def check(view: View) -> Evidence | None:
        rating = view.product.rating
        if rating is None or wanted is None:
            return None
        met = abs(rating - wanted) < 1e-9 if op in ("is", "is_not") else bound_holds(rating, op, wanted)
        return Evidence(field="rating", value=f"{rating:g}") if met != (op == "is_not") else None

    return check


def _positive(attribute: str, text: str) -> Matcher:
    match attribute:
        case "brand":
            asked = tuple(stems(text))
            return lambda view: None if is_silent(view, text) else _brand(view, asked)
        case "color":
            return _color(text)
        case "material":
            return _material(text)
        case "size":
            return lambda view: _size(view, text)
        case "condition":
            return lambda view: _state(view, text)
        case "product":
            return lambda view: _kind(view, tuple(singulars(text)))
        case "recipient":
            return lambda view: _recipient(view, text)
        case _:
            return _statement(text)


def _negation(attribute: str, text: str, positive: Matcher) -> Matcher:
    silent = Evidence(field=_field(attribute), value="")

    def check(view: View) -> Evidence | None:
        if positive(view) is not None:
            return None
        own: tuple[str, ...] = getattr(view.product, attribute, ()) if attribute in _OWN_FIELDS else ()
        if own:
            return Evidence(field=attribute, value=", ".join(own))
        if attribute == "product":
            return Evidence(field="product_type", value=view.product.product_type)
        return silent if attribute == "condition" else claim(view, text).denies or silent

    return check


_OWN_FIELDS = frozenset({"brand", "color", "size", "material"})


def _field(attribute: str) -> str:
    if attribute in _OWN_FIELDS:
        return attribute
    return {"product": "product_type", "condition": "condition"}.get(attribute, "product_detail")


def _bounded(attribute: str, op: str, text: str) -> Matcher:
    wanted = target(text)
    letter = letters(text) if attribute == "size" else None

    def check(view: View) -> Evidence | None:
        if letter is not None:
            return _letter_bound(view, op, letter)
        if wanted is None:
            return None if op == "about" else _statement(text)(view)
        return measured(view, op, wanted, ("size",) if attribute == "size" else ())

    return check


def _letter_bound(view: View, op: str, wanted: str) -> Evidence | None:
    for value in view.product.size:
        own = letters(value)
        if own is not None and bound_holds(letter_order(own), op, letter_order(wanted)):
            return Evidence(field="size", value=value)
    return None


def _statement(text: str) -> Matcher:
    """Something the record has to say in words, or, where it holds a measure, in numbers."""
    wanted = target(text)
    absent = wanted_absent(text)

    def check(view: View) -> Evidence | None:
        if not is_silent(view, text):
            found = claim(view, text)
            if found.says or found.denies:
                return found.says
        if absent is not None:
            return claim(view, absent).denies
        return measured(view, "is", wanted) if wanted is not None and wanted.dimension else None

    return check


def _brand(view: View, asked: tuple[str, ...]) -> Evidence | None:
    for value, own in zip(view.product.brand, view.brands, strict=True):
        if _within(asked, own) or (own and own == asked[: len(own)] and _within(asked[len(own) :], view.title)):
            return Evidence(field="brand", value=value)
    if not view.brands and _within(asked, view.title):
        return Evidence(field="title", value=view.product.title)
    return None


def _color(text: str) -> Matcher:
    asked = tuple(w for w in stems(text) if w not in ("color", "in"))

    def check(view: View) -> Evidence | None:
        if view.colors:
            return _own_value(view, "color", view.colors, asked)
        named = claim(view, text, ("title", "product_detail", "product_highlight"))
        if named.says or named.denies or not Phrase(text).may_be_in(view.squashed):
            return named.says
        return _described(view, asked)

    return check


def _described(view: View, asked: tuple[str, ...]) -> Evidence | None:
    """A sentence in which the colour stands right before what the product is (`this sleek black backpack`)."""
    heads = set(stems(view.product.product_type)) | set(view.title[-2:])
    for piece in view.pieces:
        if piece.field != "description":
            continue
        said = stems(piece.text)
        for i in range(len(said) - len(asked)):
            if tuple(said[i : i + len(asked)]) == asked and heads & set(said[i + len(asked) : i + len(asked) + 3]):
                return Evidence(field="description", value=piece.text.strip())
    return None


def _material(text: str) -> Matcher:
    asked = tuple(stems(text))

    def check(view: View) -> Evidence | None:
        if view.materials:
            return _own_value(view, "material", view.materials, asked)
        return claim(view, text).says

    return check


def _own_value(
    view: View, field: str, values: tuple[tuple[str, ...], ...], asked: tuple[str, ...]
) -> Evidence | None:
    """The value of a field that has the words asked for, or is all of them but the last (`navy` for `navy blue`)."""
    for own in values:
        whole = bool(asked) and all(w in own for w in asked) and not _imitation(own, asked)
        if whole or (asked[:-1] and own == asked[:-1]):
            return Evidence(field=field, value=", ".join(getattr(view.product, field)))
    return None


def _imitation(own: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    fakes = {"faux", "imitation", "artificial", "vegan", "fake"}
    return bool(fakes & set(own)) and not fakes & set(asked)


def _size(view: View, text: str) -> Evidence | None:
    asked = letters(text)
    wanted = target(text)
    tokens = [w for w in words(text) if w != "size"]
    for value in view.product.size:
        if asked is not None and letters(value) == asked:
            return Evidence(field="size", value=value)
        own = words(value)
        if tokens and all(_same_word(w, own) for w in tokens):
            return Evidence(field="size", value=value)
    if asked is not None:
        return None if view.product.size else _sized_title(view, text)
    if wanted is not None and wanted.dimension:
        return measured(view, "is", wanted, ("size",)) or _words(view, text)
    if wanted is not None:
        return None if view.product.size else _sized_title(view, text)
    return _words(view, text)


def _words(view: View, text: str) -> Evidence | None:
    return claim(view, text).says


def _same_word(word: str, own: list[str]) -> bool:
    if word.replace(".", "", 1).isdigit():
        return any(w.replace(".", "", 1).isdigit() and float(w) == float(word) for w in own)
    return stem(word) in map(stem, own)


def _sized_title(view: View, text: str) -> Evidence | None:
    """A worn size where the record has no size field: a detail named size, or the title."""
    asked = words(text)
    for piece in view.pieces:
        if piece.field == "title" or (piece.name and "size" in stems(piece.name)):
            own = words(piece.text)
            marked = piece.name or "size" in own or (len(asked) == 1 and len(asked[0]) > 1 and not asked[0].isdigit())
            if marked and (all(_same_word(w, own) for w in asked) or letters(piece.text) == letters(text) is not None):
                return Evidence(field=piece.field, value=piece.quote)
    return None


def _state(view: View, text: str) -> Evidence | None:
    """New, used or refurbished. A record that says nothing is of a new product, as Merchant has it."""
    asked = " ".join(words(text)) or text
    pieces = [p for p in view.pieces if p.field in ("title", "condition") or "condition" in stems(p.name)]
    stated = {name: piece for name, forms in _CONDITIONS.items() for piece in pieces if _states(piece, forms)}
    if asked in ("new", "brand new", "unused"):
        own = next((p for p in pieces if p.name and "new" in words(p.text)), None)
        return None if stated else Evidence(field="condition", value=own.quote if own else "new")
    name = next((n for n, forms in _CONDITIONS.items() if stem(asked) in map(stem, forms) or asked in forms), None)
    if name is not None:
        found = stated.get(name)
        return None if found is None else Evidence(field=found.field, value=found.quote)
    return claim(view, text).says


def _states(piece: Piece, forms: tuple[str, ...]) -> bool:
    text = f" {' '.join(words(piece.text))} "
    return any(f" {form} " in text for form in forms)


def _kind(view: View, asked: tuple[str, ...]) -> Evidence | None:
    """Whether the category or the title names the product as this kind of thing."""
    leaf = view.product.product_type.rpartition(">")[2].strip()
    if asked and all(w in singulars(leaf) for w in asked):
        return Evidence(field="product_type", value=leaf)
    if asked and all(w in singulars(view.product.title) for w in asked):
        return Evidence(field="title", value=view.product.title)
    return None


def _recipient(view: View, text: str) -> Evidence | None:
    stated = stated_for(view.product, set(singulars(text)) | set(words(text)))
    if stated is not None:
        return stated
    return claim(view, text).says


def _within(asked: tuple[str, ...], own: tuple[str, ...]) -> bool:
    """Whether the words stand in a row in the other, compounds taken apart or together."""
    if any(own[i : i + len(asked)] == asked for i in range(len(own) - len(asked) + 1)):
        return True
    joined = "".join(asked)
    return any("".join(own[i:j]) == joined for i in range(len(own)) for j in range(i + 1, min(i + 4, len(own)) + 1))


def _number(value: str | float) -> float | None:
    try:
        return float(value)
    except ValueError:
        found = target(str(value))
        return None if found is None else found.measures[0].raw
