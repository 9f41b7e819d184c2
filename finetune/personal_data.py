"""Finding personal data in what people write to a shop: patterns, and the checks that numbers carry.

E-mail addresses, card numbers (by the Luhn check), phone and order numbers follow rules and are found reliably.
Postal addresses are found where they are written in a usual form of English, German, French, Spanish, Italian, Dutch or
Chinese. Names have no form: they are found where people introduce themselves, greet, sign or use a title, and where
they are known beforehand, such as from orders. A name that merely occurs ("I told Priya") is missed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Literal, NamedTuple

Kind = Literal["email", "card", "address", "phone", "order", "name"]
KINDS: tuple[Kind, ...] = ("email", "card", "address", "phone", "order", "name")


class Span(NamedTuple):
    """Personal data of a kind, from character `start` to before `end`."""

    start: int
    end: int
    kind: Kind


def find(text: str, names: Collection[str] = ()) -> list[Span]:
    """The personal data in `text`, in order, none overlapping; `names` are known ones."""
    found: list[Span] = []
    for kind in KINDS:
        for start, end in _FINDERS[kind](text):
            if start < end and all(end <= other.start or start >= other.end for other in found):
                found.append(Span(start, end, kind))
    for pattern in _known(names):
        for match in pattern.finditer(text):
            if all(match.end() <= other.start or match.start() >= other.end for other in found):
                found.append(Span(*match.span(), "name"))
    return sorted(found)


def _known(names: Collection[str]) -> list[re.Pattern[str]]:
    """Longer names first. A whole name counts in any case of letters; a single word, which may mean something else
    too (Rose, Mark), and the parts of a whole name only as names are written."""
    whole = {" ".join(name.split()) for name in names} - {""}
    parts = {part for name in whole for part in name.split() if len(part) > 2 or part == name}
    patterns = [(name, re.IGNORECASE if " " in name else re.NOFLAG) for name in whole]
    patterns += [(form, re.NOFLAG) for part in parts for form in {part.capitalize(), part.upper()} - whole]
    patterns.sort(key=lambda pattern: (-len(pattern[0]), pattern[0]))
    return [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", flags) for name, flags in patterns]


def luhn(digits: str) -> bool:
    """Whether the last of some digits is the check digit that payment cards have."""
    values = [int(d) for d in reversed(digits)]
    doubled = [v * 2 - 9 if v > 4 else v * 2 for v in values[1::2]]
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


Places = Iterator[tuple[int, int]]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- e-mail -----------------------------------------------------------------------------------------------------

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?<![.])"
    r"|(?<![\w.+-])[\w.+-]+ ?[(\[]at[)\]] ?[\w-]+ ?(?:\.|[(\[]dot[)\]]) ?\w{2,}"
    r"|(?<![\w.+-])[\w.+-]+ at [\w-]+ dot (?:com|net|org|de|fr|es|it|nl|cn|in|ng|au|co dot uk)\b",
    re.IGNORECASE,
)

# --- digits: cards and phones -----------------------------------------------------------------------------------

_GROUPS = re.compile(r"(?<![\w#.,])[0-9]+(?:[ -][0-9]+)*(?![\w]|[.,][0-9])")
_PLUS = re.compile(r"(?<![\w+])(?:\+|00)[1-9](?:[ ()./-]{0,2}[0-9]){7,14}(?![0-9])")
_GROUPED = re.compile(r"(?<![\w.-])(?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}(?![\w-]|\.[0-9])")
_NATIONAL = re.compile(r"(?<![\w.,#-])\(?0[1-9](?:\)?[ ()/-]{0,2}[0-9]){7,10}(?![\w]|[.,][0-9])")
_BARE = re.compile(r"(?<![\w.,#-])(?:1[3-9][0-9]{9}|[6-9][0-9]{9})(?![\w]|[.,][0-9])")
_SAID_PHONE = re.compile(
    r"(?:\b(?:phone|mobile|cell|tel|telephone|whats ?app|handy|call me|text me|ring me|reach me)|电话|手机)"
    r"(?:[ ]*(?:number|no\.?|nr\.?|nummer|is|at|on|:|：|=|-|号码?|是))*[ ]*"
    r"(?P<it>\+?[0-9](?:[ ()./-]{0,2}[0-9]){5,14})(?![0-9])",
    re.IGNORECASE,
)


def _cards(text: str) -> Places:
    for match in _GROUPS.finditer(text):
        groups = [(m.start() + match.start(), m.end() + match.start()) for m in re.finditer("[0-9]+", match[0])]
        first = 0
        while first < len(groups):
            last = _card(text, groups, first)
            if last is not None:
                yield groups[first][0], groups[last][1]
            first = first + 1 if last is None else last + 1


def _card(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last of the groups that make up a card number from group `first` on; the longest there is."""
    digits, found = "", None
    for last in range(first, len(groups)):
        digits += text[slice(*groups[last])]
        if 13 <= len(digits) <= 19 and luhn(digits) and len(set(digits)) > 1:
            found = last
    return found


