"""What the shop's side says: questions, products in many layouts, answers, confirmations, a colleague."""

from __future__ import annotations

import random

from finetune.generator.amounts import Currency, round_price
from finetune.generator.grammar import phrases
from finetune.generator.talk import Asked, Talk
from finetune.generator.turns import Need, Shown
from finetune.generator.wishes import Slot, Wish
from retrieval.conditions import Attribute

ASKABLE: tuple[Slot, ...] = (
    "colour",
    "price",
    "size",
    "material",
    "style",
    "feature",
    "use",
    "recipient",
    "brand",
    "delivery",
    "quantity",
)
ASK_WEIGHTS = (6, 8, 5, 2.5, 2, 3, 3, 1.5, 1.5, 1, 1)


def line(group: str, talk: Talk, **places: str) -> str:
    """A sentence of `tables/assistant.txt` with its places filled."""
    text = phrases("assistant").pick(group, talk.rng)
    lists, rng = talk.shopper.words.words, talk.rng
    colours = rng.sample(lists["colours"], 3)
    places |= {
        "c": colours[0], "c2": colours[1], "c3": colours[2], "C": colours[0].capitalize(), "o": talk.order,
        "agent": rng.choice(lists["agents"]), "day": rng.choice(("Friday", "Tuesday", "Monday", "Thursday")),
        "kg": str(rng.randint(1, 20)), "n1": str(rng.randint(10, 90)), "n2": str(rng.randint(10, 90)),
        "r": f"{rng.uniform(3.5, 5):.1f}", "k": str(rng.randint(9, 900)),
    }  # fmt: skip
    for name, words in places.items():
        text = text.replace("{" + name + "}", words)
    return talk.fill(text)


def ask(talk: Talk, need: Need) -> str:
    """A question about the need; `talk.asked` says what an answer would be about."""
    kind = talk.rng.choices(("slots", "offer", "offers", "choice"), (52, 24, 12, 14))[0]
    said = {"slots": _ask_slots, "offer": _ask_offer, "offers": _ask_offers, "choice": _ask_choice}[kind](talk, need)
    talk.phase = "asked"
    need.questions += 1
    return (line("ack", talk) + " " if talk.rng.random() < 0.5 else "") + said


def ask_first(talk: Talk) -> str:
    """Which of two things shall come first."""
    talk.asked, talk.phase = Asked("first"), "asked"
    return line("ask.first", talk, p=(talk.focus.product or "first one") if talk.focus else "first one")


def ask_gift(talk: Talk, need: Need) -> str:
    """What the person likes, or three proposals."""
    talk.phase = "asked"
    if "use" in need.used or talk.rng.random() < 0.4:
        names = [talk.rng.choice(k.names) for k in talk.rng.sample(talk.shopper.words.kinds, 3)]
        talk.asked = Asked("kinds", kinds=(talk.rng.choice(names),))
        return line("gift.ideas", talk, a=names[0], b=names[1], d=names[2])
    talk.asked = Asked("gift")
    return line("ask.gift", talk)


def show(talk: Talk, need: Need) -> str:
    """One to three products, new ones each time."""
    rng = talk.rng
    need.shown = [_product(need, talk) for _ in range(rng.choices((1, 2, 3), (18, 42, 40))[0])]
    single = len(need.shown) == 1
    need.chosen = need.shown[0] if single else None
    listed = _listing(need.shown, rng)
    head = line(
        "show.only" if single else "show", talk, list=listed, n={1: "one", 2: "two", 3: "three"}[len(need.shown)]
    )
    talk.phase, talk.asked = "shown", None
    text = head.replace("..", ".")
    if rng.random() < 0.3:
        text += " " + line("show.tail", talk)
    elif rng.random() < 0.15:
        text += " " + _ask_offer(talk, need)
    return text


def respond(talk: Talk, acts: tuple[str, ...]) -> str:
    """What follows the shopper's acts where it is neither a question nor a list of products."""
    rng = talk.rng
    if "checkout" in acts:
        talk.phase = "closed" if rng.random() < 0.3 else "basket"
        return line("order", talk)
    if "ask_human" in acts:
        talk.phase = "human" if talk.phase == "service" else talk.phase
        return line("human", talk)
    for act, group in (
        ("change_order", "change"),
        ("return_refund", "return"),
        ("order_status", "status"),
        ("complaint", "sorry"),
    ):
        if act in acts:
            return line(group, talk)
    if "add_to_cart" in acts:
        talk.phase = "basket"
        other = talk.others[0].product if talk.others else None
        return line("added", talk, p=other or "next thing")
    if "policy" in acts:
        talk.phase = "answered" if talk.focus and talk.focus.shown else talk.phase
        return line("policy", talk, money="50")
    if "off_topic" in acts:
        return line("chatty", talk)
    if "thank_bye" in acts:
        return line("welcome", talk)
    return _answer(talk)


def advise(talk: Talk, need: Need) -> str:
    """Names the one of the shown products to take."""
    need.chosen = talk.pick()
    talk.phase, talk.asked = "answered", None
    return line("advise", talk)


