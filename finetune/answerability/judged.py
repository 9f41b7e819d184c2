"""Judging what is cited of a policy by questions kept for it: `python -m finetune.answerability.judged --help`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
import yaml

from assistant.answerability import Answers
from assistant.reasons import Encode
from assistant.shop import Clause
from assistant.statements import clauses

FILE = Path(__file__).parent / "judged.yaml"


@dataclass(frozen=True)
class Citing:
    """A question, the clauses that answer it (any will do; empty where the policy is silent) and those that were
    cited."""

    question: str
    answering: tuple[str, ...]
    cited: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether a clause that answers is cited or, where none does, nothing."""
        return bool(set(self.answering) & set(self.cited)) if self.answering else not self.cited


def read_judged(policy: str) -> list[tuple[str, tuple[str, ...]]]:
    """The questions to a policy of `judged.yaml`, each with the ids of the clauses that answer it."""
    return [(question, tuple(ids)) for question, ids in yaml.safe_load(FILE.read_text(encoding="utf-8"))[policy]]


def cite(
    policy: str, rules: Sequence[Clause], encode: Encode, threshold: float, answers: Answers | None
) -> list[Citing]:
    """What is cited to each question. Raises `ValueError` where a question names a clause that there is not."""
    known = {clause.id for clause in rules}
    found = []
    for question, ids in read_judged(policy):
        if unknown := set(ids) - known:
            raise ValueError(f"{FILE}: {question!r}: {policy} has no clause {min(unknown)!r}.")
        cited = clauses(question, rules, encode, threshold, answers)
        found.append(Citing(question, ids, tuple(clause.id for clause in cited)))
    return found


def shares(citings: Sequence[Citing]) -> dict[str, str]:
    """How many of the questions that a clause answers get one cited, and how many of the others get nothing."""
    parts = {"cited": [c for c in citings if c.answering], "silent": [c for c in citings if not c.answering]}
    return {name: f"{sum(c.right for c in found)} of {len(found)}" for name, found in parts.items()}


def main(
    config: Annotated[Path, typer.Option(help="Whose models and thresholds judge.")] = Path("configs/demo.yaml"),
    tau2: Annotated[Path | None, typer.Option(help="policy.md of tau2-bench's retail desk, to be judged, too.")] = None,
    misses: Annotated[bool, typer.Option(help="Tell every question that went wrong.")] = False,
) -> None:
    """Print what is cited rightly of the demo shop's policy and of tau2's, by the answer model and by likeness."""
    from assistant.build import build_answers, build_encoder
    from assistant.config import Settings
    from assistant.service.clauses import read_clauses
    from assistant.vectors import TextVectors
    from retrieval.demo.policies import policies

    settings = Settings.load(config)
    encoder = build_encoder(settings)
    encode, answers = TextVectors(encoder), build_answers(settings, encoder)
    rules = {"demo": tuple(Clause.model_validate(clause) for clause in policies())}
    rules |= {} if tau2 is None else {"tau2-retail": read_clauses(tau2)}
    found: dict[str, dict[str, object]] = {}
    for policy, own in rules.items():
        for name, model in {"model": answers, "likeness": None}.items():
            citings = cite(policy, own, encode, settings.conversation.policy_similarity, model)
            wrong = [[c.question, c.answering, c.cited] for c in citings if not c.right]
            found[f"{policy}, {name}"] = shares(citings) | ({"wrong": wrong} if misses else {})
    typer.echo(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    typer.run(main)
