"""What a chat model is trained for: the pairs of a role, and how well it does the role on what is held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant import prompts, writer_prompt
from assistant.errors import ModelError
from assistant.generation import Generator
from assistant.prompts import reader_messages, target_text
from assistant.reading import fold
from assistant.records import Conversation, Reading, State
from finetune.chat_pairs import Pair
from finetune.conversations import base_id, chains, customers, split
from finetune.lora_recipe import LoraRecipe
from finetune.readings import readings
from finetune.redaction import redact
from finetune.sources import read_sources

Role = Literal["reader", "writer"]
Report = Callable[[str], None]
DEV_TOKENS = 512


@dataclass(frozen=True)
class Dev:
    """How a model is judged while it trains: it answers each of `items`, and all answers together give a score, higher
    for better. Items are answered by any process of a run, so answers can be pickled."""

    metric: str
    items: Sequence[Any]
    answer: Callable[[Generator, Any], Any]
    score: Callable[[Sequence[Any]], float]


@dataclass(frozen=True)
class Task:
    """Everything about a run that depends on the role: pairs to train on, pairs held out, and the judgement."""

    role: Role
    prompt_version: str
    train: Sequence[Pair]
    held_out: Sequence[Pair] = ()
    dev: Dev | None = None


def load_task(role: Role, recipe: LoraRecipe, report: Report = print) -> Task:
    """The task of a role on the recipe's data. Raises `ValueError` where there is nothing to train on."""
    return reader_task(recipe, report) if role == "reader" else writer_task(recipe, report)


def reader_task(recipe: LoraRecipe, report: Report = print) -> Task:
    """Reading needs, from labelled conversations; those held out are other customers' and judged by constraint F1."""
    conversations = labelled(recipe, recipe.data, report)
    if not conversations:
        raise ValueError(f"No labelled conversation in {', '.join(recipe.data) or 'no file'}; give `data` files.")
    if recipe.dev:
        parts = {"train": conversations, "dev": labelled(recipe, recipe.dev, report)}
    else:
        parts = split(conversations, {"train": 1 - recipe.held_out, "dev": recipe.held_out}, recipe.seed)
    whole = [chain[-1] for chain in chains(parts["dev"]) if "needs" in (chain[-1].label or {})]
    dev = Dev("constraint F1", whole[: recipe.dev_limit], _read, _constraint_f1) if whole else None
    train, held_out = (reader_pairs(parts[name]) for name in ("train", "dev"))
    return Task("reader", prompts.PROMPT_VERSION, train, held_out, dev)


def labelled(recipe: LoraRecipe, names: Sequence[str], report: Report) -> list[Conversation]:
    """The conversations of some sources, redacted unless the recipe says not to; problems are reported."""
    conversations, problems = read_sources(names)
    for problem in problems:
        report(f"left out: {problem}")
    return redact(conversations, recipe.known_customers()) if recipe.redact else conversations


def reader_pairs(conversations: Sequence[Conversation]) -> list[Pair]:
    """One pair for each labelled turn whose state before it is known."""
    whose = customers(conversations)
    return [
        Pair(tuple(reader_messages(state, c)), target_text(reading, c), whose[base_id(c.id)])
        for chain in chains(conversations)
        for state, c, reading in readings(chain)
    ]


def writer_task(recipe: LoraRecipe, report: Report = print) -> Task:
    """Writing replies from plans; judged by the share of replies to plans held out that pass every check as written."""
    from finetune.reply_data import read_replies

    replies, problems = read_replies(recipe.data, recipe.seed, recipe.redact, recipe.known_customers())
    for problem in problems:
        report(f"left out: {problem}")
    if not replies:
        raise ValueError(f"No reply to learn from in {', '.join(recipe.data) or 'no file'}; give `data` files.")
    train = [r for r in replies if not r.held_out(recipe.held_out, recipe.seed)]
    held_out = [r for r in replies if r.held_out(recipe.held_out, recipe.seed)]
    dev = Dev("replies that pass every check", held_out[: recipe.dev_limit], _write, _share)
    pairs = [Pair(r.messages, r.reply) for r in train], [Pair(r.messages, r.reply) for r in held_out]
    return Task("writer", writer_prompt.PROMPT_VERSION, *pairs, dev if held_out else None)


class _Silenced:
    """A reader for which an answer that cannot be understood says that nothing changed: it counts as a miss."""

    def __init__(self, generator: Generator) -> None:
        from assistant.hub_reader import HubReader

        self._reader = HubReader(generator, max_new_tokens=DEV_TOKENS)

    def read(self, state: State, conversation: Conversation) -> Reading:
        active = next((i for i, need in enumerate(state.needs) if need.active), None)
        try:
            return self._reader.read(state, conversation)
        except ModelError:
            return Reading(active=active)


def _read(generator: Generator, conversation: Conversation) -> tuple[Conversation, State]:
    return conversation, fold(_Silenced(generator), conversation)


def _constraint_f1(pairs: Sequence[Any]) -> float:
    from finetune.scoring import score

    return score(list(pairs)).strict.f1


def _write(generator: Generator, reply: Any) -> bool:
    """Whether what the model writes as a whole names every pick and has no sentence that a check stops."""
    from assistant.draft import Draft, sentences
    from assistant.facts import offered, placeholders
    from assistant.writing import HubWriter
    from finetune.replies.examples import NOBODY

    try:
        text = "".join(HubWriter(generator).pieces(reply.plan, NOBODY))
    except ModelError:
        return False
    draft = Draft(reply.plan, NOBODY)
    titles = {fact.key for fact in offered(reply.plan) if fact.key.endswith(".title")}
    return bool(text) and all(draft.add(s) for s in sentences([text])) and titles <= set(placeholders(text))


def _share(answers: Sequence[Any]) -> float:
    return sum(answers) / len(answers) if answers else 0.0