def _phones(text: str) -> Places:
    for pattern in (_PLUS, _GROUPED, _NATIONAL, _BARE):
        yield from (match.span() for match in pattern.finditer(text))
    yield from (match.span("it") for match in _SAID_PHONE.finditer(text))


# --- order numbers ----------------------------------------------------------------------------------------------

_ORDER_WORDS = (
    r"order|tracking|invoice|rma|shipment|parcel|bestellung|bestellnummer|auftrag|rechnung|commande|facture|pedido"
    r"|factura|ordine|bestelling|订单"
)
_OTHER_WORDS = r"confirmation|reference|ref|ticket|case|booking|customer|account"
_NUMBER_WORDS = r"number|num|no\.?|nr\.?|nummer|id|code|numéro|número|numero|号"
_SAID_ORDER = re.compile(
    rf"(?:\b(?:(?P<order>{_ORDER_WORDS})|{_OTHER_WORDS})|订单)"
    rf"(?P<mark>(?:[ ]*(?:{_NUMBER_WORDS}|is|was|:|：|-|#(?=[ ])))*)[ ]*"
    r"(?P<it>#?[A-Z0-9]+(?:[-_/][A-Z0-9]+)*)(?![\w])",
    re.IGNORECASE,
)
_MARKED, _ORDER, _OTHER = 3, 5, 7
"""So many digits make a number of an order: after a mark such as `number` or `:`, after `order`, after `case`."""
_HASH = re.compile(r"(?<![\w&])#[A-Z]{0,4}-?[0-9]{4,}(?:-[0-9]+)*(?![\w])", re.IGNORECASE)
_CODED = re.compile(r"\b(?:ORD|ORDER|INV|RMA|TRK)[-_][A-Z0-9]*[0-9][A-Z0-9-]{2,}(?![\w])", re.IGNORECASE)


def _orders(text: str) -> Places:
    for match in _SAID_ORDER.finditer(text):
        least = _MARKED if match["mark"].strip() else _ORDER if match["order"] else _OTHER
        if sum(c.isdigit() for c in match["it"]) >= least:
            yield match.span("it")
    for pattern in (_HASH, _CODED):
        yield from (match.span() for match in pattern.finditer(text))


# --- postal addresses -------------------------------------------------------------------------------------------

