"""How a shopper types: register, case, punctuation, abbreviations and typing errors, over marked text."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from finetune.generator.markup import MARKS

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
SHORT = {
    "you": ("u",), "your": ("ur",), "are": ("r",), "please": ("pls", "plz"), "with": ("w", "w/"), "and": ("n", "&"),
    "because": ("cuz", "bc", "cos"), "something": ("smth", "sth"), "though": ("tho",), "thanks": ("thx", "ty"),
    "about": ("abt",), "people": ("ppl",), "okay": ("k", "ok"), "really": ("rly", "rlly"), "probably": ("prob",),
    "without": ("w/o",), "under": ("undr", "under"), "favourite": ("fave",), "definitely": ("def",), "birthday":
    ("bday",),
    "christmas": ("xmas",), "tomorrow": ("tmrw",), "anything": ("anythin",), "looking": ("lookin",), "going": ("goin",),
    "minimum": ("min",), "maximum": ("max",), "between": ("btwn",), "one": ("1",), "two": ("2",), "for": ("4", "for"),
    "i'm": ("im",), "don't": ("dont",), "it's": ("its",), "can't": ("cant",), "what's": ("whats",), "that's":
    ("thats",),
}  # fmt: skip
HEARD = {
    "their": "there", "to": "too", "two": "to", "for": "four", "wear": "where", "brake": "break", "sole": "soul",
    "plain": "plane", "weight": "wait", "right": "write", "stairs": "stares", "suede": "swayed", "feet": "feat",
    "mail": "male", "blue": "blew", "red": "read", "would": "wood", "wood": "would", "steel": "steal", "our": "are",
}  # fmt: skip
NEAR = {
    "a": "s", "b": "v", "c": "x", "d": "s", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "k": "l", "l": "k", "m":
    "n",
    "n": "m", "o": "i", "p": "o", "r": "t", "s": "a", "t": "y", "u": "i", "v": "b", "w": "e", "y": "t",
}  # fmt: skip
EMOJI = ("😅", "🙏", "😂", "😭", "👍", "💀", "✨", "🥺", "😍", "🙈", "🤷", "❤️", "🔥", "😬", ":)", ";)", "xx", "🎉")
ENDINGS = {
    "casual": ("!", "!!", "", "", "..", " lol", " haha"),
    "formal": (".",),
    "": (".", ".", ".", "!"),
    "foreign": (".", ".", "!", ""),
}


@dataclass(frozen=True)
class Voice:
    """One shopper's way of typing. Rates are the share of words, clauses or messages that something happens to."""

    name: str
    register: str = ""
    case: str = "sentence"
    stops: str = "full"
    typos: float = 0.0
    short: float = 0.0
    bare: float = 0.0
    heard: float = 0.0
    chat: float = 0.2
    filler: float = 0.05
    emoji: float = 0.0
    greets: float = 0.15
    words: float = 0.1
    clauses: float = 0.5
    articles: float = 0.0


ARCHETYPES = (
    Voice("terse", case="lower", stops="light", chat=0.05, filler=0.02, greets=0.05, clauses=0.15, bare=0.4),
    Voice("plain", chat=0.15, greets=0.15, clauses=0.5),
    Voice("plain lower", case="lower", stops="light", chat=0.2, greets=0.12, bare=0.3),
    Voice("chatty", chat=0.7, filler=0.2, greets=0.3, emoji=0.1, clauses=0.6),
    Voice("chatty lower", case="lower", stops="light", chat=0.7, filler=0.25, greets=0.2, emoji=0.15, bare=0.5),
    Voice("formal", register="formal", chat=0.25, filler=0.0, greets=0.4, words=0.4, clauses=0.9),
    Voice(
        "slang", register="casual", case="lower", stops="light", short=0.5, bare=0.9, chat=0.45, filler=0.2, emoji=0.3
    ),
    Voice("hasty", register="casual", case="lower", stops="light", typos=0.07, short=0.2, bare=0.7, chat=0.2),
    Voice("typos", case="lower", stops="light", typos=0.12, bare=0.6, chat=0.25),
    Voice("dictated", case="lower", stops="none", heard=0.08, words=0.8, chat=0.4, filler=0.3, clauses=0.7),
    Voice("shouting", case="upper", chat=0.2, greets=0.2, clauses=0.3),
    Voice("foreign", register="foreign", chat=0.35, greets=0.35, articles=0.35, clauses=0.7),
    Voice("foreign lower", register="foreign", case="lower", stops="light", chat=0.25, typos=0.02, articles=0.5),
    Voice("business", chat=0.1, greets=0.35, clauses=0.3, words=0.05),
)
WEIGHTS = (15, 16, 15, 8, 9, 7, 9, 6, 5, 4, 2, 7, 4, 4)