def offer_variant(talk: Talk, need: Need) -> str:
    """Which colour of what was picked."""
    colours = _colours(need, talk, 3)
    if need.chosen is not None:
        need.chosen = Shown(need.chosen.brand, need.chosen.model, need.chosen.price, colours, need.chosen.feature)
    talk.phase = "variant"
    text = phrases("assistant").pick("variant", talk.rng)
    for name, colour in zip(("c", "c2", "c3", "C"), (*colours, colours[0].capitalize()), strict=True):
        text = text.replace("{" + name + "}", colour)
    return text


def _answer(talk: Talk) -> str:
    text = line("answer", talk)
    talk.phase = "answered"
    talk.asked = None
    if talk.rng.random() < 0.25 and talk.focus and talk.focus.shown:
        talk.asked = Asked("add")
        return (
            text
            + " "
            + talk.rng.choice(("Shall I add it to your basket?", "Would you like it?", "Should I put it in the cart?"))
        )
    return text


def _ask_slots(talk: Talk, need: Need) -> str:
    open_ = [s for s in ASKABLE if s not in need.used and not (s == "colour" and not need.kind.coloured)]
    open_ = [s for s in open_ if s != "size" or need.kind.sizes != "none"] or ["feature"]
    first = talk.rng.choices(open_, [ASK_WEIGHTS[ASKABLE.index(s)] for s in open_])[0]
    slots: tuple[Slot, ...] = (first,)
    rest = [s for s in open_ if s != first]
    if rest and talk.rng.random() < 0.4:
        slots += (talk.rng.choice(rest),)
    talk.asked = Asked("slots", slots)
    return " ".join(line(f"ask.{slot}", talk) for slot in slots)


def _offered(need: Need, rng: random.Random, forms: tuple[str, ...]) -> list[Wish]:
    kinds = [f for f in need.kind.features if f.form in forms and f.text not in need.texts]
    rng.shuffle(kinds)
    return [Wish("feature", "feature", "is", f.form, f.text) for f in kinds]


def _ask_offer(talk: Talk, need: Need) -> str:
    offers = _offered(need, talk.rng, ("adj", "noun"))
    if not offers:
        return _ask_slots(talk, need)
    talk.asked, talk.phase = Asked("offer", offers=(offers[0],)), "asked"
    return line(f"ask.{offers[0].form}", talk, v=offers[0].text)


def _ask_offers(talk: Talk, need: Need) -> str:
    offers = _offered(need, talk.rng, ("noun",))
    if len(offers) < 2:
        return _ask_slots(talk, need)
    talk.asked = Asked("offers", offers=(offers[0], offers[1]))
    return line("ask.two", talk, v=offers[0].text, w=offers[1].text, V=offers[0].text.capitalize())


def _ask_choice(talk: Talk, need: Need) -> str:
    column: Slot = talk.rng.choice(("style", "style", "material"))
    values = [v for v in (need.kind.styles if column == "style" else need.kind.materials) if v not in need.texts]
    if len(values) < 2:
        return _ask_slots(talk, need)
    first, second = talk.rng.sample(values, 2)
    attribute: Attribute = "style" if column == "style" else "material"
    offers = tuple(Wish(column, attribute, "is", column, text) for text in (first, second))
    talk.asked = Asked("choice", offers=offers)
    return line("ask.style.two", talk, v=first, w=second, V=first.capitalize())


def _product(need: Need, talk: Talk) -> Shown:
    rng, lists = talk.rng, talk.shopper.words
    low, high = (amount * talk.shopper.currency.rate for amount in need.kind.price)
    plain = [f.text for f in need.kind.features if f.form in ("adj", "noun")]
    colours = _colours(need, talk, 2) if need.kind.coloured else ()
    price = _price(rng.uniform(low, high), talk.shopper.currency, rng)
    model = rng.choice(lists.words["models"])
    return Shown(rng.choice(lists.brands(need.kind)), model, price, colours, rng.choice(plain) if plain else "")


def _colours(need: Need, talk: Talk, count: int) -> tuple[str, ...]:
    own = talk.shopper.words.colours(need.kind)
    return tuple(talk.rng.sample(own if len(own) >= count else talk.shopper.words.words["colours"], count))


def _price(amount: float, currency: Currency, rng: random.Random) -> str:
    amount = round_price(amount, rng)
    number = (
        f"{amount - 0.01:.2f}"
        if rng.random() < 0.4 and 5 < amount < 500
        else f"{amount:g}"
        if amount < 10000
        else f"{amount:,.0f}"
    )
    return currency.signs[0].format(number) if rng.random() < 0.9 else number


def _listing(shown: list[Shown], rng: random.Random) -> str:
    detail = rng.random()
    parts = []
    for product in shown:
        name = product.name if rng.random() < 0.85 else f"{product.model} by {product.brand}"
        extra = product.feature if detail < 0.4 else " or ".join(product.colours) if detail < 0.6 else ""
        layout = rng.choice(("{n} ({p})", "{n}, {p}", "{n} at {p}", "the {n} at {p}", "{n} for {p}"))
        parts.append(layout.format(n=name, p=product.price) + (f", {extra}" if extra else ""))
    style = rng.random()
    if style < 0.2 and len(parts) > 1:
        return "\n" + "\n".join(f"- {part}" for part in parts)
    if style < 0.3 and len(parts) > 1:
        return "\n" + "\n".join(f"{i}) {part}" for i, part in enumerate(parts, 1))
    return (", and " if len(parts) == 2 else "; ").join(parts)
