"""Which pieces of a customer's orders their words point at: by product, by what they say of it, or by id."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from assistant.copilot.options import values_in, wanted_in
from assistant.service.kinds import heads
from assistant.service.records import Order, OrderItem, Product
from retrieval.text import WORD, fold, singular, singulars

CODE = re.compile(r"[\w#-]*\d[\w-]*")
EXCEPTION = re.compile(r"\b(?:except(?: for)?|apart from|other than|but (?:not|keep))\b", re.IGNORECASE)
EVERYTHING = frozenset({"all", "everything", "every", "each", "both"})
SEVERAL = EVERYTHING | frozenset({"two", "three", "four", "five", "these", "those", "them"})
WANTED = re.compile(r"\b(?:to|for|into|in|with|instead|but)\b", re.IGNORECASE)
POINTING = re.compile(r"\b(?:it is|it's|it was|they are|the one (?:with|in)|i mean|which (?:is|has))\b", re.IGNORECASE)
DEARER = re.compile(r"\b(?:more|most) expensive\b|\b(?:pricier|priciest|dearer|dearest)\b", re.IGNORECASE)
CHEAPER = re.compile(r"\b(?:less|least) expensive\b|\b(?:cheaper|cheapest)\b", re.IGNORECASE)
ONE_OF = re.compile(r"\b(?:one|1) of (?:the|my|these|those)\b", re.IGNORECASE)
NUMBERED = r"(?:\b(?:(?:my|the|this|that) )?(?:order|purchase)(?: (?:number|no\.?|id))?:? )?"
"""What stands before an order's number and says no more than that it is one."""
PIECES_OF_A_WORD = 4
SHORTEST_VALUE, VALUE = 5, "blue"
"""Letters from which a value is taken out of a text that is heard, and what it is heard as."""
ADJECTIVES = 5
"""Words before a thing's name that may tell which of them is meant."""


@dataclass(frozen=True)
class Piece:
    """A piece of an order; `words` are those about it, from where it is named to where the next one is, and `before`
    the few before its name; `several`: they speak of more than one."""

    order: Order
    item: OrderItem
    words: str
    before: str = ""
    several: bool = False


@dataclass(frozen=True)
class _Word:
    """A word of a text as it is compared, and where it stands."""

    text: str
    start: int
    end: int
    plural: bool


def pieces_named(text: str, orders: Sequence[Order]) -> tuple[Piece, ...]:
    """The pieces that the text names by product, by a word that only one of the customer's products has (a colour or
    size in its name is none), or by id.

    What stands after "except" is taken out; "everything" stands for all pieces of the orders."""
    kept, exceptions = _split(text)
    names = {called(item): set(singulars(" ".join(item.options.values()))) for order in orders for item in order.items}
    spoken = _words(kept)
    places = {name: place for name in sorted(names) if (place := _place(spoken, name, names)) is not None}
    out = {name for name in names if exceptions and _place(_words(exceptions), name, names) is not None}
    everything = not places and bool(EVERYTHING & {word.text for word in spoken})
    if everything:
        places = dict.fromkeys(names, _Word("", 0, 0, plural=True))
    codes = set(CODE.findall(kept))
    starts = [place.start for place in places.values()]
    found = []
    for order in orders:
        for item in order.items:
            place = places.get(called(item))
            if called(item) in out or (place is None and item.item_id not in codes):
                continue
            place = place or _Word("", 0, 0, plural=True)
            end = min((start for start in starts if start > place.start), default=len(text))
            before = _before(kept, place.start, starts)
            several = everything or place.plural or bool(SEVERAL & set(singulars(before)))
            several = several and not ONE_OF.search(f"{before} ")
            found.append(Piece(order, item, text[place.start : end], before, several))
    return tuple(found)


def called(item: OrderItem) -> str:
    """What a piece is called, without the values of its options where a shop writes them behind: `Recorder - red`."""
    name = item.name
    values = "|".join(re.escape(value) for value in sorted(item.options.values(), key=len, reverse=True) if value)
    return re.sub(rf"(?:[\s,;:(/–-]+(?:{values})\)?)+$", "", name, flags=re.IGNORECASE) or name if values else name


def narrowed(pieces: Sequence[Piece], text: str, *, swap: bool) -> tuple[Piece, ...] | None:
    """Of several pieces of one name those that the words tell from the others: by their options, by their price. In a
    `swap`, what is wanted in their place tells nothing of them. `None` where one is meant and it is not said which."""
    found: list[Piece] = []
    named = sorted(pieces, key=lambda piece: called(piece.item))
    for _, group in groupby(named, key=lambda piece: called(piece.item)):
        own = _by_options(list(group), text, swap)
        own = own if swap else _by_price(own, text)
        if len({piece.item.item_id for piece in own}) > 1 and not _several(own, text):
            return None
        if len({(piece.item.item_id, piece.order.id) for piece in own}) == 1 and not _several(own, text):
            own = own[:1]
        elif not _several(own, text):
            return None
        found += own
    return tuple(found)


