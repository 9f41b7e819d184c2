"""Turning words that were read as an amount into a number and a currency: "two hundred quid" is 200 GBP."""

from __future__ import annotations

import re

DIGITS = re.compile(r"\d[\d.,' ]*\d|\d")
SUFFIX = re.compile(r"\s?(k|thousand|grand|hundred|m|million|mil)\b", re.IGNORECASE)
SCALE = {"k": 1e3, "thousand": 1e3, "grand": 1e3, "hundred": 1e2, "m": 1e6, "million": 1e6, "mil": 1e6}
COUNTS = {"couple": 2, "pair": 2, "both": 2, "dozen": 12, "half a dozen": 6, "single": 1, "a": 1, "an": 1, "twice": 2}
CURRENCIES = {
    "USD": ("us$", "$", "usd", "dollar", "dollars", "buck", "bucks"),
    "GBP": ("£", "gbp", "quid", "pound", "pounds", "squid", "fiver", "tenner"),
    "EUR": ("€", "eur", "euro", "euros"),
    "CAD": ("c$", "ca$", "cad", "canadian"),
    "AUD": ("a$", "au$", "aud", "australian"),
    "NZD": ("nz$", "nzd", "kiwi"),
    "CHF": ("chf", "fr.", "francs", "franken", "sfr"),
    "INR": ("₹", "inr", "rs", "rs.", "rupee", "rupees"),
    "JPY": ("jpy", "yen", "¥"),
    "CNY": ("cny", "rmb", "yuan", "块", "元"),
    "PLN": ("pln", "zł", "zloty", "zlotys", "złoty", "złotych"),
    "SEK": ("sek", "kronor"),
    "NOK": ("nok", "kroner"),
    "DKK": ("dkk",),
    "ZAR": ("zar", "rand", "rands"),
    "MXN": ("mxn", "pesos mexicanos"),
    "PHP": ("php", "₱", "pesos", "peso"),
    "KRW": ("krw", "₩", "won"),
    "KES": ("kes", "ksh", "shillings"),
    "NGN": ("ngn", "₦", "naira"),
    "AED": ("aed", "dirham", "dirhams"),
    "SGD": ("s$", "sgd"),
    "HKD": ("hk$", "hkd"),
    "BRL": ("r$", "brl", "reais", "real"),
    "TRY": ("₺", "lira", "liras"),
    "HUF": ("huf", "forint"),
    "CZK": ("czk", "koruna", "kč"),
}
SYMBOLS = {word: code for code, words in CURRENCIES.items() for word in words}
LETTERS = re.compile(r"^R(?=\s?\d)|(?<=\s)R(?=\s?\d)")


def number(text: str) -> float | None:
    """The number that `text` says in digits or English words, or `None`: "1.5k", "1,299.00", "two hundred"."""
    found = DIGITS.search(text)
    if found is None:
        return _spelled(text)
    value = _digits(found.group())
    scale = SUFFIX.match(text, found.end())
    if value is None or scale is None:
        return value
    return round(value * SCALE[scale.group(1).lower()], 6)


def currency(text: str) -> str | None:
    """The ISO 4217 code of the currency that `text` names by symbol or word, the longest name winning."""
    if LETTERS.search(text):
        return "ZAR"
    lowered = text.lower()
    best = ""
    for word in SYMBOLS:
        pattern = re.escape(word) if not word[0].isalpha() else rf"(?<![a-z]){re.escape(word)}"
        if word[-1].isalpha():
            pattern += r"(?![a-z])"
        if len(word) > len(best) and re.search(pattern, lowered):
            best = word
    return SYMBOLS.get(best)


def _digits(text: str) -> float | None:
    compact = text.replace(" ", "").replace("'", "")
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", compact):
        compact = re.sub(r"[.,]", "", compact)
    elif "," in compact and "." in compact:
        decimal = max(compact.rfind(","), compact.rfind("."))
        compact = re.sub(r"[.,]", "", compact[:decimal]) + "." + compact[decimal + 1 :]
    else:
        compact = compact.replace(",", ".")
    try:
        return float(compact)
    except ValueError:
        return None


def _spelled(text: str) -> float | None:
    from text_to_num import text2num

    words = re.sub(r"[^\w\s-]", " ", text.lower()).strip()
    words = re.sub(r"^(a|an) (?=hundred|thousand|million)", "one ", words)
    words = re.sub(r"\bgrand\b", "thousand", words)
    if words in COUNTS:
        return float(COUNTS[words])
    try:
        return float(text2num(words, "en"))
    except ValueError:
        pass
    parts = words.split()
    if len(parts) > 1 and parts[0] in ("a", "an", "about", "around", "some"):
        return _spelled(" ".join(parts[1:]))
    if len(parts) > 1 and parts[-1] in ("of", "ish"):
        return _spelled(" ".join(parts[:-1]))
    return _scaled(parts)


def _scaled(parts: list[str]) -> float | None:
    """Colloquial hundreds: "eleven hundred" is 1100, "one fifty" is 150."""
    from text_to_num import text2num

    if len(parts) < 2:
        return None
    try:
        head = text2num(parts[0], "en")
        tail = parts[2:] if parts[1] == "hundred" else parts[1:]
        rest = text2num(" ".join(w for w in tail if w != "and"), "en") if tail else 0
    except ValueError:
        return None
    return float(head * 100 + rest) if head < 100 and rest < 100 else None
