"""E-mail addresses, and the numbers of cards, phones and orders: they follow rules and are found reliably.

The loose forms are for what a person is shown: they find more, and sometimes what is no phone or card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Places = Iterator[tuple[int, int]]
FEWEST_DIGITS, MOST_DIGITS = 9, 13


def luhn(digits: str) -> bool:
    """Whether the last of some digits is the check digit that payment cards have."""
    values = [int(d) for d in reversed(digits)]
    doubled = [v * 2 - 9 if v > 4 else v * 2 for v in values[1::2]]
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


# --- e-mail ----------------------------------------------------------------------------------------------------------

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?<![.])"
    r"|(?<![\w.+-])[\w.+-]+ ?[(\[]at[)\]] ?[\w-]+ ?(?:\.|[(\[]dot[)\]]) ?\w{2,}"
    r"|(?<![\w.+-])[\w.+-]+ at [\w-]+ dot (?:com|net|org|de|fr|es|it|nl|cn|in|ng|au|co dot uk)\b",
    re.IGNORECASE,
)


def emails(text: str) -> Places:
    """E-mail addresses, also with the signs spelled out."""
    yield from (match.span() for match in _EMAIL.finditer(text))


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
_LOOSE_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_LOOSE_PHONE = re.compile(r"(?<![\w-])(?:\+\d{1,3}[ .-]?)?\(?\d{2,4}\)?(?:[ .-]?\d{2,4}){2,4}(?![\w-])")
_SIGNS = re.compile(r"[ .()+-]|^0")


def cards(text: str) -> Places:
    """Numbers of payment cards: 13 to 19 digits, the last of which checks the others."""
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


def loose_cards(text: str) -> Places:
    """The same whatever punctuation stands around them."""
    for match in _LOOSE_CARD.finditer(text):
        digits = _digits(match[0])
        if luhn(digits) and len(set(digits)) > 1:
            yield match.span()


def phones(text: str) -> Places:
    """Phone numbers with a sign of being one: a prefix, usual groups, a leading zero."""
    for pattern in (_PLUS, _GROUPED, _NATIONAL):
        yield from (match.span() for match in pattern.finditer(text))


def bare_phones(text: str) -> Places:
    """Digits that only their count and the first of them make a phone number."""
    yield from (match.span() for match in _BARE.finditer(text))


def said_phones(text: str) -> Places:
    """Numbers after a word such as `phone`."""
    yield from (match.span("it") for match in _SAID_PHONE.finditer(text))


def loose_phones(text: str) -> Places:
    """Nine to thirteen digits in groups of any size, or after a zero."""
    for match in _LOOSE_PHONE.finditer(text):
        if FEWEST_DIGITS <= len(_digits(match[0])) <= MOST_DIGITS and _SIGNS.search(match[0]):
            yield match.span()


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


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


def order_numbers(text: str) -> Places:
    """Numbers of orders, invoices, parcels: after a word that says so, after `#`, or with a usual beginning."""
    for match in _SAID_ORDER.finditer(text):
        least = _MARKED if match["mark"].strip() else _ORDER if match["order"] else _OTHER
        if sum(c.isdigit() for c in match["it"]) >= least:
            yield match.span("it")
    for pattern in (_HASH, _CODED):
        yield from (match.span() for match in pattern.finditer(text))
