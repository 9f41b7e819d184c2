"""How clauses become sentences: what comes first, what is joined by a comma, what stands alone."""

from __future__ import annotations

from finetune.generator.clauses import clause, fits_before, noun_phrase
from finetune.generator.grammar import phrases
from finetune.generator.talk import Talk, chat, questioned
from finetune.generator.turns import Need, Turn
from finetune.generator.wishes import OPEN, Slot, Wish, sample_slots, wish

QUESTIONS = ("do you", "have you", "got ", "u got", "can you", "could you", "what ", "is it")


def gather(need: Need, count: int, talk: Talk, skip: frozenset[str] = frozenset()) -> list[Wish]:
    """New wishes for a need, none that clashes with what already holds."""
    found: list[Wish] = []
    texts = set(need.texts)
    skip |= OPEN if need.nameless else frozenset()
    for slot in sample_slots(need.kind, count + 3, talk.rng, need.used | skip, skip):
        made = wish(slot, need.kind, talk.shopper, talk.rng, frozenset(texts))
        if made is not None and len(found) < count:
            found.append(made)
            texts |= {made.text, made.second or made.text}
    return found


def wishes_for(need: Need, slots: tuple[Slot, ...], talk: Talk) -> list[Wish]:
    """One new wish for each slot where there can be one."""
    said = [slot for slot in slots if not (need.nameless and slot in OPEN)]
    made = (wish(slot, need.kind, talk.shopper, talk.rng, need.texts) for slot in said)
    return [w for w in made if w is not None]


def state(need: Need, group: str, wishes: list[Wish], talk: Talk, turn: Turn) -> list[str]:
    """Sentences that name a need by a pattern of `group` (`opener`, `second.need` ...) and say its wishes."""
    rng, voice = talk.rng, talk.shopper.voice
    room = rng.choice((0, 1, 1, 2, 2, 3))
    before: list[Wish] = []
    for made in wishes:
        if len(before) < room and fits_before(made) and made.slot not in {b.slot for b in before}:
            before.append(made)
    named = noun_phrase(rng.choice(need.kind.names), before, turn, need)
    table = phrases("phrases") if group in phrases("phrases") else phrases("moves")
    head = table.pick(group, rng, voice.register).replace("{p}", named)
    clauses = [clause(w, turn, need) for w in wishes if w not in before]
    rng.shuffle(clauses)
    leading = [clauses.pop()] if clauses and rng.random() < 0.06 else []
    sentences = join([*leading, head], clauses, talk)
    if head.startswith(QUESTIONS) and rng.random() < 0.7:
        sentences[0] = questioned(sentences[0], rng)
    return sentences


def join(head: list[str], clauses: list[str], talk: Talk) -> list[str]:
    """Distributes clauses over sentences as this voice does: commas, `and`, or a sentence each."""
    rng, voice = talk.rng, talk.shopper.voice
    sentences = [", ".join(head)] if head else []
    for number, text in enumerate(clauses):
        alone = not sentences or rng.random() < voice.clauses * (0.5 if number == 0 else 0.45)
        if alone:
            sentences.append(text)
        else:
            sentences[-1] += _glue(sentences[-1], number, talk) + text
    if sentences and rng.random() < voice.filler:
        sentences[0] = (
            phrases("moves").pick("filler", rng, voice.register) + rng.choice((" ", ", ", " ")) + sentences[0]
        )
    if sentences and rng.random() < voice.filler:
        sentences[-1] += rng.choice((" ", ", ")) + phrases("moves").pick("chat.tail", rng, voice.register)
    return sentences


def _glue(so_far: str, number: int, talk: Talk) -> str:
    if so_far.endswith(("?", "!", ".")):
        return " "
    if number == 0:
        return talk.rng.choice((", ", ", ", " ", " ", " - "))
    if talk.shopper.voice.stops == "none":
        return talk.rng.choice((" ", " and ", " "))
    return talk.rng.choice(
        (", ", ", ", ", ", " and ", ", and ", " but ", "; " if talk.shopper.voice.case == "sentence" else " + ")
    )


def surround(sentences: list[str], talk: Talk, turn: Turn, greet: bool) -> None:
    """Puts greeting and small talk around sentences and gives them to the turn."""
    small = chat(talk, turn)
    if small:
        sentences = list(sentences)
        sentences.insert(talk.rng.choice((0, len(sentences), len(sentences))), small)
    if greet:
        turn.acts.insert(0, "greet")
        hello = phrases("phrases").pick("greet", talk.rng, talk.shopper.voice.register)
        if sentences and talk.rng.random() < 0.6:
            sentences = [hello + talk.rng.choice((", ", ", ", "! ", " ", " - ")) + sentences[0], *sentences[1:]]
        else:
            sentences = [hello, *sentences]
    turn.say(*sentences)
