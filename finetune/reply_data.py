"""Replies to learn writing from: composed ones of this project, and a shop's own.

`composed:NUMBER` names that many replies from the phrase tables of `finetune/replies`. Any other name is a file of JSON
Lines, `{"plan": Plan, "message": "the shopper's last words", "reply": "…"}`: a plan as the policy makes it
(`assistant.records.Plan`), and the reply that it should get, with placeholders (`{1.price}`) for all facts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.draft import Draft, sentences
from assistant.personal_data import find
from assistant.records import Conversation, Message, Plan
from assistant.writer_prompt import writer_messages
from finetune.conversations import Problem
from finetune.redaction import PLACEHOLDER, RedactedText
from finetune.replies.examples import examples, signature

COMPOSED = "composed:"
NUMBERS = ("order.id", "order.tracking")


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    plan: Plan
    reply: str
    message: str = ""


@dataclass(frozen=True)
class PlannedReply:
    """A plan, the shopper's words that it answers, and the reply it should get, with placeholders."""

    plan: Plan
    conversation: Conversation
    reply: str

    @property
    def messages(self) -> tuple[dict[str, str], ...]:
        """The chat that puts the plan to a hub model."""
        return tuple(writer_messages(self.plan, self.conversation, values=True))

    def held_out(self, share: float, seed: int) -> bool:
        """Whether plans of this kind are in the held-out share of all kinds."""
        digest = hashlib.sha256(f"{seed}:{signature(self.plan)}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64 < share


def read_replies(
    names: Sequence[str], seed: int, redact: bool = True, customers: Collection[str] = ()
) -> tuple[list[PlannedReply], list[Problem]]:
    """The replies of all sources, and what was wrong with lines that were left out: no plan, or a reply of which a
    sentence would be stopped by the checks that replies pass before a shopper sees them. Personal data is taken out
    of those from files, `customers` being known names, unless `redact` is off."""
    replies: list[PlannedReply] = []
    problems: list[Problem] = []
    for name in names:
        if name.startswith(COMPOSED):
            replies += _composed(name, seed)
            continue
        for line, found in _lines(Path(name)):
            if isinstance(found, str):
                problems.append(Problem(name, line, "reply", found))
            else:
                replies.append(_redacted(found, customers) if redact else found)
    return replies, problems


def _redacted(reply: PlannedReply, names: Collection[str]) -> PlannedReply:
    """Without personal data in what the shopper said, in the reply and in the facts, order numbers included."""

    def clean(text: str) -> str:
        return RedactedText(text, find(text, names)).text

    facts = tuple(
        fact.model_copy(update={"text": PLACEHOLDER["order"] if fact.key in NUMBERS else clean(fact.text)})
        for fact in reply.plan.facts
    )
    messages = tuple(m.model_copy(update={"content": clean(m.content)}) for m in reply.conversation.messages)
    return PlannedReply(
        reply.plan.model_copy(update={"facts": facts}),
        reply.conversation.model_copy(update={"messages": messages}),
        clean(reply.reply),
    )


def _composed(name: str, seed: int) -> list[PlannedReply]:
    count = name.removeprefix(COMPOSED)
    if not count.isdigit():
        raise ValueError(f"{name}: expected composed:NUMBER, such as composed:2000")
    nobody = Conversation(id="", messages=())
    return [PlannedReply(example.plan, nobody, example.reply) for example in examples(int(count), seed)]


def _lines(path: Path) -> Iterator[tuple[int, PlannedReply | str]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            given = _Line.model_validate(json.loads(line))
        except (ValidationError, ValueError) as error:
            fault = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
            yield number, f"expected {{plan, message, reply}}: {'.'.join(map(str, fault['loc']))} {fault['msg']}"
            continue
        said = Conversation(id="", messages=(Message(role="user", content=given.message),) if given.message else ())
        draft = Draft(given.plan, said)
        stopped = [s for s in sentences([given.reply]) if not draft.add(s)]
        if stopped or not given.reply.strip():
            yield number, f"expected a reply that passes the checks of replies, found {(stopped or [''])[0]!r}"
        else:
            yield number, PlannedReply(given.plan, said, given.reply)
