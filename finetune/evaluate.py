"""Judging a reader on labelled conversations: files in FORMATS.md's layout, or held-out sets by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.reading import Reader, fold, shopper_turns
from assistant.records import Conversation, State
from finetune.conversations import Problem, chains, read_conversations
from finetune.scoring import Pair, Scores, interval, score

Progress = Callable[[int, int], None]
SETS = ("pscon", "shoppingbench")
UNSEEN = "unseen"
UNSEEN_SEED = 10_007
UNSEEN_CONVERSATIONS = 300


@dataclass(frozen=True)
class Evaluation:
    """One reader on one set: its scores, the 95 % interval of the strict F1, milliseconds a message, and the
    states it read, each with its conversation."""

    name: str
    scores: Scores
    strict_interval: tuple[float, float]
    milliseconds: float
    pairs: tuple[Pair, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, without the states."""
        return {
            "data": self.name,
            "milliseconds_a_message": round(self.milliseconds, 1),
            "strict_f1_interval": [round(x, 4) for x in self.strict_interval],
        } | self.scores.to_json()


def load(name: str) -> tuple[list[Conversation], list[Problem]]:
    """Conversations to judge by: a file, `pscon:FILE` and `shoppingbench:FOLDER` for the part of those sets that is
    never trained on, or `unseen` for generated conversations about products that no training conversation names.

    Of conversations labelled after every message, only the longest is judged; those without a label are not.
    Raises `ValueError` for a name that is none of these and `OSError` for a file that cannot be read.
    """
    kind, _, path = name.partition(":")
    if kind in SETS and path:
        from finetune.importers import heldout

        return heldout(kind, _there(name, Path(path))), []
    if name == UNSEEN:
        from finetune.generator import generate

        return [chain[-1] for chain in generate(UNSEEN_CONVERSATIONS, UNSEEN_SEED, holdout=True)], []
    conversations, problems = read_conversations([_there(name, Path(name))])
    return [chain[-1] for chain in chains(conversations) if chain[-1].label], problems


def _there(name: str, path: Path) -> Path:
    if not path.exists():
        raise ValueError(f"expected a file of labelled conversations, pscon:FILE, shoppingbench:FOLDER or {UNSEEN}; "
                         f"found {name!r}, and {path} is not there.")
    return path


def evaluate(
    reader: Reader, conversations: Sequence[Conversation], name: str, progress: Progress | None = None
) -> Evaluation:
    """Read every conversation from its first message and compare with its label."""
    if not conversations:
        raise ValueError(f"{name}: no labelled conversation to judge by; expected lines of {{id, messages, label}}")
    pairs: list[tuple[Conversation, State]] = []
    started = time.perf_counter()
    for i, conversation in enumerate(conversations, 1):
        pairs.append((conversation, fold(reader, conversation)))
        if progress:
            progress(i, len(conversations))
    seconds = time.perf_counter() - started
    messages = sum(1 for c in conversations for _ in shopper_turns(c))
    return Evaluation(
        name=name,
        scores=score(pairs),
        strict_interval=interval(pairs, lambda s: s.strict.f1),
        milliseconds=1000 * seconds / max(messages, 1),
        pairs=tuple(pairs),
    )


def misses(pairs: Iterable[Pair]) -> list[tuple[float, Conversation, State]]:
    """The conversations by their own strict F1, worst first."""
    rows = [(score([(c, s)]).strict.f1, c, s) for c, s in pairs]
    return sorted(rows, key=lambda row: row[0])
