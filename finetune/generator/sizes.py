"""Sizes as shoppers write them, by the way in which a kind of product is sized."""

from __future__ import annotations

import random

NAMED: dict[str, tuple[str, ...]] = {
    "cloth": ("xs", "s", "m", "l", "xl", "xxl", "2xl", "3xl", "small", "medium", "large", "10", "12", "14", "16",
    "uk 12",
              "us 8", "eu 42", "petite", "tall", "plus size", "l/xl", "size 18", "extra large", "xl tall", "8"),
    "shoe": ("7", "8", "9", "10", "11", "6.5", "9.5", "10.5", "uk 6", "uk 9", "us 10", "us 7.5", "eu 38", "eu 42",
    "42", "39",
             "9 wide", "43.5", "8.5", "wide", "37", "us 13", "4e", "45", "uk 4.5"),
    "waist": ("30", "32", "34", "36", "32x32", "34x30", "w36 l32", "28", "38 waist", "26", "31 long", "size 12"),
    "age": ("age 5-6", "3-6 months", "6-12 months", "age 7-8", "2t", "size 8", "4t", "0-3 months", "12-18 months",
    "age 10",
            "newborn", "9-10 years"),
    "bedsize": ("king", "queen", "double", "single", "twin", "twin xl", "super king", "full", "cot", "king size",
    "full size",
                "90x200", "140x200", "160x200", "california king", "emperor"),
    "dogsize": ("small", "medium", "large", "xl", "xs", "50 cm back", "size 3", "72cm girth", "extra small"),
    "ring": ("l", "n", "7", "6.5", "52", "size j", "54", "q", "8"),
    "brasize": ("34c", "36dd", "32b", "38e", "40f", "75b", "30dd", "36g"),
    "suit": ("40r", "42l", "38s", "44 regular", "40 regular", "36 short", "46r"),
    "collar": ("15.5 collar", "16", "17 inch collar", "15", "m", "xl", "l", "16.5"),
    "glove": ("8", "7.5", "9", "medium", "large", "small", "10", "xl"),
    "frame": ("54 cm", "m", "l", "56", "small", "17 inch", "xl"),
    "rugsize": ("8x10", "5x7", "200x300", "160 x 230", "120x170 cm", "2x8", "6 foot round", "170x240", "9x12",
    "80x150"),
    "tyre": ("205/55 r16", "225/45 r17", "195/65 r15", "17 inch", "235/60 r18", "185/60 r15"),
    "drop": ("228 cm drop", "84 inch", "260cm", "137 drop", "90x90", "66x72", "95 inches long", "63 inch"),
    "frame photo": ("10x15", "a4", "8x10"),
    "paper": ("a4", "a5", "a3", "b5", "pocket", "letter size", "a6", "dl", "legal"),
    "scale": ("1:24", "1:72", "oo gauge", "n gauge", "1:48", "ho scale", "1:18"),
    "guitar": ("full size", "3/4", "half size", "short scale", "tenor", "concert"),
    "keys": ("88 keys", "61 keys", "25 keys", "49 keys", "73 keys"),
    "chain": ("45 cm", "18 inch", "16 inch", "50cm", "20 inch", "60 cm"),
    "sockspan": ("6-11", "43-46", "39-42", "4-7", "m", "one size", "size 12"),
    "grip": ("grip 2", "grip 3", "l2", "26 inch", "27 inch"),
    "ballsize": ("size 5", "size 4", "size 3", "size 7", "size 6"),
    "batsize": ("size 6", "short handle", "size 5", "harrow", "size 4"),
    "mondo": ("27.5", "26", "25.5", "28.5", "29", "24"),
    "drive": ("1/2 inch", "3/8 drive", "1/4 drive", "1/2 drive"),
    "frame size": ("a4", "a3"),
    "tb": ("1tb", "2 tb", "500gb", "4tb", "8 tb", "256 gb", "two terabytes"),
    "gb": ("64gb", "128 gb", "256gb", "512 gb", "32gb", "1tb"),
    "headcm": ("57 cm", "60cm", "large", "medium", "small", "54-58 cm", "xl", "59"),
    "wheel": ("16 inch", "20 inch", "12 inch", "24 inch", "14 inch"),
    "frame pictures": ("10x15",),
}  # fmt: skip
NAMED["frame"] += ("a4", "8x10", "a3", "50x70", "5x7", "13x18", "10 x 12")
PACKS: dict[str, tuple[str, ...]] = {
    "pack": ("pack of {}", "{} pack", "packs of {}", "set of {}"), "pcs": ("set of {}", "{} piece", "{} pieces",
    "{} pcs"),
    "pieces": ("{} pieces", "{} piece"), "tablets": ("{} tablets", "{} capsules", "{} ct"),
    "teabags": ("{} bags", "box of {}"), "washes": ("{} washes", "{} loads"), "rolls": ("{} rolls", "pack of {}"),
    "bottles": ("case of {}", "75cl", "{} bottles"), "box": ("box of {}", "boxes of {}"), "pairs": ("{} pairs",),
    "photos": ("{} photos",), "persons": ("{} person", "{} man", "{} people", "for {}", "{} ppl"),
    "slices": ("{} slice", "{} slot"),
    "cups": ("{} cups", "{} cup"), "steps": ("{} step", "{} steps", "{} tread"), "drawers": ("{} drawer", "{} drawers"),
}  # fmt: skip
COUNTS = {"pieces": (100, 200, 300, 500, 1000, 1500, 2000), "tablets": (30, 60, 90, 120, 180), "teabags": (20, 40, 80,
100, 240),
          "washes": (20, 40, 60, 100), "box": (50, 100, 200), "photos": (100, 200, 300, 500), "persons": (1, 2, 3, 4,
          5, 6, 8),
          "slices": (2, 4), "bottles": (6, 12, 3), "drawers": (2, 3, 4, 5)}  # fmt: skip