def sample_voice(rng: random.Random) -> Voice:
    """One of the archetypes with its rates varied."""
    voice = rng.choices(ARCHETYPES, WEIGHTS)[0]
    return replace(
        voice,
        typos=voice.typos * rng.uniform(0.3, 1.4) + (0.02 if rng.random() < 0.15 else 0.0),
        short=voice.short * rng.uniform(0.3, 1.3),
        chat=min(0.9, voice.chat * rng.uniform(0.4, 1.6)),
        clauses=min(1.0, voice.clauses * rng.uniform(0.5, 1.5)),
        words=min(1.0, voice.words * rng.uniform(0.3, 1.6)),
    )


def speak(sentences: list[str], voice: Voice, rng: random.Random) -> str:
    """Joins marked sentences into one message as this voice types it; the marks stay in it."""
    typed = [_ended(_words(sentence.strip(), voice, rng), voice, rng) for sentence in sentences if sentence.strip()]
    if voice.stops == "none":
        return re.sub(r"(?<!\d)[,.?!;:](?=\D|$)", "", " ".join(typed)).lower()
    text = (" " if rng.random() < 0.97 else "\n").join(typed)
    if voice.stops == "light":
        text = re.sub(rf"[.,;-]((?:{MARKS.pattern})*)$", r"\1", text.rstrip())
    if voice.emoji and rng.random() < voice.emoji:
        text += " " + rng.choice(EMOJI)
    return _cased(text, voice, rng)


def _cased(text: str, voice: Voice, rng: random.Random) -> str:
    if voice.case == "upper":
        return text.upper()
    if voice.case == "lower":
        return text if rng.random() < 0.3 else _lower(text)
    return re.sub(r"\bi\b(?=[ ',])", "I", text)


def _lower(text: str) -> str:
    return "".join(c if MARKS.match(c) else c.lower() for c in text)


def _ended(sentence: str, voice: Voice, rng: random.Random) -> str:
    if voice.case == "sentence":
        first = next((i for i, c in enumerate(sentence) if not MARKS.match(c)), 0)
        sentence = sentence[:first] + sentence[first].upper() + sentence[first + 1 :]
    tail = MARKS.sub("", sentence)[-1:]
    if tail in "?!.":
        doubled = tail == "?" and voice.register == "casual" and rng.random() < 0.3
        dropped = tail == "?" and voice.stops == "light" and rng.random() < 0.4
        return sentence + "?" if doubled else _without_last(sentence, "?") if dropped else sentence
    if voice.stops == "light":
        return sentence + rng.choice((".", ".", ".", ".", ",", ",", " -", "", "", "!", "..."))
    return sentence + rng.choice(ENDINGS[voice.register])


def _without_last(sentence: str, char: str) -> str:
    at = sentence.rfind(char)
    return sentence[:at] + sentence[at + 1 :]


def _words(text: str, voice: Voice, rng: random.Random) -> str:
    if voice.articles:
        text = re.sub(r"\b(?:a|an|the) ", lambda m: "" if rng.random() < voice.articles else m[0], text)
    if not (voice.short or voice.bare or voice.heard or voice.typos):
        return text
    return WORD.sub(lambda match: _word(match[0], voice, rng), text)


def _word(word: str, voice: Voice, rng: random.Random) -> str:
    lower = word.lower()
    if voice.short and lower in SHORT and rng.random() < voice.short:
        return rng.choice(SHORT[lower])
    if voice.bare and "'" in word and rng.random() < voice.bare:
        word = word.replace("'", "")
    if voice.heard and lower in HEARD and rng.random() < voice.heard:
        return HEARD[lower]
    if voice.typos and len(word) > 3 and rng.random() < voice.typos:
        return _mistyped(word, rng)
    return word


def _mistyped(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.random()
    if kind < 0.35:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind < 0.7:
        return word[:at] + word[at + 1 :]
    if kind < 0.85:
        return word[:at] + word[at] + word[at:]
    return word[:at] + NEAR.get(word[at].lower(), word[at]) + word[at + 1 :]
