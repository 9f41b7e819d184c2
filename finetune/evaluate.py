"""Judging a reader on labelled conversations: files in FORMATS.md's layout, or held-out sets by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.answers import ReadingError
from assistant.reading import Reader, shopper_turns
from assistant.records import Conversation, State
from assistant.state import update
from finetune.conversations import Problem, chains, read_conversations
from finetune.judging.bootstrap import Figures
from finetune.scoring import Pair, Scores, score, summarise, tally

Progress = Callable[[int, int], None]
Tokens = Callable[[State, Conversation], int | None]
Chain = list[Conversation]
SETS = ("pscon", "shoppingbench")
UNSEEN = "unseen"
UNSEEN_SEED = 10_007
UNSEEN_CONVERSATIONS = 300


@dataclass(frozen=True)
class Read:
    """One conversation as a reader read it: after each shopper message the state, the milliseconds that reading it
    took, and the tokens that went in and out (`None` where the reader does not tell).

    `unreadable` says which shopper messages (from 0) the reader could not read: the state stayed as it was.
    """

    states: tuple[State, ...]
    milliseconds: tuple[float, ...]
    tokens: tuple[int | None, ...]
    unreadable: tuple[int, ...] = ()

    @property
    def final(self) -> State:
        """The state after the last message; the empty one where the shopper said nothing."""
        return self.states[-1] if self.states else State()


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
    found, problems = load_chains(name)
    return [chain[-1] for chain in found], problems


def load_chains(name: str) -> tuple[list[Chain], list[Problem]]:
    """As `load`, each conversation with those of its prefixes that are labelled as well, shortest first."""
    kind, _, path = name.partition(":")
    if kind in SETS and path:
        from finetune.importers import heldout

        return [[conversation] for conversation in heldout(kind, _there(name, Path(path)))], []
    if name == UNSEEN:
        from finetune.generator import generate

        return [list(chain) for chain in generate(UNSEEN_CONVERSATIONS, UNSEEN_SEED, holdout=True)], []
    conversations, problems = read_conversations([_there(name, Path(name))])
    return [_labelled(chain) for chain in chains(conversations) if chain[-1].label], problems


def _labelled(chain: Chain) -> Chain:
    return [conversation for conversation in chain if conversation.label]


def _there(name: str, path: Path) -> Path:
    if not path.exists():
        raise ValueError(f"expected a file of labelled conversations, pscon:FILE, shoppingbench:FOLDER or {UNSEEN}; "
                         f"found {name!r}, and {path} is not there.")
    return path


def read(reader: Reader, conversation: Conversation, tokens: Tokens | None = None) -> Read:
    """Read a conversation from its first message. `tokens(state, turn)` is asked after each message how many the
    reader took; it is not timed. A message that the reader answers with `ReadingError` changes nothing and is
    counted; other errors of a model are raised."""
    states, times, counts, unreadable = [], [], [], []
    state = State()
    for place, turn in enumerate(shopper_turns(conversation)):
        started = time.perf_counter()
        try:
            after = update(state, reader.read(state, turn))
        except ReadingError:
            after = state
            unreadable.append(place)
        times.append(1000 * (time.perf_counter() - started))
        counts.append(tokens(state, turn) if tokens else None)
        state = after
        states.append(state)
    return Read(tuple(states), tuple(times), tuple(counts), tuple(unreadable))


def labelled_turns(chain: Sequence[Conversation], reading: Read) -> Iterator[tuple[int, Conversation, State]]:
    """Every labelled prefix of a conversation with the state read at that point: its number of shopper messages,
    itself, the state. A prefix that is no beginning of the whole is left out."""
    whole = chain[-1].messages
    for prefix in chain:
        turns = sum(message.role == "user" for message in prefix.messages)
        if turns and [*prefix.messages] == [*whole[: len(prefix.messages)]]:
            yield turns, prefix, reading.states[turns - 1]


def evaluate(
    reader: Reader, conversations: Sequence[Conversation], name: str, progress: Progress | None = None
) -> Evaluation:
    """Read every conversation from its first message and compare with its label."""
    if not conversations:
        raise ValueError(f"{name}: no labelled conversation to judge by; expected lines of {{id, messages, label}}")
    pairs: list[tuple[Conversation, State]] = []
    times: list[float] = []
    for i, conversation in enumerate(conversations, 1):
        done = read(reader, conversation)
        times += done.milliseconds
        pairs.append((conversation, done.final))
        if progress:
            progress(i, len(conversations))
    tallies = [tally(conversation, state) for conversation, state in pairs]
    return Evaluation(
        name=name,
        scores=summarise(tallies),
        strict_interval=Figures.of(tallies).interval("strict"),
        milliseconds=sum(times) / max(len(times), 1),
        pairs=tuple(pairs),
    )


def misses(pairs: Iterable[Pair]) -> list[tuple[float, Conversation, State]]:
    """The conversations by their own strict F1, worst first."""
    rows = [(score([(c, s)]).strict.f1, c, s) for c, s in pairs]
    return sorted(rows, key=lambda row: row[0])
