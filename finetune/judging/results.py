"""Readers on sets of conversations, judged: everything that the report shows, as records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from assistant.intent import IntentModel
from assistant.records import Conversation, State
from finetune.agreement import constraints, match_strictly
from finetune.conversations import Problem
from finetune.evaluate import Chain, Progress, Read, labelled_turns
from finetune.judging.bootstrap import MACRO, ROUNDS, Difference, Figures, Interval, compare, names_of
from finetune.judging.forecasts import Forecasts
from finetune.judging.mistakes import Mistake, mistakes
from finetune.judging.models import Model
from finetune.judging.readings import read_all
from finetune.judging.slices import slices
from finetune.scoring import NONE, Scores, Tally, label_state, summarise, tally

MAIN = {
    "strict": "Constraints, strict F1",
    "strict precision": "— precision",
    "strict recall": "— recall",
    "relaxed": "Constraints, relaxed F1",
    "relaxed precision": "— precision, relaxed",
    "relaxed recall": "— recall, relaxed",
    "negation": "What is not wanted, strict F1",
    "strength": "Must or prefer",
    "product": "Products",
    "joint": "Whole state",
    "acts": "Acts, micro F1",
    MACRO: "Acts, macro F1",
    "stage": "Stage",
    "evidence": "Quote stands in the message",
    "support": "Quote says the value",
}
COMPARED = ("strict", "relaxed", "negation", "product", "joint", "acts", MACRO, "stage", "support")


@dataclass(frozen=True)
class TurnScores:
    """States labelled after this many shopper messages: how many, the share that is wholly right, the strict F1."""

    turn: int
    states: int
    joint: float
    strict: float


@dataclass(frozen=True)
class Result:
    """One reader on one set of conversations. `mistakes` are by conversation, in the set's order."""

    model: Model
    reads: tuple[Read, ...]
    tallies: tuple[Tally, ...]
    figures: Figures
    turns: tuple[TurnScores, ...]
    mistakes: tuple[tuple[Mistake, ...], ...]
    confidence: Forecasts
    purchase: Forecasts
    intervals: dict[str, Interval] = field(default_factory=dict)

    @cached_property
    def scores(self) -> Scores:
        """The figures over all conversations."""
        return summarise(self.tallies)

    @property
    def milliseconds(self) -> list[float]:
        """What reading each message took."""
        return [each for read in self.reads for each in read.milliseconds]

    @property
    def tokens(self) -> list[int]:
        """What each message took, in and out; empty where the reader does not tell."""
        return [each for read in self.reads for each in read.tokens if each is not None]

    @property
    def unreadable(self) -> int:
        """How many messages it could not read at all."""
        return sum(len(read.unreadable) for read in self.reads)

    def percentile(self, share: float) -> float:
        """That percentile (0 to 100) of the milliseconds a message; 0 where there is no message."""
        return float(np.percentile(self.milliseconds, share)) if self.milliseconds else 0.0


@dataclass(frozen=True)
class Judged:
    """One set of conversations with each reader's result. `differences` are of each reader but the first from the
    first, by its name; `parts` are places of conversations by group and name of slice."""

    name: str
    conversations: tuple[Conversation, ...]
    problems: tuple[Problem, ...]
    results: tuple[Result, ...]
    differences: dict[str, tuple[Difference, ...]]
    parts: dict[str, dict[str, list[int]]]

    @property
    def first(self) -> Result:
        """The reader that is judged; the others stand beside it."""
        return self.results[0]

    def worst(self, count: int | None = None) -> list[int]:
        """Places of the conversations that the first reader got wrong, worst first: by the weight of its mistakes."""
        weights = [sum(mistake.weight for mistake in rows) for rows in self.first.mistakes]
        order = sorted(range(len(weights)), key=lambda place: (-weights[place], place))
        return [place for place in order if weights[place] > 0][:count]


@dataclass(frozen=True)
class Options:
    """How to judge: where readings are kept, what forecasts purchases, and how often is resampled, from which seed."""

    folder: Path | None = None
    intent: IntentModel | None = None
    rounds: int = ROUNDS
    seed: int = 0