_UPPER = r"[A-ZÄÖÜÀ-ÖØ-Þ][\w'’.-]*"
_PLACE = r"[A-ZÄÖÜÀ-ÖØ-Þ][a-zäöüßà-öø-ÿ'’.-]+"
_STREET = r"Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Boulevard|Blvd|Crescent|Terrace|Mews|Highway|Parkway"
_SHORT = r"Drive|Dr|Court|Ct|Way|Close|Place|Pl|Square|Sq|Grove|Gardens|Row|Hill|Circle|Park"
_FLAT = r"(?:,? ?(?:[Aa]pt|[Aa]partment|[Ff]lat|[Uu]nit|[Ss]uite|#)\.? ?[\w-]+)?"
_UK = r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9](?!GB|TB|MB|KG|CM|MM|ML|HZ|PC|PK|IN|FT|OZ|LB|MP)[A-Z]{2}\b"
_TOWN = rf"(?:(?:,| in)? {_PLACE}(?: {_PLACE})?)?(?:,? (?:[A-Z]{{2}} [0-9]{{5}}(?:-[0-9]{{4}})?|[0-9]{{4,5}}|{_UK}))?"
_AFTER = r"(?=$|[\s]*[,.;:!?)\n]|\s+(?:[0-9]|in\b|apt|flat|unit|please|and\b|thanks|by\b|[A-Z]{1,2}[0-9]))"
_CITY = rf"(?:,? [0-9]{{4,5}}(?: {_UPPER})?)?"
_INTRODUCED = (
    r"(?:live at|living at|lives at|address is|address:|address to|deliver(?:ed)? (?:it )?to|ship(?:ped)? (?:it )?to"
    r"|send (?:it |them )?to|moved to)"
)
_ADDRESSES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b[0-9]{{1,5}}[A-Za-z]?,? (?:{_UPPER} ){{1,4}}(?:{_STREET}|{_SHORT})\b\.?{_AFTER}{_FLAT}{_TOWN}",
        rf"(?i:\b{_INTRODUCED}) (?P<it>[0-9]{{1,5}}[A-Za-z]?,? (?:[\w'’-]+ ){{1,4}}(?i:{_STREET}|{_SHORT})\b\.?"
        rf"{_FLAT}{_TOWN})",
        rf"\b{_UPPER}(?:[ -]{_UPPER})?(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer)"
        rf" [0-9]{{1,4}} ?[a-z]?\b{_CITY}",
        rf"\b(?:[A-ZÄÖÜ]\w+er )?(?:Straße|Strasse|Allee|Platz|Weg) [0-9]{{1,4}} ?[a-z]?\b{_CITY}",
        rf"\b[0-9]{{1,4}}(?: ?(?:bis|ter))?,? (?i:rue|avenue|boulevard|bd|impasse|allée|chemin|quai)"
        rf"(?: (?:de|du|des|la|le|les))* (?:[dl]['’])?{_UPPER}(?: {_UPPER})*{_CITY}",
        rf"\b(?:[Cc]alle|C/|[Aa]venida|[Pp]aseo|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso)(?: (?:de|del|della|la|las|los))* ?"
        rf"{_UPPER}(?: {_UPPER})*,? [0-9]{{1,4}}\b{_CITY}",
        rf"\b{_UPPER}(?:straat|laan|plein|gracht|kade) [0-9]{{1,4}} ?[a-z]?\b{_CITY}",
        r"(?:[\u4e00-\u9fff]{1,6}(?:省|市|区|县|镇))+[\u4e00-\u9fff]{1,8}(?:路|街|道|巷|弄)[0-9]+(?:号|弄)?"
        r"(?:[0-9]+(?:室|号楼|单元|栋))*",
        r"(?i:\bp\.? ?o\.? ?box) [0-9]{1,6}\b",
        rf"(?<![\w-])(?=\w+ ){_UK}",
        r"(?i:\b(?:zip(?: code)?|post ?code|postal code|plz|pin ?code|code postal)\b(?: is|:)?)"
        r" (?P<it>[A-Z]*[0-9][A-Z0-9]{1,6}(?: [0-9][A-Z]{2})?)\b",
    )
)


def _addresses(text: str) -> Places:
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            yield match.span("it") if "it" in pattern.groupindex else match.span()


# --- names ------------------------------------------------------------------------------------------------------

