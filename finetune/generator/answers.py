"""Answers to what the shop's side asked: a value, yes or no, one of two, no preference, and more besides."""

from __future__ import annotations

from dataclasses import replace

from finetune.generator.clauses import clause, fill
from finetune.generator.grammar import phrases
from finetune.generator.markup import quote, value
from finetune.generator.saying import gather, join, surround, wishes_for
from finetune.generator.talk import Asked, Talk, questioned
from finetune.generator.turns import Need, Turn
from finetune.generator.wishes import Wish


def answer(talk: Talk, turn: Turn) -> None:
    """Answers the question that is open about the need in focus; the need and what it is are kept up to date."""
    asked, need, rng = talk.asked, talk.focus, talk.rng
    if asked is None or need is None:
        raise ValueError("expected an open question about a need")
    said = _SAY[asked.about](asked, need, talk, turn)
    if asked.about == "add":
        _leave_basket(said, talk, turn)
        return
    if rng.random() < (0.55 if asked.about == "slots" else 0.7):
        said += [clause(w, turn, need) for w in gather(need, rng.choice((1, 1, 2, 2, 3)), talk, frozenset(asked.slots))]
    turn.act("refine_need")
    turn.active = talk.focus
    sentences = join([], said, talk)
    turn.stage = "exploring" if talk.focus and not talk.focus.shown else "comparing"
    if talk.focus and talk.focus.picked:
        turn.stage = "buying" if talk.focus.bought else "deciding"
    if rng.random() < 0.09 and need.shown:
        sentences.append(questioned(talk.words("ask"), rng))
        turn.act("ask_product")
        turn.stage = "deciding"
    elif rng.random() < 0.02:
        sentences.append(questioned(talk.words("policy"), rng))
        turn.act("policy")
    surround(sentences, talk, turn, greet=False)
    talk.asked = None


def _leave_basket(said: list[str], talk: Talk, turn: Turn) -> None:
    turn.active, turn.stage = talk.focus, "buying"
    talk.asked = None
    if talk.rng.random() < 0.15:
        said.append(talk.words("checkout"))
        turn.act("checkout")
        talk.ordered = True
    surround(join([], said, talk), talk, turn, greet=False)


def _slots(asked: Asked, need: Need, talk: Talk, turn: Turn) -> list[str]:
    made = wishes_for(need, asked.slots, talk)
    if talk.rng.random() < 0.12 or not made:
        return [talk.words("dontcare"), *[clause(w, turn, need) for w in made[1:]]]
    said = []
    for number, one in enumerate(made):
        short = one.op == "is" and one.second is None and one.strength == "must" and talk.rng.random() < 0.45
        said.append(turn.refer(one, need) if short else clause(one, turn, need))
        if number == 0 and len(made) > 1 and talk.rng.random() < 0.15:
            return [*said, talk.words("dontcare")]
    return said


def _offer(asked: Asked, need: Need, talk: Talk, turn: Turn) -> list[str]:
    rng, made = talk.rng, asked.offers[0]
    chance = rng.random()
    if chance < 0.55:
        return [turn.agree(need, made, talk.words("yes"))]
    if chance < 0.63:
        return [turn.agree(need, made, talk.words("yes.soft"), prefer=True)]
    if chance < 0.73:
        return [talk.words("yes") + rng.choice((", ", " ", ". ")) + turn.refer(made, need)]
    if chance < 0.9:
        return [talk.words("no")]
    return [clause(_denied(made), turn, need)] if made.form in ("adj", "noun") else [talk.words("dontknow")]


def _offers(asked: Asked, need: Need, talk: Talk, turn: Turn) -> list[str]:
    first, second = asked.offers
    chance = talk.rng.random()
    if chance < 0.55:
        marks = [turn.add(need, made, 0, False, text=made.text) for made in asked.offers]
        return [_quoted(marks, talk.words("yes.both"))]
    if chance < 0.75:
        return [turn.refer(first, need) + talk.rng.choice((" yes", " please", "")), talk.words("no")]
    if chance < 0.9:
        return [turn.refer(second, need) + talk.rng.choice((" only", " please", ""))]
    return [talk.words("no")]


def _choice(asked: Asked, need: Need, talk: Talk, turn: Turn) -> list[str]:
    first, second = asked.offers
    chance = talk.rng.random()
    if chance < 0.22:
        return [turn.agree(need, first, talk.words("first"))]
    if chance < 0.44:
        return [turn.agree(need, second, talk.words("second"))]
    if chance < 0.58:
        return [talk.words("dontcare")]
    made = talk.rng.choice((first, second))
    bare = talk.rng.random() < 0.5
    return [turn.refer(made, need) + talk.rng.choice(("", " please", " one", "")) if bare else clause(made, turn, need)]


def _first(asked: Asked, need: Need, talk: Talk, turn: Turn) -> list[str]:
    talk.focus = talk.rng.choice([n for n in talk.needs if not n.bought] or [need])
    word = (talk.focus.product or "first one").split()[-1]
    said = [talk.words("first.need").replace("{p}", word)] if talk.rng.random() < 0.6 else [word]
    return said + [clause(w, turn, talk.focus) for w in gather(talk.focus, talk.rng.choice((0, 1, 2, 2)), talk)]


def _gift(asked: Asked, need: Need, talk: Talk, turn: Turn) -> list[str]:
    made = wishes_for(need, ("price",), talk) if "price" not in need.used else []
    hobby = Wish(
        "use", "use", "is", "hobby", talk.rng.choice(talk.rng.choice(talk.shopper.words.kinds).uses or ("reading",))
    )
    text = talk.rng.choice(
        ("they're into [{v}]", "loves [{v}]", "[{v}] mostly", "all about [{v}]", "[{v}]", "always talking about [{v}]")
    )
    said = [_hobby(text, hobby, need, turn)] if talk.rng.random() < 0.7 else []
    said += [clause(w, turn, need) for w in made]
    return said or [talk.words("dontknow")]


def _hobby(text: str, hobby: Wish, need: Need, turn: Turn) -> str:
    return fill(text, hobby, [turn.add(need, hobby, 0, False)])


def _kinds(asked: Asked, need: Need, talk: Talk, turn: Turn) -> list[str]:
    """One of the things that were proposed for a present: the need gets its name."""
    rng = talk.rng
    kind = next(k for k in talk.shopper.words.kinds if asked.kinds[0] in k.names)
    need.kind, need.nameless = kind, False
    table = phrases("phrases")
    named = value(turn.name(need), asked.kinds[0])
    head = rng.choice(
        (
            "ooh {p}",
            "{p} it is",
            "the {p} then",
            "{p}, yes",
            "{p} sounds good",
            "maybe the {p}",
            "{p}",
            "yes {p}",
            "a {p} then",
        )
    )
    said = [head.replace("{p}", named)]
    if rng.random() < 0.15:
        said.append(table.pick("recommend.ask", rng, talk.shopper.voice.register))
        turn.act("ask_recommendation")
    return said


def _add(asked: Asked, need: Need, talk: Talk, turn: Turn) -> list[str]:
    turn.act("add_to_cart")
    need.bought = need.picked = True
    talk.basket = True
    return [talk.words("yes") if talk.rng.random() < 0.4 else talk.words("add")]


def _denied(made: Wish) -> Wish:
    return replace(made, op="is_not")


def _quoted(marks: list[int], text: str) -> str:
    return quote(marks, text)


_SAY = {
    "slots": _slots, "offer": _offer, "offers": _offers, "choice": _choice, "first": _first, "gift": _gift,
    "kinds": _kinds, "add": _add,
}  # fmt: skip
