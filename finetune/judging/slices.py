"""Parts of a set of conversations that are looked at on their own: by language, length, negation, needs, events."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from assistant.records import Conversation
from finetune.agreement import constraints
from finetune.scoring import label_state

SCRIPTS = {
    "CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean", "CYRILLIC": "Cyrillic script",
    "ARABIC": "Arabic script", "GREEK": "Greek", "HEBREW": "Hebrew", "THAI": "Thai", "DEVANAGARI": "Devanagari script",
    "LATIN": "Latin script",
}  # fmt: skip
SHARE = 0.2
LONG_WORDS = 40
LONG_CHARACTERS = 200


def slices(conversations: Sequence[Conversation]) -> dict[str, dict[str, list[int]]]:
    """Places of the conversations of each slice, by group and name: `{"needs": {"two or more": [0, 3]}}`.

    A group that does not divide the set (all in one language) is there all the same: it says so.
    """
    groups: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, conversation in enumerate(conversations):
        for group, name in _of(conversation):
            groups[group][name].append(place)
    return {group: dict(sorted(parts.items())) for group, parts in groups.items()}


def language(conversation: Conversation) -> str:
    """What the record names as `language` or `lang`; otherwise by the script that the shopper writes.

    Ideographs among kana are Japanese. A Latin script says nothing about which language it is.
    """
    named = getattr(conversation, "language", None) or getattr(conversation, "lang", None)
    if isinstance(named, str) and named.strip():
        return named.strip()
    counts = Counter(_script(c) for m in conversation.messages if m.role == "user" for c in m.content if c.isalpha())
    if not counts:
        return "no letters"
    letters = sum(counts.values())
    if counts["Japanese"] / letters > SHARE / 2:
        return "Japanese"
    # a few Latin brand names do not make a Chinese message English
    rare = [name for name, count in counts.most_common() if name != "Latin script" and count / letters > SHARE]
    return rare[0] if rare else counts.most_common(1)[0][0]


def _of(conversation: Conversation) -> Iterator[tuple[str, str]]:
    said = [message.content for message in conversation.messages if message.role == "user"]
    label = label_state(conversation)
    yield "language", language(conversation)
    yield "length", "1 message" if len(said) == 1 else "2–3 messages" if len(said) <= 3 else "4 or more messages"
    yield "longest message", "long (over 40 words)" if any(map(_is_long, said)) else "short"
    if conversation.label and "needs" in conversation.label:
        negated = any(c.op == "is_not" for c in constraints(label))
        yield "negation", "something is not wanted" if negated else "none"
        yield "needs", "two or more" if len(label.needs) > 1 else "one or none"
    yield "events", "with events" if conversation.events else "without"


def _is_long(text: str) -> bool:
    return len(text.split()) > LONG_WORDS or len(text) > LONG_CHARACTERS


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "OTHER").partition(" ")[0]
    return SCRIPTS.get(name, "another script")
