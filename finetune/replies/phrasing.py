"""The tools of composing: which facts are still to be said, and lines of the tables that suit the tone."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from assistant.facts import COUNTS, PICKS, offered
from assistant.records import Plan
from finetune.replies.tables import Lines, tables

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"\$([a-z])")
_MARK = {"casual": "~", "formal": "^"}


class Phrasing:
    """What is left to say of one plan, and the sentences so far."""

    def __init__(self, plan: Plan, rng: random.Random) -> None:
        self.plan, self.rng = plan, rng
        self.finding, self.service, self.notes = tables("finding"), tables("service"), tables("notes")
        self.left = [fact.key for fact in offered(plan)]
        self.parts: list[str] = []

    def take(self, key: str) -> str:
        """The placeholder of `key`, which is said with this; empty where the plan has no such fact left."""
        if key not in self.left:
            return ""
        self.left.remove(key)
        return f"{{{key}}}"

    def several(self, name: str, pick: int = 0) -> str:
        """All facts of a numbered name as a list, empty for none; the record's and the shopper's words in quotes."""
        before = f"{pick}." if pick else ""
        found = [self.take(f"{before}{name}{n}") for n in range(1, COUNTS[name] + 1)]
        quoted = '"{}"' if name in ("answer", "unknown") else "{}"
        return self.listed([quoted.format(key) for key in found if key])

    def listed(self, parts: list[str]) -> str:
        """`a, b and c` or `a, b, c`."""
        last = self.rng.choices((" and ", ", "), (7, 3))[0] if len(parts) > 2 else " and "
        return last.join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)

    def line(self, lines: Lines, **words: str) -> str:
        """One of `lines` that suits the tone, with its `$` words."""
        plain = [line for line in lines if line[:1] not in ("~", "^")]
        own = [line for line in lines if line.startswith(_MARK.get(self.plan.tone, "\0"))]
        chosen = own if own and (not plain or self.rng.random() < 0.65) else plain
        return _expand(self.rng.choice(chosen or list(lines)), self.rng, words)

    def say(self, lines: Lines, **words: str) -> None:
        """Adds a sentence, unless the line drawn is empty."""
        if text := self.line(lines, **words):
            self.parts.append(text)

    def maybe(self, chance: float, lines: Lines, **words: str) -> None:
        """Adds a sentence now and then."""
        if self.rng.random() < chance:
            self.say(lines, **words)

    def picks(self) -> list[int]:
        """The picks whose title is still to be said."""
        return [i for i in range(1, PICKS + 1) if f"{i}.title" in self.left]

    def name(self, pick: int, short: bool = False) -> str:
        """The pick's title with price and rating where there are any: `{1.title} at {1.price}, rated {1.rating}`;
        `short` is title and price only, to stand inside a sentence."""
        title, price = self.take(f"{pick}.title"), self.take(f"{pick}.price")
        was = self.take(f"{pick}.was") if price and not short else ""
        rating = "" if short else self.take(f"{pick}.rating")
        table = "name_sale" if was else "name_brackets" if short else "name_price"
        lines = self.finding.lines(table) if price else ("$t",)
        named = self.line(lines, t=title, p=price, w=was)
        return named + (self.line(self.finding.lines("rated"), s=rating) if rating else "")

    def joined(self) -> str:
        """The sentences as one text; list items, and what follows them or a quotation, begin a line."""
        text = ""
        for part in self.parts:
            line = part.startswith("- ") or text[-1:] not in ".!?" or text.rsplit("\n", 1)[-1].startswith("- ")
            text += ("" if not text else "\n" if line else " ") + part
        return text


def _expand(line: str, rng: random.Random, words: Mapping[str, str]) -> str:
    line = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), line.lstrip("~^"))
    line = _WORD.sub(lambda match: words[match[1]], line)
    return line[:1].upper() + line[1:]
