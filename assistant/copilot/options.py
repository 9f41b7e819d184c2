"""What a customer's words say of the options of a product: values, comparisons, what is to stay and what does not
matter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from assistant.copilot.scales import Scale, letter_size, same_amount, scale_of
from assistant.service.records import OrderItem, Product
from retrieval.measures import spelled_out
from retrieval.text import fold, singulars

CODE = re.compile(r"[\w#-]*\d[\w-]*")
CHEAPEST, DEAREST = frozenset({"cheapest"}), frozenset({"dearest", "priciest"})
FREE = re.compile(
    r"(?:(?:do|does)(?: not|n't|nt) (?:care|mind|matter)|(?<!\w)no matter)(?:(?!\bbut\b)[^.;!?])*"
    r"|[^.;!?,]*(?:not an issue|not important|no problem|(?:does not|doesn't) matter)[^.;!?,]*"
    r"|\bany (?:other )?(?:\w+ ?){1,2}(?:is|are|will|would|works?|do)\b[^.;!?,]*",
    re.IGNORECASE,
)
REST = re.compile(r"\b(?:other|others|rest|else|everything|specs?|specifications?)\b", re.IGNORECASE)
HAD = re.compile(
    r"\b(?:instead of|rather than|as opposed to|in place of|over|than)\s+(?:an? |the |my )?(?:\S+ ?){1,3}",
    re.IGNORECASE,
)
WISH = re.compile(
    r"(?:\bprefer\w*\b|\bideally\b|\bpreferably\b|\bif possible\b|\bif (?:both|multiple|several|more)\b)[^.;!?]*",
    re.IGNORECASE,
)
SAME = re.compile(r"\b(?:same|keep(?:ing)?)\b((?:\s+(?!but\b|with\b|as\b|except\b)[^\s.;,!?]+){1,5})", re.IGNORECASE)
STRICT = re.compile(
    r"\bsame (?:one|thing|item|model|product|specs?|specifications?|options|features)\b"
    r"|\b(?:other|everything|rest)\b[^.;]*\bsame\b"
    r"|\bsame\b[^.;,]{1,40}\b(?:but|except)\b|\bwithout (?:changing|altering)\b|\bnothing else\b", re.IGNORECASE,
)
SAME_AS = re.compile(r"\bsame\b(?:\s\w+)?\s+as\b", re.IGNORECASE)
MORE = frozenset(("more", "larger", "bigger", "higher", "greater", "longer", "stronger", "faster", "heavier", "taller",
                  "wider", "harder"))  # fmt: skip
LESS = frozenset(("less", "fewer", "smaller", "lower", "shorter", "weaker", "slower", "lighter", "narrower", "easier"))
MOST = frozenset(("most", "maximum", "max", "maximized", "largest", "biggest", "highest", "longest", "strongest",
                  "hardest", "greatest"))  # fmt: skip
LEAST = frozenset(("fewest", "least", "minimum", "min", "minimal", "smallest", "lowest", "shortest", "easiest"))
DELTA = re.compile(r"(\d+(?:\.\d+)?)\s*(?:\w+\s+)?(more|less|fewer)\b(?:\s+\w+)?", re.IGNORECASE)
UPWARDS = re.compile(r"\b(?:or|and)\s+(?:above|better|more|higher|newer|larger|bigger|up)\b", re.IGNORECASE)
YES, NO = frozenset({"yes", "true"}), frozenset({"no", "false"})
NEGATING = frozenset({"not", "no", "non", "without", "t", "never", "isn"})
BY_SIZE = frozenset(["larger", "bigger", "smaller", "largest", "biggest", "smallest"])
SHORT, STEM = 4, 8
"""Letters of the least part of a value that stands for it, and those by which the name of an option is known."""
NEAR = 4
"""Words between a comparison and the option that it is about."""


@dataclass
class Wanted:
    """What is said of a product's options: the values named for each, the first said first; the options that do not
    matter and those that must stay; wishes that decide among what is left; an extreme of the price, 1 the least, -1 the
    most. `strict`: all that is not named has to stay."""

    named: dict[str, list[str]] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    strict: bool = False
    liked: dict[str, list[str]] = field(default_factory=dict)
    price: int = 0


def says_something(words: str, item: OrderItem, product: Product) -> bool:
    """Whether the words say anything of what is wanted in place of `item`."""
    if any(v.item_id in set(CODE.findall(words)) for v in product.variants):
        return True
    wanted = wanted_in(words, item, product)
    other = any(set(values) - {item.options.get(name)} for name, values in wanted.named.items())
    return other or bool(wanted.price or wanted.liked)


def wanted_in(words: str, item: OrderItem, product: Product) -> Wanted:
    """What the words say of the product's options, for a customer who has `item`."""
    text = spelled_out(fold(words))
    wanted = Wanted()
    values = {name: tuple(dict.fromkeys(v.options[name] for v in product.variants if name in v.options))
              for name in dict.fromkeys(name for v in product.variants for name in v.options)}  # fmt: skip
    for match in FREE.finditer(text):
        said = options_in(match[0], values)
        wanted.free |= set(said) | (set(values) if REST.search(match[0]) and not said else set())
    text = HAD.sub(" , ", FREE.sub(" , ", text))
    for match in WISH.finditer(text):
        wanted.liked.update(values_in(match[0], values))
    text = WISH.sub(" . ", text)
    for match in SAME.finditer(text):
        wanted.kept |= set(options_in(match[1], values))
    wanted.strict = STRICT.search(words) is not None
    text = _compared(text, item, values, wanted)
    for name, said in values_in(text, values).items():
        own = item.options.get(name)
        wanted.named.setdefault(name, [value for value in said if value != own] or said)
    _upwards(text, values, wanted)
    wanted.price = _extreme(singulars(text))
    wanted.free -= wanted.kept | set(wanted.named)
    return wanted


