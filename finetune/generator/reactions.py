"""What shoppers do about products that they were shown: turn down, ask, compare, pick, put in the basket, pay."""

from __future__ import annotations

from dataclasses import replace

from finetune.generator.amounts import round_price
from finetune.generator.clauses import clause
from finetune.generator.openings import advice, next_need
from finetune.generator.refining import add, drop_need, refine, swap_need
from finetune.generator.saying import gather, join, surround
from finetune.generator.talk import Talk, questioned
from finetune.generator.turns import Need, Turn
from finetune.generator.wishes import price_wish, wish


def reject(talk: Talk, turn: Turn, need: Need) -> None:
    """Turns something down, often with a reason that is a new constraint."""
    rng = talk.rng
    turn.act("reject")
    turn.active, turn.stage = need, "comparing"
    costly = rng.random() < 0.35
    said = [talk.words("reject.price" if costly else "reject")]
    if rng.random() < 0.78:
        said += _limit(talk, turn, need) if costly else add(talk, turn, need)
        turn.act("refine_need")
    if rng.random() < 0.3:
        said.append(questioned(talk.words("ask"), rng))
        turn.act("ask_product")
        turn.stage = rng.choice(("comparing", "deciding"))
    elif rng.random() < 0.13:
        said.append(questioned(talk.words("compare"), rng))
        turn.act("compare")
    elif rng.random() < 0.07:
        said.append(advice(talk, turn))
    _say(said, talk, turn)


def change(talk: Talk, turn: Turn, need: Need) -> None:
    """Changes what is wanted, without a word about what was shown."""
    said = refine(talk, turn, need)
    turn.stage = "deciding" if need.chosen else "comparing" if need.shown else "exploring"
    if talk.rng.random() < 0.2:
        said += refine(talk, turn, need)
    if talk.rng.random() < 0.35 and need.shown:
        said.append(questioned(talk.words("ask"), talk.rng))
        turn.act("ask_product")
        turn.stage = "deciding" if need.chosen or talk.rng.random() < 0.5 else "comparing"
    _say(said, talk, turn)


def ask(talk: Talk, turn: Turn, need: Need) -> None:
    """A question about a product: it changes nothing."""
    turn.act("ask_product")
    turn.active = need
    turn.stage = "deciding" if need.chosen or len(need.shown) == 1 or talk.rng.random() < 0.55 else "comparing"
    said = [questioned(talk.words("ask"), talk.rng)]
    if talk.rng.random() < 0.15:
        said.insert(0, talk.words("select.tentative"))
    if talk.rng.random() < 0.12:
        said.append(questioned(talk.words("ask"), talk.rng))
    if talk.rng.random() < 0.08:
        said.append(questioned(talk.words("policy"), talk.rng))
        turn.act("policy")
    _say(said, talk, turn)


def compare(talk: Talk, turn: Turn, need: Need) -> None:
    """Weighs two shown products."""
    turn.act("compare")
    turn.active, turn.stage = need, "comparing"
    said = [questioned(talk.words("compare"), talk.rng)]
    if talk.rng.random() < 0.18:
        said += add(talk, turn, need)
        turn.act("refine_need")
    _say(said, talk, turn)


def recommend(talk: Talk, turn: Turn, need: Need) -> None:
    """Asks for advice."""
    said = [advice(talk, turn)]
    turn.active = need
    turn.stage = "comparing" if need.shown else "exploring"
    if talk.rng.random() < 0.25:
        said.insert(0, *add(talk, turn, need)[:1] or [talk.words("chat")])
        turn.act("refine_need")
    _say(said, talk, turn)


def select(talk: Talk, turn: Turn, need: Need) -> None:
    """Picks one: bare, with a variant, with a question, straight into the basket or on to something else."""
    rng = talk.rng
    need.chosen = talk.pick()
    need.picked = True
    turn.act("select")
    turn.active, turn.stage = need, "buying"
    said = [talk.words("select")]
    if rng.random() < 0.1:
        said.insert(0, talk.words("reject"))
        turn.acts.insert(0, "reject")
    if rng.random() < 0.45:
        said += variant(talk, turn, need)
    after = rng.choices(("nothing", "ask", "policy", "basket", "checkout", "next"), (26, 20, 13, 22, 6, 13))[0]
    _afterwards(after, said, talk, turn, need)


def variant(talk: Talk, turn: Turn, need: Need) -> list[str]:
    """The last details of what was picked: a colour, a size, how many."""
    for slot in talk.rng.sample(("colour", "size", "quantity"), 3):
        old = need.says(slot)
        made = wish(slot, need.kind, talk.shopper, talk.rng, need.texts)  # type: ignore[arg-type]
        if made is None or made.second is not None:
            continue
        for held in old:
            if made.op == "is":
                need.drop(held)
        turn.act("refine_need")
        turn.stage = "deciding"
        return [clause(made, turn, need)] if talk.rng.random() < 0.6 or made.op != "is" else [turn.refer(made, need)]
    return []


