"""One reply while it is being written: what was shown, what may be shown, and what is still to be said."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Iterator

from assistant.facts import MAX_WORDS, NOTE_WORDS, fill, offered, placeholders, split, wordings
from assistant.phrasebook import Phrasebook
from assistant.records import Conversation, Plan
from assistant.verify import Lexicon, Problem, check, misattributed

log = logging.getLogger(__name__)
QUESTION_WORDS = 9
_END = re.compile(r"[.!?][\"”')]*(?=\s)|\n")
_WHOLE = re.compile(r"[.!?:}][\"”')]*$|^- ")
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
# Facts without which a reply has not said what the plan decided.
_NEEDED = frozenset(
    (
        "title",
        "relaxed",
        "unknown",
        "answer",
        "policy",
        "diff",
        "missing.product",
        "order.status",
        "order.delivery",
        "basket.title",
        "said",
        "told",
    )
)


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences and lines of a streamed text, as soon as each is complete; a line starts with its line break."""
    text, line = "", ""
    for piece in pieces:
        text += piece
        while found := _END.search(text):
            sentence, text = text[: found.end()], text[found.end() :]
            if sentence.strip():
                yield line + sentence.strip()
            line = "\n" if sentence.endswith("\n") else "" if sentence.strip() else line
    if text.strip():
        yield line + text.strip()


class Draft:
    """The reply to one plan. `add` is given its sentences in order and returns what may be shown of each."""

    def __init__(
        self,
        plan: Plan,
        conversation: Conversation,
        lexicon: Lexicon | None = None,
        phrasebook: Phrasebook | None = None,
    ) -> None:
        self.plan = plan
        self.words = 0
        self._conversation = conversation
        self._lexicon = lexicon
        self._phrasebook = phrasebook
        self._facts = offered(plan)
        self._texts = wordings(self._facts)
        self._said: set[str] = set()
        self._sentences: set[str] = set()
        self._asked = False
        self._full = False
        self._in_list = False
        self._breaks = False
        self._title = 0

    def add(self, sentence: str) -> str:
        """The sentence as it is shown, with the space or line break before it; empty where it is left out."""
        problems = self.problems(sentence)
        shown = "" if problems else fill(sentence, self._texts)
        asks = self._asks(sentence)
        most = NOTE_WORDS if self.plan.move == "note" else MAX_WORDS
        room = most - (QUESTION_WORDS if self.plan.ask and not asks else 0)
        if not problems and self.words and not asks and self.words + len(shown.split()) > room:
            problems, shown = [Problem("length", f"over {room} words")], ""
            self._full = True
        if problems:
            log.info("left out of a reply: %r (%s)", sentence, ", ".join(f"{p.kind}: {p.text}" for p in problems))
            return ""
        self._title = misattributed(sentence, self._texts, self._title)[1]
        self._said.update(placeholders(sentence))
        self._sentences.add(sentence.strip())
        self._asked = self._asked or asks
        return self._joined(shown)

    def problems(self, sentence: str) -> list[Problem]:
        """Why `sentence` may not be shown next; empty where it may."""
        words = self._phrasebook.words if self._phrasebook else None
        found = check(sentence, self._facts, self._conversation, lexicon=self._lexicon, vocabulary=words)
        if self._phrasebook:
            found += [Problem("phrase", run) for run in self._phrasebook.slips(sentence, self.plan)]
        if sentence.strip() in self._sentences:
            found.append(Problem("phrase", "said before"))
        if self.plan.move != "compare":
            found += misattributed(sentence, self._texts, self._title)[0]
        repeated = [key for key in placeholders(sentence) if key in self._said and not key.endswith(".title")]
        found += [Problem("placeholder", f"{{{key}}} again") for key in repeated]
        if self._is_question(sentence) and (not self.plan.ask or self._asked):
            found.append(Problem("question", "the plan does not ask it"))
        if not _WHOLE.search(sentence.strip()):
            found.append(Problem("length", "it has no end"))
        return found

    def missing(self) -> list[str]:
        """Keys of needed facts that were not said and for which there is room; `ask` where the question is still to be
        asked."""
        keys = [key for key in self._texts if split(key)[1] in _NEEDED and key not in self._said and not self._full]
        return keys + (["ask"] if self.plan.ask and not self._asked else [])

    def remainder(self, missing: Collection[str]) -> Plan:
        """A plan of just what is missing: its picks with all that belongs to them, and the question. What is written
        for it begins a line of its own after a list."""
        self._breaks = self._in_list
        picks = {split(key)[0] for key in missing} - {0}
        asking = "ask" in missing
        wanted = [
            fact
            for fact in self._facts
            if fact.key not in self._said
            and (fact.key in missing or split(fact.key)[0] in picks or (asking and fact.key.startswith("ask.")))
        ]
        only_asks = all(fact.key.startswith("ask.") for fact in wanted)
        return self.plan.model_copy(
            update={
                "move": "ask" if only_asks else self.plan.move,
                "facts": tuple(wanted),
                "ask": self.plan.ask if asking else None,
                "greet": False,
                "topic": None,
                "unknown": (),
            }
        )

    def _joined(self, shown: str) -> str:
        line = shown.startswith("\n") or self._breaks
        text = shown.lstrip()
        space = "" if not self.words else "\n" if line else " "
        self._in_list = text.startswith("- ") or (self._in_list and not line)
        self._breaks = False
        self.words += len(text.split())
        return space + text

    def _asks(self, sentence: str) -> bool:
        return bool(self.plan.ask) and self._is_question(sentence)

    @staticmethod
    def _is_question(sentence: str) -> bool:
        return "?" in _PLACEHOLDER.sub("", sentence)
