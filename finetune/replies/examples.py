"""Training examples of the writer: prompt and answer of random plans, split so that some kinds of plan stay unseen."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from assistant.facts import fill, offered, wordings
from assistant.records import Conversation, Plan
from assistant.writer_prompt import writer_messages
from finetune.replies.compose import compose
from finetune.replies.plans import plan as random_plan

HELD_OUT = 0.05
MAX_WORDS = 80
NOBODY = Conversation(id="", messages=())


@dataclass(frozen=True)
class Example:
    """A plan, the messages that put it to a writer, and the reply it should give, with placeholders."""

    plan: Plan
    messages: tuple[dict[str, str], ...]
    reply: str


def signature(plan: Plan) -> str:
    """What a plan asks for, without its values: move, topic, question and fact keys. Tone and greeting vary freely."""
    return " ".join([plan.move, plan.topic or "-", plan.ask or "-", *sorted(fact.key for fact in offered(plan))])


def held_out(plan: Plan) -> bool:
    """Whether `plan` is of a kind that is kept from training: a fixed share of the signatures. A plan without facts is
    never: what can be said of it is fixed sentences, and those have to be known."""
    return bool(offered(plan)) and hashlib.sha256(signature(plan).encode()).digest()[0] < HELD_OUT * 256


def examples(count: int, seed: int, *, unseen: bool = False) -> list[Example]:
    """`count` examples, the same for the same seed; with `unseen` only of kinds that training never shows."""
    rng = random.Random(seed)
    found: list[Example] = []
    while len(found) < count:
        plan = random_plan(rng)
        if held_out(plan) != unseen:
            continue
        reply = compose(plan, rng)
        if len(fill(reply, wordings(offered(plan))).split()) <= MAX_WORDS:
            found.append(Example(plan, tuple(writer_messages(plan, NOBODY, values=False)), reply))
    return found