def values_in(text: str, values: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """The values of each option that stand in the text, in their order there; where one holds another, the longer
    counts. Sizes in words, measures in other units, and options with yes and no as values are understood."""
    spoken = singulars(text)
    joined = f" {' '.join(spoken)} "
    found: dict[str, list[str]] = {}
    for name, known in values.items():
        if {value.lower() for value in known} <= YES | NO:
            said = _yes_or_no(name, known, spoken)
        else:
            said = [v for v in known if v.lower() != "none" and f" {' '.join(singulars(v))} " in joined]
            said = [v for v in said if not any(v != other and v.lower() in other.lower() for other in said)]
            said += [value for value in sorted(letter_size(spoken, known)) if value not in said]
            said += [value for value in known if value.lower() == "none" and _denied(name, spoken)]
            said = said or [value for value in known if same_amount(text, value)] or _part(name, known, spoken)
        said = _beside(name, said, values, spoken)
        if said:
            found[name] = sorted(said, key=lambda value: joined.find(f" {' '.join(singulars(value))} "))
    return found


def options_in(text: str, values: dict[str, tuple[str, ...]]) -> list[str]:
    """The options that the text speaks of, by name or by one of their values."""
    spoken = set(singulars(text))
    by_value = values_in(text, values)
    return [name for name in values if name in by_value or _own_words(name, values) & spoken]


# --- parts -------------------------------------------------------------------------------------------------------


def _own_words(name: str, values: dict[str, tuple[str, ...]]) -> set[str]:
    """The words of an option's name that no other option has."""
    shared = {word for other in values if other != name for word in singulars(other)}
    return set(singulars(name)) - shared or set(singulars(name))


def _beside(name: str, said: list[str], values: dict[str, tuple[str, ...]], spoken: Sequence[str]) -> list[str]:
    """Of the values said, without those that stand beside the name of another option that has them too, where one is
    left: in `medium size, high ventilation`, the ventilation is high."""
    if len(said) < 2:
        return said

    def rivals(value: str) -> list[str]:
        others = [(other, known) for other, known in values.items() if other != name]
        return [other for other, known in others if value in known or letter_size(singulars(value), known)]

    kept = [value for value in said if not any(_touches(value, other, spoken) for other in rivals(value))]
    return kept or said


def _touches(value: str, name: str, spoken: Sequence[str]) -> bool:
    """Whether a value stands right before the last word of an option's name, or a form of it."""
    words, head = singulars(value), singulars(name)[-1]
    ends = (i + len(words) for i in range(len(spoken) - len(words)) if list(spoken[i : i + len(words)]) == words)
    return any(spoken[end].startswith(head) for end in ends)


def _yes_or_no(name: str, known: Sequence[str], spoken: Sequence[str]) -> list[str]:
    """The value of an option that is there or not, such as `waterproof`."""
    words = singulars(name)
    for start in range(len(spoken) - len(words) + 1):
        if list(spoken[start : start + len(words)]) == words:
            negated = bool(NEGATING & set(spoken[max(0, start - 2) : start]))
            return [value for value in known if value.lower() in (NO if negated else YES)]
    return []


def _denied(name: str, spoken: Sequence[str]) -> bool:
    """Whether an option is wanted to be missing: `no backlight`."""
    words = singulars(name)
    places = [i for i in range(len(spoken)) if list(spoken[i : i + len(words)]) == words]
    return any(spoken[place - 1] in ("no", "without") for place in places if place > 0)


def _part(name: str, known: Sequence[str], spoken: Sequence[str]) -> list[str]:
    """A value that is said in part beside the option's name: `soft material` for softshell."""
    named = singulars(name)
    if not any(word[:STEM] == other[:STEM] for word in named for other in spoken):
        return []
    heads = {word for word in spoken if len(word) >= SHORT and word not in named}
    whole = [value for value in known if heads & set(singulars(value))]
    begun = [value for value in known if any(part.startswith(head) for part in singulars(value) for head in heads)]
    return next((found for found in (whole, begun) if len(found) == 1), [])


def _compared(text: str, item: OrderItem, values: dict[str, tuple[str, ...]], wanted: Wanted) -> str:
    """Notes comparisons with what the customer has, and gives the text without amounts that are differences."""
    for match in DELTA.finditer(text):
        name = _option_near(text, match.start(), match.end(), item, values)
        if name is None or (scale := scale_of(values[name])) is None or item.options.get(name) not in scale:
            continue
        own = scale[item.options[name]]
        target = own + float(match[1]) * (1 if match[2].lower() == "more" else -1)
        wanted.named[name] = [value for value, place in scale.items() if place == target] or ["?"]
        text = text.replace(match[0], " , ")
    for match in re.finditer(r"[^\W\d]+", text):
        word = match[0]
        if word not in MORE | LESS | MOST | LEAST or text[match.end() :].lstrip().startswith("expensive"):
            continue
        name = _option_near(text, match.start(), match.end(), item, values)
        scale = scale_of(values[name]) if name is not None else None
        if name is None or scale is None:
            continue
        if ranked := _ranked(word, scale, item.options.get(name, "")):
            wanted.named[name] = ranked
    return text


def _ranked(word: str, scale: Scale, own: str) -> list[str]:
    """The values that a comparison allows, the first choice first: the next for `larger`, the last for `largest`."""
    if word in MOST | LEAST:
        return sorted(scale, key=lambda value: scale[value], reverse=word in MOST)
    if own not in scale:
        return []
    beyond = [v for v in scale if (scale[v] > scale[own] if word in MORE else scale[v] < scale[own])]
    return sorted(beyond, key=lambda value: abs(scale[value] - scale[own])) or ["?"]


def _option_near(
    text: str, start: int, end: int, item: OrderItem, values: dict[str, tuple[str, ...]]
) -> str | None:
    """The option on a scale that a comparison is about: the one named beside it, a size for `larger`, levels for
    `easier`, or the only one there is."""
    scaled = {name: scale for name, known in values.items() if (scale := scale_of(known)) is not None}
    after, before = singulars(text[end:])[:NEAR], singulars(text[:start])[-NEAR:][::-1]
    if (word := text[start:end]).startswith(("eas", "hard")):
        hard = [name for name in scaled if "difficult" in name.lower() or "level" in name.lower()]
        return hard[0] if len(hard) == 1 else None
    for near in (singulars(word), after, before):
        for said in near:
            named = [name for name in scaled if said in _own_words(name, values) | set(singulars(name)[-1:])]
            if len(named) == 1:
                return named[0]
    if word in BY_SIZE and len(sized := [name for name in scaled if "size" in name.lower()]) == 1:
        return sized[0]
    return next(iter(scaled)) if len(scaled) == 1 and word not in ("more", "most", "less", "least") else None


def _upwards(text: str, values: dict[str, tuple[str, ...]], wanted: Wanted) -> None:
    """Widens a value that is followed by `or above` to those above it on its scale."""
    for match in UPWARDS.finditer(text):
        for name in values_in(" ".join(text[: match.start()].split()[-3:]), values):
            scale = scale_of(values[name])
            if scale is not None and name in wanted.named:
                least = min(scale[value] for value in wanted.named[name] if value in scale)
                above = (value for value in scale if scale[value] >= least)
                wanted.named[name] = sorted(above, key=lambda value: scale[value])


def _extreme(spoken: Sequence[str]) -> int:
    """1 for the cheapest, -1 for the dearest, 0 where neither is asked for."""
    pairs = set(pairwise(spoken))
    if CHEAPEST & set(spoken) or ("least", "expensive") in pairs:
        return 1
    return -1 if DEAREST & set(spoken) or ("most", "expensive") in pairs else 0
