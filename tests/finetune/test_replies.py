"""The writer's corpus: every plan is answered with exactly its facts, and with nothing else."""

from __future__ import annotations

import random
import re

import pytest

from assistant.draft import Draft, sentences
from assistant.facts import PLACEHOLDER, TOPICS, fill, known, offered, placeholders, wordings
from assistant.records import Plan
from assistant.verify import COUNTS, check, words
from finetune.replies.compose import compose
from finetune.replies.examples import MAX_WORDS, NOBODY, examples, held_out
from finetune.replies.plans import plan
from finetune.replies.tables import tables

PLANS = [plan(random.Random(seed)) for seed in range(600)]


def test_plans_stay_in_the_vocabulary() -> None:
    assert {p.move for p in PLANS} == set(TOPICS)
    for p in PLANS:
        assert all(known(fact.key) for fact in p.facts)
        assert p.topic is None or p.topic in TOPICS[p.move]


def test_every_offered_fact_is_said_once_and_no_other() -> None:
    for i, p in enumerate(PLANS):
        reply = compose(p, random.Random(i))
        assert sorted(placeholders(reply)) == sorted(fact.key for fact in offered(p)), (p, reply)


def test_no_digit_or_claim_stands_outside_of_placeholders() -> None:
    """Over 500 replies of the tables: nothing in them but placeholders says anything about a product."""
    for i, p in enumerate(PLANS):
        reply = compose(p, random.Random(i))
        literal = PLACEHOLDER.sub("", reply)
        assert not any(c.isdigit() or c in "$€£%{}[]|~^" for c in literal), literal
        assert not set(words(literal)) & COUNTS


def test_replies_pass_the_checks_that_served_ones_must() -> None:
    for i, p in enumerate(PLANS[:200]):
        draft = Draft(p, NOBODY)
        for sentence in sentences([compose(p, random.Random(i))]):
            kinds = {problem.kind for problem in draft.problems(sentence)} - {"claim", "name"}
            assert not kinds, (sentence, draft.problems(sentence))
            draft.add(sentence)


def test_a_question_is_asked_exactly_when_the_plan_asks() -> None:
    for i, p in enumerate(PLANS):
        assert ("?" in PLACEHOLDER.sub("", compose(p, random.Random(i)))) == bool(p.ask)


def test_tone_changes_the_words() -> None:
    facts = [{"key": "1.title", "text": "Fell Boot"}]
    said = {
        tone: {
            compose(
                Plan.model_validate({"move": "recommend", "why": "", "facts": facts, "tone": tone}), random.Random(i)
            )
            for i in range(60)
        }
        for tone in ("casual", "formal")
    }
    assert any("I'd" in reply for reply in said["casual"]) and not any("'" in reply for reply in said["formal"])


def test_examples_are_short_seeded_and_split_by_kind_of_plan() -> None:
    shown, unseen = examples(60, seed=3), examples(20, seed=3, unseen=True)
    assert [e.reply for e in shown] == [e.reply for e in examples(60, seed=3)]
    assert all(held_out(e.plan) for e in unseen) and not any(held_out(e.plan) for e in shown)
    for e in shown:
        assert len(fill(e.reply, wordings(offered(e.plan))).split()) <= MAX_WORDS


@pytest.mark.parametrize("name", ["finding", "service"])
def test_lines_of_the_tables_hold_no_fact(name: str) -> None:
    for line in tables(name).all_lines():
        literal = re.sub(r"\$[a-z]", "", PLACEHOLDER.sub("", line))
        assert not any(c.isdigit() for c in literal), line
        problems = [p for p in check(literal, (), NOBODY) if p.kind in ("number", "money")]
        assert not problems, (line, problems)