_NAME = r"[A-ZÄÖÜÀ-ÖØ-ÞŠŽĆČŁ][\w'’-]*[\w]"
_FULL = rf"{_NAME}(?: (?:(?:van|von|de|del|da|der|den|al|bin|[A-Z]\.) )*{_NAME}){{0,3}}"
_NO_NAMES = _words(
    """mr mrs ms miss mx dr prof sir madam herr frau a an the there all team everyone everybody guys folks again shop
    support ma'am you so and but just looking not yes no ok okay sure great good fine well thanks thank hello hi hey
    dear happy sorry glad interested
    after from in on at with i i'm we my your our this that it what which who how why when where can could would is are
    american british english german french spanish italian dutch indian chinese japanese korean canadian australian
    irish scottish welsh nigerian mexican brazilian polish turkish greek russian swedish danish norwegian european
    african asian christian muslim jewish hindu vegan vegetarian xl xs xxl uk us usa monday tuesday wednesday thursday
    friday saturday sunday assistant customer service service's wishes regards cheers much very really lot lots for
    tomorrow today tonight later back asap soon on off spelled spelt still wrong written misspelled missing called
    known listed mine yours his hers please if or as santa black white red blue green grey gray brown pink"""
)
_BRANDS = _words(
    """martens pepper scholl scholl's coffee muscle bronner bronner's oetker dior sixty meyer meyer's kipling clean
    beckmann brown brown's barbara jart hauschka dre bean tea"""
)
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Frau|Monsieur|Madame|Señor|Señora|Signor|Signora)\.?"
_INTRODUCE = (
    r"(?i:\b(?:my (?:full )?name is|my name's|the name is|the name's|i'm called|i am called"
    r"|name on (?:the|my) (?:order|account|card) is"
    r"|mein name ist|ich heiße|ich heisse|je m['’]appelle|mon nom est|me llamo|mi nombre es"
    r"|mi chiamo|mijn naam is))"
)
_NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_INTRODUCE}[ :]+(?P<it>{_FULL})",
        rf"{_INTRODUCE}[ :]+(?P<it>[a-zäöüßàâçéèêëîïôûñ'’-]{{2,}})\b",
        rf"(?i:\b(?:i am|i'm|i’m|this is|it's|it’s|here is)) (?P<it>{_FULL})"
        r"(?=,| from | here| speaking| again|[.!]|\s*$)",
        rf"\b(?i:dear|hi|hello|hey|hallo|liebe|lieber|bonjour|hola|ciao|morning|welcome) (?P<it>{_FULL})"
        r"(?=\s*[,.!:;\n]|\s*$)",
        rf"\b{_TITLE} (?P<it>{_FULL})",
        rf"(?i:\b(?:regards|wishes|cheers|thanks|thank you|sincerely|yours|grüße|gruß|cordialement|saludos))[,.!]?\s+"
        rf"(?P<it>{_FULL})\s*[.!]?\s*$",
        rf"(?i:\bcall me) (?P<it>{_NAME})(?=[,.!]|\s*$)",
        r"(?:我叫|我的名字是|姓名[:：]?)(?P<it>[\u4e00-\u9fff]{2,4}?)(?=[,，。.!！\s]|$)",
        r"(?P<it>[\u4e00-\u9fff])(?=先生|女士|小姐)",
    )
)


def _names(text: str) -> Places:
    for pattern in _NAMES:
        for match in pattern.finditer(text):
            words = match["it"].split()
            if words[0].lower() in _NO_NAMES or words[0].lower() in _BRANDS:
                continue
            kept = next((i for i, word in enumerate(words) if word.lower() in _NO_NAMES), len(words))
            yield match.start("it"), match.start("it") + len(" ".join(words[:kept]))


_FINDERS: dict[Kind, Callable[[str], Places]] = {
    "email": lambda text: (match.span() for match in _EMAIL.finditer(text)),
    "card": _cards,
    "address": _addresses,
    "phone": _phones,
    "order": _orders,
    "name": _names,
}