UNITS: dict[str, tuple[str, ...]] = {
    "litre": ("{}l", "{} l", "{} litres", "{} litre", "{} liter", "{}L"), "ml": ("{}ml", "{} ml"),
    "cm": ("{}cm", "{} cm", "{} cm", "{} centimetres"), "mm": ("{}mm", "{} mm"), "inch": ("{} inch", '{}"',
    "{} inches", "{}in"),
    "feet": ("{} foot", "{} ft", "{}ft", "{} feet"), "metre": ("{}m", "{} m", "{} metres", "{} meters"),
    "kg": ("{}kg", "{} kg", "{} kilos"),
    "gram": ("{}g", "{} g", "{} grams"), "ounce": ("{}oz", "{} oz"),
    "metres by": ("{0}x{0}", "{0} x {0} m", "{0}m x {0}m"), "quart": ("{} quart", "{}qt"),
}  # fmt: skip
WORDED = {
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    7: "seven",
    8: "eight",
    10: "ten",
    12: "twelve",
    20: "twenty",
}


def measured(spec: str) -> bool:
    """Whether a size of this kind is a measure, which can be a bound or a range."""
    return spec.split(" ")[0] in UNITS or spec == "metres by"


def spell_size(spec: str, rng: random.Random) -> str | None:
    """One size; `None` for things that have none. `spec` is a name of this table, with a range where it is a
    measure."""
    if spec == "none":
        return None
    if spec in NAMED:
        return rng.choice(NAMED[spec])
    if spec == "metres by":
        return rng.choice(UNITS[spec]).format(rng.choice((2, 3, 4, 6)))
    name, _, limits = spec.partition(" ")
    if name in PACKS:
        return rng.choice(PACKS[name]).format(_count(name, limits, rng))
    if name in UNITS:
        low, high = (float(x) for x in limits.split("-")) if limits else (2.0, 10.0)
        number = _number(low, high, rng)
        worded = WORDED.get(int(number)) if number == int(number) and rng.random() < 0.1 else None
        return rng.choice(UNITS[name]).format(worded or f"{number:g}")
    raise ValueError(f"expected a way of sizing, found {spec!r}")


def size_range(spec: str, rng: random.Random) -> tuple[str, str]:
    """Both ends of a range of sizes, in the same unit."""
    name, _, limits = spec.partition(" ")
    low, high = (float(x) for x in limits.split("-")) if limits else (2.0, 10.0)
    first, second = sorted((_number(low, high, rng), _number(low, high, rng)))
    form = rng.choice(UNITS[name])
    return form.format(f"{first:g}"), form.format(f"{second + (second == first):g}")


def _count(name: str, limits: str, rng: random.Random) -> str:
    if name in COUNTS:
        return str(rng.choice(COUNTS[name]))
    low, high = (int(x) for x in limits.split("-")) if limits else (2, 12)
    number = rng.randint(max(low, 2), max(high, 3))
    number = number if number < 20 else round(number, -1)
    return WORDED[number] if number in WORDED and rng.random() < 0.15 else str(number)


def _number(low: float, high: float, rng: random.Random) -> float:
    number = rng.uniform(low, high)
    if high <= 5:
        return max(0.5, round(number * 10) / 10)
    step = 1 if high <= 50 else 5 if high <= 200 else 10 if high <= 500 else 50
    return float(max(step, round(number / step) * step))