def pick_variant(talk: Talk, turn: Turn, need: Need) -> None:
    """Answers which colour it shall be."""
    rng = talk.rng
    colours = need.chosen.colours if need.chosen and need.chosen.colours else talk.shopper.words.words["colours"]
    made = wish("colour", need.kind, talk.shopper, rng)
    if made is None:
        ask(talk, turn, need)
        return
    made = replace(made, op="is", second=None, text=rng.choice(colours), strength="must", form="colour")
    for held in need.says("colour"):
        if held.label["op"] == "is":
            need.drop(held)
    turn.act("refine_need")
    turn.active, turn.stage = need, "deciding"
    said = [turn.refer(made, need) if rng.random() < 0.6 else clause(made, turn, need)]
    after = rng.choices(("nothing", "ask", "policy", "basket", "checkout"), (40, 10, 14, 28, 8))[0]
    _afterwards(after, said, talk, turn, need)


def buy(talk: Talk, turn: Turn, need: Need) -> None:
    """Puts the thing in the basket, perhaps pays, perhaps goes on to the next."""
    rng = talk.rng
    if need.chosen is None:
        need.chosen = talk.pick()
        said = [talk.words("add.name")]
        if rng.random() < 0.5:
            turn.act("select")
    else:
        said = [talk.words("add")]
    turn.act("add_to_cart")
    need.bought = talk.basket = True
    turn.active, turn.stage = need, "buying"
    if rng.random() < 0.3:
        said += variant(talk, turn, need)
        turn.stage = "buying"
    after = rng.choices(("nothing", "policy", "checkout", "next", "other", "thanks"), (30, 13, 12, 30, 10, 5))[0]
    _afterwards(after, said, talk, turn, need)


def pay(talk: Talk, turn: Turn, need: Need) -> None:
    """Pays for what was picked."""
    turn.act("checkout")
    turn.active, turn.stage = need, "buying"
    need.bought = talk.basket = talk.ordered = True
    _say([talk.words("checkout")], talk, turn)


def leave(talk: Talk, turn: Turn, need: Need) -> None:
    """Drops a need altogether, or wants something else in its place."""
    rng = talk.rng
    shown = bool(need.shown)
    if rng.random() < 0.55 or len(talk.needs) < 2:
        turn.say(*swap_need(talk, turn, need))
        turn.stage = "exploring"
        talk.phase = "idle"
        return
    said = drop_need(talk, turn, need)
    turn.stage = "comparing" if shown else "exploring"
    if talk.focus is not None and rng.random() < 0.5:
        said += [clause(w, turn, talk.focus) for w in gather(talk.focus, rng.choice((1, 1, 2)), talk)]
    _say(said, talk, turn)


def back(talk: Talk, turn: Turn) -> None:
    """Goes to the other need."""
    rng = talk.rng
    other = rng.choice(talk.others)
    talk.focus = turn.active = other
    word = rng.choice(((other.product or "present"), (other.product or "present").split()[-1]))
    said = [talk.words(rng.choice(("back.need", "next.need"))).replace("{p}", word)]
    wishes = gather(other, rng.choice((0, 1, 1, 2, 2)), talk)
    said += [clause(w, turn, other) for w in wishes]
    turn.stage = "comparing" if other.shown else "exploring"
    if wishes or not other.shown:
        turn.act("refine_need")
    if not wishes and other.shown:
        said.append(questioned(talk.words("ask"), rng))
        turn.act("ask_product")
    _say(said, talk, turn)


def _afterwards(after: str, said: list[str], talk: Talk, turn: Turn, need: Need) -> None:
    rng = talk.rng
    if after == "ask":
        said.append(questioned(talk.words("ask"), rng))
        turn.act("ask_product")
        turn.stage = "deciding"
    elif after == "policy":
        said.append(questioned(talk.words("policy"), rng))
        turn.act("policy")
        turn.stage = "buying" if need.bought else "deciding"
    elif after == "basket":
        said.append(talk.words("add"))
        turn.act("add_to_cart")
        need.bought = talk.basket = True
        turn.stage = "buying"
    elif after == "checkout":
        said.append(talk.words("checkout"))
        turn.act("checkout")
        need.bought = talk.basket = talk.ordered = True
        turn.stage = "buying"
    elif after == "thanks":
        said.append(talk.words("done"))
        turn.act("thank_bye")
        talk.phase = "closed"
    _say(said, talk, turn)
    if after == "next":
        next_need(talk, turn)
        need.bought = True
    elif after == "other" and talk.others:
        back(talk, turn)


def _limit(talk: Talk, turn: Turn, need: Need) -> list[str]:
    held = [h for h in need.says("price") if h.label["op"] != "at_least"]
    low, high = (amount * talk.shopper.currency.rate for amount in need.kind.price)
    amount = (
        held[0].label["value"] * talk.rng.choice((0.8, 1.0, 1.1, 1.2))
        if held
        else talk.rng.uniform(low, (low + high) / 2)
    )
    made = price_wish(round_price(float(amount), talk.rng), talk.shopper, talk.rng, "at_most")
    for old in need.says("price"):
        need.drop(old)
    return [clause(made, turn, need)]


def _say(said: list[str], talk: Talk, turn: Turn) -> None:
    surround(join(said[:1], said[1:], talk), talk, turn, greet=False)