def without_names(text: str, orders: Sequence[Order], values: Collection[str] = ()) -> str:
    """The text with `it` in place of the names of pieces of the orders, `my order` in place of their numbers, and a
    colour in place of `values` of options: what is asked for can then be heard apart from what it is asked of."""
    own = {re.sub(r"\W", "", order.id).lower() for order in orders}
    known = "|".join(sorted({re.escape(code) for code in CODE.findall(text)
                             if re.sub(r"\W", "", code).lower() in own}, key=len, reverse=True))  # fmt: skip
    text = re.sub(rf"{NUMBERED}(?<![\w#-])(?:{known})(?![\w-])", "my order", text, flags=re.I) if known else text
    names = [set(singulars(called(item))) for order in orders for item in order.items]
    runs: list[tuple[int, int]] = []
    for match in WORD.finditer(text):
        if not any(singular(fold(match[0])) in name for name in names):
            continue
        if runs and not text[runs[-1][1] : match.start()].strip(" -&,"):
            runs[-1] = (runs[-1][0], match.end())
        else:
            runs.append(match.span())
    for start, end in reversed(runs):
        if any(set(singulars(text[start:end])) & name and _enough(text[start:end], name) for name in names):
            text = f"{text[:start]}it{text[end:]}"
    plain = sorted((value for value in values if len(value) >= SHORTEST_VALUE), key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, plain))})(?!\w)", VALUE, text, flags=re.I) if plain else text


def other_named(words: str, item: OrderItem, product: Product) -> bool:
    """Whether the words name, of an option of the product, a value that the piece does not have."""
    named = wanted_in(words, item, product).named
    return any(set(values) - {item.options.get(name)} for name, values in named.items() if name in item.options)


# --- parts -------------------------------------------------------------------------------------------------------


def _by_options(pieces: list[Piece], text: str, swap: bool) -> list[Piece]:
    """Those that have what is said of them; all where nothing is, or none has it."""
    if len({piece.item.item_id for piece in pieces}) < 2:
        return pieces
    values = _values(pieces)
    said = f"{pieces[0].before} {pieces[0].words}"
    if swap:
        said = f"{pieces[0].before} {WANTED.split(pieces[0].words, maxsplit=1)[0]}"
    pointed = " ".join(text[match.start() :] for match in POINTING.finditer(text))
    for words in (said, pointed):
        named = values_in(words, values)
        having = [p for p in pieces if all(p.item.options.get(name) in of for name, of in named.items())]
        pieces = having or pieces
    return pieces


def _values(pieces: Iterable[Piece]) -> dict[str, tuple[str, ...]]:
    """The values that the pieces have of each of their options."""
    found: dict[str, dict[str, None]] = {}
    for piece in pieces:
        for name, value in piece.item.options.items():
            found.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in found.items()}


def _by_price(pieces: list[Piece], text: str) -> list[Piece]:
    """The dearest or the cheapest of several, where that is what they say."""
    chosen = pieces
    if len(pieces) > 1 and DEARER.search(text):
        chosen = [max(pieces, key=lambda piece: piece.item.price)]
    elif len(pieces) > 1 and CHEAPER.search(text):
        chosen = [min(pieces, key=lambda piece: piece.item.price)]
    return [replace(piece, several=False) for piece in chosen] if chosen is not pieces else pieces


def _several(pieces: Sequence[Piece], text: str) -> bool:
    return any(piece.several for piece in pieces) or bool(
        re.search(r"\b(?:both|two|three|all)\b", " ".join(text[m.start() :] for m in POINTING.finditer(text)))
    )


def _words(text: str) -> list[_Word]:
    found = []
    for match in WORD.finditer(text):
        folded = fold(match[0])
        if not (folded == "s" and text[match.start() - 1 : match.start()] in ("'", "’")):
            found.append(_Word(singular(folded), match.start(), match.end(), singular(folded) != folded))
    return found


def _split(text: str) -> tuple[str, str]:
    parts = EXCEPTION.split(text, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def _before(text: str, start: int, starts: Sequence[int]) -> str:
    """The few words before a name, in the same part of the sentence and after the name before it."""
    since = max((other for other in starts if other < start), default=0)
    part = re.split(r"[.;:,!?]|\band\b", text[since:start])[-1]
    return " ".join(part.split()[-ADJECTIVES:])


def _place(spoken: Sequence[_Word], name: str, names: Mapping[str, set[str]]) -> _Word | None:
    """Where a product is named: all its words together, or one that no other name has and that is no word of its
    options, which `names` gives for each."""
    whole = "".join(singulars(name))
    for length in range(1, PIECES_OF_A_WORD + 1):
        for start in range(len(spoken) - length + 1):
            run = spoken[start : start + length]
            if "".join(word.text for word in run) == whole:
                last = run[-1]
                return _Word(whole, run[0].start, last.end, last.plural and not _is_plural(name))
    others = [other for other in names if other != name]
    shared = {word for other in others for word in singulars(other)}
    own = {word for word in singulars(name) if word not in shared | names[name] and len(word) > 2}
    head = heads(name) - {word for other in others for word in heads(other)} - names[name]
    found = next((word for place, word in enumerate(spoken)
                  if word.text in own or (word.text in head and not _leads(spoken[place:], others))), None)  # fmt: skip
    return replace(found, plural=found.plural and not _is_plural(name)) if found is not None else None


def _leads(spoken: Sequence[_Word], others: Sequence[str]) -> bool:
    """Whether the first of these words is the beginning of what something else is called: "guitar bag"."""
    following = {word.text for word in spoken[1:3]}
    return any({spoken[0].text} < (words := set(singulars(other))) and following & words for other in others)


def _is_plural(name: str) -> bool:
    """Whether a product is called by a plural even where it is one, such as boots or headphones."""
    return any(singular(word) != word for word in fold(name).split()[-1:])


def _enough(words: str, name: set[str]) -> bool:
    """Whether a run of words names a thing: by two words of its name or more, or by the only one it has."""
    return len(set(singulars(words)) & name) > 1 or len(name) == 1
