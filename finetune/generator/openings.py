"""First messages about a need: one thing, two things at once, a present without a product."""

from __future__ import annotations

from finetune.generator.clauses import clause
from finetune.generator.grammar import phrases
from finetune.generator.markup import quote, value
from finetune.generator.saying import gather, join, state, surround
from finetune.generator.talk import Talk, questioned
from finetune.generator.turns import Need, Turn
from finetune.generator.wishes import Wish, wish


def greet_only(talk: Talk, turn: Turn) -> None:
    """Nothing but a greeting."""
    turn.act("greet")
    turn.say(phrases("phrases").pick("greet.only", talk.rng, talk.shopper.voice.register))
    talk.phase = "hello"


def open_need(talk: Talk, turn: Turn) -> None:
    """A thing that is wanted, with some of what it must be; sometimes with a question for advice."""
    rng = talk.rng
    need = new_need(talk)
    count = (
        rng.choice((2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7))
        if talk.shopper.voice.name != "terse"
        else rng.choice((2, 3, 3, 4, 5))
    )
    sentences = state(need, "opener", gather(need, count, talk), talk, turn)
    turn.act("state_need")
    if rng.random() < 0.1:
        sentences.append(advice(talk, turn))
    if rng.random() < 0.02:
        sentences.append(questioned(talk.words("policy"), rng))
        turn.act("policy")
    surround(sentences, talk, turn, greet=rng.random() < talk.shopper.voice.greets)
    _focus(talk, turn, need)


def open_two(talk: Talk, turn: Turn) -> None:
    """Two things at once; the one that is to come first is active, else the one named last."""
    rng = talk.rng
    first = new_need(talk)
    sentences = state(first, "opener", gather(first, rng.choice((0, 1, 2, 2, 3)), talk), talk, turn)
    second = new_need(talk)
    sentences += state(second, "second.need", gather(second, rng.choice((0, 1, 2, 2, 3)), talk), talk, turn)
    if rng.random() < 0.12:
        _both(first, second, sentences, talk, turn)
    active = second
    if rng.random() < 0.45:
        active = rng.choice((first, first, second))
        word = rng.choice(active.kind.names).split()[-1]
        sentences.append(talk.words("first.need").replace("{p}", word))
    turn.act("state_need")
    surround(sentences, talk, turn, greet=rng.random() < talk.shopper.voice.greets)
    _focus(talk, turn, active)


def open_gift(talk: Talk, turn: Turn) -> None:
    """A present for somebody: what it should be is still open."""
    rng = talk.rng
    need = new_need(talk)
    need.nameless = True
    wishes = _present(need, talk)
    clauses = [clause(w, turn, need) for w in wishes]
    group = "opener.gift" if rng.random() < 0.75 else "recommend.ask"
    head = phrases("phrases").pick(group, rng, talk.shopper.voice.register)
    sentences = join([head], clauses, talk)
    turn.act("state_need")
    asked = group == "recommend.ask" or head.startswith(("what", "help", "no idea", "gift ideas", "present ideas"))
    if asked:
        turn.act("ask_recommendation")
    elif rng.random() < 0.3:
        sentences.append(advice(talk, turn))
    surround(sentences, talk, turn, greet=rng.random() < talk.shopper.voice.greets)
    _focus(talk, turn, need)


def next_need(talk: Talk, turn: Turn) -> None:
    """Another thing, after or beside the first."""
    rng = talk.rng
    need = new_need(talk)
    turn.act("state_need")
    wishes = gather(need, rng.choice((2, 2, 3, 3, 4, 5)), talk)
    turn.say(*state(need, "second.need" if rng.random() < 0.7 else "opener", wishes, talk, turn))
    if rng.random() < 0.08:
        turn.say(advice(talk, turn))
    _focus(talk, turn, need)


def new_need(talk: Talk) -> Need:
    """A need for a kind that is not yet talked about, and with no name yet."""
    taken = {need.kind.names for need in talk.needs}
    kinds = talk.shopper.words.kinds
    kind = talk.rng.choice(kinds)
    while kind.names in taken:
        kind = talk.rng.choice(kinds)
    need = Need(kind)
    talk.needs.append(need)
    return need


def advice(talk: Talk, turn: Turn) -> str:
    """A question for advice."""
    turn.act("ask_recommendation")
    text = phrases("phrases").pick("recommend.ask", talk.rng, talk.shopper.voice.register)
    return questioned(text, talk.rng) if talk.rng.random() < 0.8 else text


def _focus(talk: Talk, turn: Turn, need: Need) -> None:
    talk.focus = need
    turn.active = need
    turn.stage = "exploring"
    talk.phase = "idle"


def _both(first: Need, second: Need, sentences: list[str], talk: Talk, turn: Turn) -> None:
    made = wish("colour", first.kind, talk.shopper, talk.rng) or wish("brand", first.kind, talk.shopper, talk.rng)
    if made is None or made.op != "is" or made.second is not None or not second.kind.coloured:
        return
    name = turn.add(first, made, 0, made.strength == "prefer")
    other = turn.add(second, made, 0, made.strength == "prefer")
    text = "both in {v}" if made.slot == "colour" else "both from {v}"
    if made.strength == "prefer":
        text += talk.rng.choice((" if possible", " ideally", " if you can"))
    sentences.append(_shared(text, made, [name, other]))


def _shared(text: str, made: Wish, marks: list[int]) -> str:
    inner = made.text
    for mark in marks:
        inner = value(mark, inner)
    return quote(marks, text.replace("{v}", inner))


def _present(need: Need, talk: Talk) -> list[Wish]:
    rng = talk.rng
    slots = [("recipient", 0.95), ("occasion", 0.6), ("price", 0.5), ("delivery", 0.12), ("other", 0.05)]
    made = [wish(slot, need.kind, talk.shopper, rng) for slot, chance in slots if rng.random() < chance]  # type: ignore[arg-type]
    wishes = [w for w in made if w is not None and w.op != "is_not"]
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        other = rng.choice(rng.choice(talk.shopper.words.kinds).names)
        wishes.append(Wish("other", "product", "is_not", "product", other))
    rng.shuffle(wishes)
    return wishes