def judge(
    name: str,
    chains: Sequence[Chain],
    models: Sequence[Model],
    options: Options,
    problems: Sequence[Problem] = (),
    progress: Callable[[Model], Progress | None] = lambda model: None,
) -> Judged:
    """Read a set with every model and compare it with the labels of its whole conversations.

    Raises `ValueError` where there is none, `ModelError` where a model cannot be loaded or fails.
    """
    if not chains:
        raise ValueError(f"{name}: no labelled conversation to judge by; expected lines of {{id, messages, label}}")
    whole = [chain[-1] for chain in chains]
    reads = [read_all(model, whole, options.folder, progress(model)) for model in models]
    tallies = [[tally(c, read.final) for c, read in zip(whole, each, strict=True)] for each in reads]
    names = names_of(*tallies)
    results = [
        _result(model, chains, each, counts, names, options)
        for model, each, counts in zip(models, reads, tallies, strict=True)
    ]
    differences = {
        other.model.name: tuple(
            d for figure in COMPARED
            if (d := compare(results[0].figures, other.figures, figure, options.rounds, options.seed)) is not None
        )
        for other in results[1:]
    }  # fmt: skip
    return Judged(name, tuple(whole), tuple(problems), tuple(results), differences, slices(whole))


def outcome(conversation: Conversation) -> float | None:
    """Whether the shopper bought, 0 to 1: `purchase_probability` of the label, or `purchased` of the record."""
    labelled = (conversation.label or {}).get("purchase_probability")
    if labelled is not None:
        return float(labelled)
    purchased = getattr(conversation, "purchased", None)
    return float(purchased) if isinstance(purchased, bool | int | float) and 0 <= purchased <= 1 else None


def sessions(path: Path, intent: IntentModel, seed: int = 0) -> Forecasts:
    """What the intent model makes of sessions with outcomes (`{"events", "purchased"}` a line), each cut at a random
    moment before its purchase. Raises `ValueError` for a file of anything else."""
    from finetune.intent_data import demo_sessions

    try:
        examples = demo_sessions(path, seed)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: expected sessions {{events, purchased}}, one a line; {error!r}") from error
    return Forecasts.of(
        [(intent.judge(example.values).probability, float(example.bought), i) for i, example in enumerate(examples)]
    )


def _result(
    model: Model, chains: Sequence[Chain], reads: Sequence[Read], counts: Sequence[Tally], names: tuple[str, ...],
    options: Options,
) -> Result:
    figures = Figures.of(counts, names)
    whole = [chain[-1] for chain in chains]
    groups = ("attribute:", "op:", "strength:", "act:")
    shown = [*MAIN, *(name for name in names if name.startswith(groups) and " " not in name)]
    return Result(
        model=model,
        reads=tuple(reads),
        tallies=tuple(counts),
        figures=figures,
        turns=tuple(_turns(chains, reads)),
        mistakes=tuple(tuple(mistakes(c, read.final)) for c, read in zip(whole, reads, strict=True)),
        confidence=_confidence(whole, reads),
        purchase=_purchase(whole, reads, options.intent),
        intervals={name: figures.interval(name, options.rounds, options.seed) for name in shown},
    )


def _turns(chains: Sequence[Chain], reads: Sequence[Read]) -> list[TurnScores]:
    counts: dict[int, list[Tally]] = defaultdict(list)
    for chain, read in zip(chains, reads, strict=True):
        for turn, prefix, state in labelled_turns(chain, read):
            if prefix.label and "needs" in prefix.label:
                counts[turn].append(tally(prefix, state))
    return [
        TurnScores(
            turn=turn,
            states=len(rows),
            joint=sum(row.shares["joint"][0] for row in rows) / len(rows),
            strict=sum((row.f1["strict"] for row in rows), NONE).f1,
        )
        for turn, rows in sorted(counts.items())
    ]


def _confidence(conversations: Sequence[Conversation], reads: Sequence[Read]) -> Forecasts:
    """The confidence of every constraint read, and whether it was right (strictly)."""
    rows: list[tuple[float, float, int]] = []
    for place, (conversation, read) in enumerate(zip(conversations, reads, strict=True)):
        if not conversation.label or "needs" not in conversation.label:
            continue
        right = {id(found) for _, found in match_strictly(label_state(conversation), read.final)}
        rows += [(c.confidence, float(id(c) in right), place) for c in constraints(read.final)
                 if c.confidence is not None]  # fmt: skip
    return Forecasts.of(rows)


def _purchase(
    conversations: Sequence[Conversation], reads: Sequence[Read], intent: IntentModel | None
) -> Forecasts:
    rows: list[tuple[float, float, int]] = []
    for place, (conversation, read) in enumerate(zip(conversations, reads, strict=True)):
        bought = outcome(conversation)
        if bought is not None and intent is not None:
            rows.append((_probability(intent, conversation, read.final), bought, place))
    return Forecasts.of(rows)


def _probability(intent: IntentModel, conversation: Conversation, state: State) -> float:
    """The reader's own forecast where it makes one, else the intent model's."""
    if state.purchase_probability is not None:
        return state.purchase_probability
    return intent.predict(conversation, state).probability
