"""Taking personal data out of labelled conversations before a model is trained on them, labels in step.

What `assistant.personal_data` finds becomes a typed placeholder in lower case, such as `[email]`, in messages and
search terms. A label's quote and value that held some of it hold the placeholder instead, so that every quote still is
an exact substring of its message. What one message of a conversation tells to be a name is a name in all of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from assistant.personal_data import Span, find
from assistant.records import Constraint, Conversation, Need, State
from finetune.conversations import chains

PLACEHOLDER = {kind: f"[{kind}]" for kind in ("email", "card", "address", "phone", "order", "name")}
DIGITS = re.compile(r"\D+")


class RedactedText:
    """A text and the same without its personal data. `spans` are places in the original."""

    def __init__(self, original: str, spans: Sequence[Span]) -> None:
        self.original, self.spans = original, spans
        self._starts: list[tuple[Span, int, int]] = []
        parts, place, end = list[str](), 0, 0
        for span in spans:
            between, new = original[end : span.start], PLACEHOLDER[span.kind]
            parts += [between, new]
            place += len(between)
            self._starts.append((span, place, place + len(new)))
            place, end = place + len(new), span.end
        self.text = "".join([*parts, original[end:]])

    def part(self, start: int, end: int) -> str:
        """What has become of the original's characters `start` to `end`; placeholders are never cut."""
        first = next((new for span, new, _ in self._starts if span.start <= start < span.end), None)
        last = next((new for span, _, new in self._starts if span.start < end <= span.end), None)
        return self.text[self._moved(start) if first is None else first : self._moved(end) if last is None else last]

    def quote(self, words: str) -> str:
        """What has become of `words`, which the original holds; where it holds them more than once, of those that
        have the least personal data in them, and of whole words rather than parts."""
        places = [m.start() for m in re.finditer(f"(?={re.escape(words)})", self.original)]
        if not places:
            return words
        best = min(places, key=lambda start: self._badness(start, start + len(words)))
        return self.part(best, best + len(words))

    def _badness(self, start: int, end: int) -> tuple[int, int]:
        cut = sum(
            0 < place < len(self.original) and self.original[place - 1 : place + 1].isalnum() for place in (start, end)
        )
        return sum(span.start < end and start < span.end for span in self.spans), cut

    def _moved(self, place: int) -> int:
        before = [(span, new) for span, _, new in self._starts if span.end <= place]
        return before[-1][1] + place - before[-1][0].end if before else place


def redact(conversations: Iterable[Conversation], names: Collection[str] = ()) -> list[Conversation]:
    """The conversations without personal data, prefixes of one of them alike; `names` are known customers' names."""
    found = [(c, names_of(chain, names)) for chain in chains(conversations) for c in chain]
    return [_redacted(conversation, known) for conversation, known in found]


def count(conversations: Iterable[Conversation], names: Collection[str] = ()) -> dict[str, int]:
    """How much personal data of each kind the conversations hold, each chain counted once, in its full length."""
    counts: Counter[str] = Counter()
    for chain in chains(conversations):
        known = names_of(chain, names)
        for message in chain[-1].messages:
            counts.update(span.kind for span in _spared(find(message.content, known), message.content, chain[-1]))
    return dict(counts)


def names_of(chain: Sequence[Conversation], names: Collection[str] = ()) -> list[str]:
    """Known names, and those that the messages of one conversation tell."""
    told = {
        m.content[span.start : span.end]
        for conversation in chain
        for m in conversation.messages
        for span in _spared(find(m.content), m.content, conversation)
        if span.kind == "name"
    }
    return sorted({*names, *(name for name in told if len(name) > 2)})


def _redacted(conversation: Conversation, names: Collection[str]) -> Conversation:
    texts = [
        RedactedText(m.content, _spared(find(m.content, names), m.content, conversation)) for m in conversation.messages
    ]
    messages = tuple(
        m.model_copy(update={"content": text.text}) for m, text in zip(conversation.messages, texts, strict=True)
    )
    events = tuple(
        e.model_copy(update={"search_term": RedactedText(e.search_term, find(e.search_term, names)).text})
        if e.search_term
        else e
        for e in conversation.events
    )
    label = None if conversation.label is None else _label(conversation.label, texts)
    return conversation.model_copy(update={"messages": messages, "events": events, "label": label})


def _spared(spans: list[Span], text: str, conversation: Conversation) -> list[Span]:
    """`spans` without what the label knows to be something else: a brand that looks like a name, a price or quantity
    that looks like a number of an order."""
    needs = (conversation.label or {}).get("needs") or []
    held = [c for need in needs for c in need.get("constraints") or []]
    brands = [str(c["value"]).lower() for c in held if c.get("attribute") == "brand"]
    numbers = {float(c["value"]) for c in held if isinstance(c.get("value"), int | float)}

    def known(span: Span) -> bool:
        words = text[span.start : span.end].lower()
        if span.kind == "name":
            return any(words in brand for brand in brands)
        digits = DIGITS.sub("", words)
        return span.kind in ("order", "phone") and bool(digits) and float(digits) in numbers

    return [span for span in spans if not known(span)]


def _label(label: dict[str, Any], texts: Sequence[RedactedText]) -> dict[str, Any]:
    if not label.get("needs"):
        return label
    state = State.model_validate(label)
    needs = [_need(need, texts) for need in state.needs]
    dumped = State(needs=tuple(needs)).model_dump(mode="json", exclude_none=True)["needs"]
    return label | {"needs": [{"product": need.product} | row for need, row in zip(needs, dumped, strict=True)]}


def _need(need: Need, texts: Sequence[RedactedText]) -> Need:
    product = need.product if need.product is None else _anywhere(need.product, texts)
    constraints = tuple(_constraint(constraint, texts) for constraint in need.constraints)
    return need.model_copy(update={"product": product, "constraints": constraints})


def _constraint(constraint: Constraint, texts: Sequence[RedactedText]) -> Constraint:
    source, value = constraint.source, constraint.value
    if source is None or source.message is None or source.quote is None or source.message >= len(texts):
        new = _anywhere(value, texts) if isinstance(value, str) else value
        return constraint.model_copy(update={"value": new})
    quote = texts[source.message].quote(source.quote)
    if isinstance(value, str):
        value = _value(value, source.quote, quote, texts)
    return constraint.model_copy(update={"value": value, "source": source.model_copy(update={"quote": quote})})


def _value(value: str, quote: str, redacted: str, texts: Sequence[RedactedText]) -> str:
    """The value in step with its quote: redacted where the words of the quote that it repeats were."""
    if quote == redacted:
        return value
    return redacted.lower() if value == quote.lower() else _anywhere(value, texts)


def _anywhere(words: str, texts: Sequence[RedactedText]) -> str:
    """`words` with a placeholder for whatever was personal in the messages; words that are still said are no secret."""
    if any(words.lower() in text.text.lower() for text in texts):
        return words
    secrets = {t.original[s.start : s.end].lower(): PLACEHOLDER[s.kind] for t in texts for s in t.spans}
    for secret in sorted(secrets, key=len, reverse=True):
        words = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", secrets[secret], words, flags=re.IGNORECASE)
    return words
