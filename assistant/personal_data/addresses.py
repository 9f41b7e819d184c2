"""Postal addresses where they are written in a usual form of English, German, French, Spanish, Italian, Dutch or
Chinese."""

from __future__ import annotations

import re

from assistant.personal_data.numbers import Places

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
        rf"(?<![\w-])(?=\w+ [0-9]){_UK}",
        r"(?i:\b(?:zip(?: code)?|post ?code|postal code|plz|pin ?code|code postal)\b(?: is|:)?)"
        r" (?P<it>[A-Z]*[0-9][A-Z0-9]{1,6}(?: [0-9][A-Z]{2})?)\b",
    )
)


_LOOSE = re.compile(
    r"(?<![\w#-])\d{1,5}[a-z]?\s+(?:(?!(?:is|are|was|were|on|in|its|the|my|your|by|no)\s)[\w'’.-]+\s+){0,4}?"
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|terrace|close|square|sq|"
    r"crescent|highway|hwy|parkway|pkwy|row|mews)\b\.?(?:,?\s+(?:apt|apartment|suite|unit|flat|floor)\.?\s*\w+)?"
    r"|\b[\w'’.-]+(?:stra(?:ß|ss)e|weg|gasse|platz|allee)\s+\d{1,4}[a-z]?\b",
    re.IGNORECASE,
)


def addresses(text: str) -> Places:
    """Streets with their numbers, towns and postcodes that follow them, postcodes and boxes."""
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            yield match.span("it") if "it" in pattern.groupindex else match.span()


def loose_addresses(text: str) -> Places:
    """A number and a street in any case of letters, also where it may be something else ("3 way"); not the number of
    an order that is on its way."""
    yield from (match.span() for match in _LOOSE.finditer(text))
