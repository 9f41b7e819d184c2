"""Numbers, amounts of money and sizes in a shopper's words."""

from __future__ import annotations

import random
from dataclasses import dataclass

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True)
class Currency:
    """A currency with its ways of being written (`{}` is the number) and about how many make one dollar."""

    code: str
    rate: float
    signs: tuple[str, ...]
    words: tuple[str, ...]


CURRENCIES = (
    Currency("USD", 1, ("${}", "${}", "${}"), ("{} dollars", "{} bucks", "{} usd", "{} us dollars")),
    Currency("GBP", 0.8, ("£{}", "£{}", "£{}"), ("{} pounds", "{} quid", "{} quid", "{} gbp")),
    Currency("EUR", 0.9, ("€{}", "{}€", "{} €", "€{}"), ("{} euros", "{} euro", "{} eur", "{} euros")),
    Currency("CAD", 1.35, ("C${}", "CA${}"), ("{} canadian", "{} cad", "{} canadian dollars")),
    Currency("AUD", 1.5, ("A${}", "AU${}"), ("{} aud", "{} aussie dollars", "{} australian dollars")),
    Currency("NZD", 1.6, ("NZ${}",), ("{} nzd", "{} kiwi dollars")),
    Currency("INR", 80, ("₹{}", "rs {}", "Rs. {}"), ("{} rupees", "{} rs", "{} inr")),
    Currency("ZAR", 18, ("R{}", "R{}"), ("{} rand", "{} zar")),
    Currency("CHF", 0.9, ("CHF {}", "{} CHF"), ("{} francs", "{} chf", "{} swiss francs")),
    Currency("SEK", 10, ("{} SEK",), ("{} kronor", "{} sek", "{} swedish kronor")),
    Currency("NOK", 10, ("{} NOK",), ("{} nok", "{} norwegian kroner")),
    Currency("DKK", 7, ("{} DKK",), ("{} dkk", "{} danish kroner")),
    Currency("PLN", 4, ("{} zł",), ("{} zloty", "{} pln", "{} złoty")),
    Currency("JPY", 140, ("¥{}",), ("{} yen", "{} jpy")),
    Currency("PHP", 55, ("₱{}", "PHP {}"), ("{} pesos", "{} php")),
    Currency("SGD", 1.35, ("S${}",), ("{} sgd", "{} singapore dollars")),
    Currency("AED", 3.7, ("AED {}",), ("{} dirhams", "{} aed")),
    Currency("KES", 130, ("KSh {}",), ("{} shillings", "{} kes")),
    Currency("NGN", 800, ("₦{}",), ("{} naira",)),
    Currency("KRW", 1000, ("₩{}",), ("{} won",)),
    Currency("MXN", 17, ("MX${}",), ("{} mexican pesos", "{} mxn")),
)
WEIGHTS = (26, 22, 24, 6, 6, 2, 6, 4, 3, 2, 1, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1)


def sample_currency(rng: random.Random) -> Currency:
    """A currency, the common ones more often."""
    return rng.choices(CURRENCIES, WEIGHTS)[0]


def round_price(amount: float, rng: random.Random) -> float:
    """An amount as people name their limits: 45, 120, 1500; now and then 129.99 or 1.5."""
    if amount < 3:
        return max(0.5, round(amount * 2) / 2)
    if amount < 20:
        return float(round(amount))
    step = 5 if amount < 150 else 10 if amount < 300 else 50 if amount < 1500 else 100
    if amount > 9000:
        step = 500 if amount < 50000 else 5000
    rounded = max(step, round(amount / step) * step)
    return float(rounded) if rng.random() < 0.96 or rounded < 10 else rounded - 0.01


def spoken(number: int, rng: random.Random) -> str:
    """A whole number in English words, as said aloud."""
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens] + (rng.choice(("-", " ")) + ONES[ones] if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        head = "a hundred" if hundreds == 1 and rng.random() < 0.6 else f"{ONES[hundreds]} hundred"
        return head + (rng.choice((" and ", " ")) + spoken(rest, rng) if rest else "")
    if number % 100 == 0 and number % 1000 and number < 10000:
        return f"{spoken(number // 100, rng)} hundred"
    thousands, rest = divmod(number, 1000)
    head = "a thousand" if thousands == 1 and rng.random() < 0.5 else f"{spoken(thousands, rng)} thousand"
    return head + (" " + spoken(rest, rng) if rest else "")


def figures(amount: float, rng: random.Random) -> str:
    """A number in digits: 120, 1200 or 1,200 or 1.2k, 129.99."""
    if amount != int(amount):
        return f"{amount:.2f}".rstrip("0") if amount < 10 and rng.random() < 0.3 else f"{amount:.2f}"
    whole = int(amount)
    if whole >= 1000 and whole % 100 == 0 and rng.random() < 0.25:
        return f"{whole / 1000:g}k"
    if whole >= 1000 and rng.random() < 0.35:
        return f"{whole:,}"
    return str(whole)


def _digits(amount: float) -> str:
    return str(int(amount)) if amount == int(amount) else f"{amount:.2f}"


def in_money(amount: float, currency: Currency | None, rng: random.Random, words: float) -> str:
    """An amount in a currency, or bare where that is `None`; `words` is how likely it is spelled out."""
    spell = amount == int(amount) and amount < 100000 and rng.random() < words
    number = spoken(int(amount), rng) if spell else figures(amount, rng)
    if currency is None:
        return number
    forms = currency.words if spell or rng.random() < 0.4 else currency.signs
    return rng.choice(forms).format(number)


def money_range(
    low: float, high: float, currency: Currency | None, rng: random.Random, words: float
) -> tuple[str, str]:
    """Both ends of a range; the currency is often named at the second one only."""
    if currency is None or (rng.random() < 0.5 and not currency.signs[0].startswith("{}")):
        seed = rng.random()
        sign = random.Random(seed)
        return in_money(low, currency, sign, 0.0), in_money(high, currency, random.Random(seed), 0.0)
    spell = low == int(low) and high == int(high) and rng.random() < words
    first, second = (spoken(int(x), rng) if spell else _digits(x) for x in (low, high))
    return first, rng.choice(currency.words).format(second)
