"""Names of people. They have no form: they are found where people introduce themselves, greet, sign or use a title, and
where they are known beforehand, such as from orders. A name that merely occurs ("I told Priya") is missed."""

from __future__ import annotations

import re
from collections.abc import Collection

from assistant.personal_data.numbers import Places


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


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


def names_told(text: str) -> Places:
    """Names where people tell them."""
    for pattern in _NAMES:
        for match in pattern.finditer(text):
            words = match["it"].split()
            if words[0].lower() in _NO_NAMES or words[0].lower() in _BRANDS:
                continue
            kept = next((i for i, word in enumerate(words) if word.lower() in _NO_NAMES), len(words))
            yield match.start("it"), match.start("it") + len(" ".join(words[:kept]))


def known_names(names: Collection[str]) -> list[re.Pattern[str]]:
    """What finds known names, longer ones first. A whole name counts in any case of letters; a single word, which may
    mean something else too (Rose, Mark), and the parts of a whole name only as names are written."""
    whole = {" ".join(name.split()) for name in names} - {""}
    parts = {part for name in whole for part in name.split() if len(part) > 2 or part == name}
    patterns = [(name, re.IGNORECASE if " " in name else re.NOFLAG) for name in whole]
    patterns += [(form, re.NOFLAG) for part in parts for form in {part.capitalize(), part.upper()} - whole]
    patterns.sort(key=lambda pattern: (-len(pattern[0]), pattern[0]))
    return [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", flags) for name, flags in patterns]
