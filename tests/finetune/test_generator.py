"""Generated conversations: valid labels, exact quotes, the same again for a seed, and two sides that share nothing."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.records import Act, Stage, State
from finetune.generator import generate
from finetune.generator.amounts import CURRENCIES, in_money, money_range, spoken
from finetune.generator.grammar import parse, phrases
from finetune.generator.markup import quote, read, value
from finetune.generator.sizes import size_range, spell_size
from finetune.generator.vocabulary import vocabulary
from finetune.labels import label_faults


@pytest.fixture(scope="module")
def sample():
    return list(generate(400, 11, shared=None))


def constraints(chains):
    return [c for chain in chains for x in chain for n in State.model_validate(x.label).needs for c in n.constraints]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.booleans())
def test_labels_are_valid_and_ids_ordered(seed, holdout):
    for chain in generate(1, seed, holdout=holdout, shared=None):
        for place, conversation in enumerate(chain, 1):
            assert label_faults(conversation) == []
            assert conversation.id.endswith(f".{place}")
            assert conversation.messages[-1].role == "user"
            assert conversation.messages[-1].content.strip()
            assert conversation.messages == chain[-1].messages[: len(conversation.messages)]
            assert sum(need["active"] for need in conversation.label["needs"]) <= 1


def test_a_seed_gives_the_same_conversations_whatever_their_number(sample):
    assert list(generate(20, 11, shared=None)) == sample[:20]
    assert list(generate(5, 12, shared=None)) != sample[:5]


def test_all_acts_and_stages_come_up(sample):
    labels = [c.label for chain in sample for c in chain]
    assert {act for label in labels for act in label["acts"]} == set(Act.__args__)
    assert {label["stage"] for label in labels} == set(Stage.__args__)
    assert max(len(chain) for chain in sample) >= 8


def test_all_attributes_and_operators_come_up(sample):
    found = constraints(sample)
    assert {c.attribute for c in found} >= {
        "brand", "price", "color", "size", "material", "feature", "style", "use", "occasion", "recipient", "rating",
        "quantity", "condition", "delivery", "product",
    }  # fmt: skip
    assert {c.op for c in found} == {"is", "is_not", "at_most", "at_least", "about"}
    assert {c.strength for c in found} == {"must", "prefer"}
    assert any(c.source.event is not None for c in found)


def test_the_two_sides_share_no_kind_brand_colour_or_value():
    train, held = vocabulary(False), vocabulary(True)
    assert {n for k in train.kinds for n in k.names}.isdisjoint(n for k in held.kinds for n in k.names)
    for name in ("brands", "colours"):
        assert set(train.words[name]).isdisjoint(held.words[name])
    values = [
        {v for k in side.kinds for v in (*k.styles, *k.uses, *k.materials, *(f.text for f in k.features))}
        for side in (train, held)
    ]
    assert values[0].isdisjoint(values[1])
    assert len(train.kinds) > 300 and len(held.kinds) > 40


def test_language_is_varied(sample):
    words = [m.content.lower().split() for chain in sample for m in chain[-1].messages if m.role == "user"]
    grams = [tuple(w[i : i + 4]) for w in words for i in range(len(w) - 3)]
    assert len(set(grams)) / len(grams) > 0.85


def test_marks_survive_and_give_exact_spans():
    text = "no " + quote(1, f"in {value(1, 'Red')}, please") + " ok"
    message, spans = read(text)
    assert message == "no in Red, please ok"
    assert spans[1] == ("Red", "in Red, please")


def test_patterns_expand_and_bad_ones_are_refused():
    pattern = parse("~(a|b (c|d)|) e")
    assert pattern.register == "casual"
    assert {pattern.expand(random.Random(i)) for i in range(60)} == {"a e", "b c e", "b d e", "e"}
    with pytest.raises(ValueError, match="expected"):
        parse("(a|b")


@pytest.mark.parametrize("table", ["phrases", "moves", "assistant"])
def test_every_pattern_expands(table):
    rng = random.Random(0)
    groups = phrases(table).groups
    assert all(patterns for patterns in groups.values())
    assert all(p.expand(rng) is not None for patterns in groups.values() for p in patterns)


def test_every_kind_can_be_sized():
    rng = random.Random(0)
    for kind in (*vocabulary(False).kinds, *vocabulary(True).kinds):
        assert spell_size(kind.sizes, rng) or kind.sizes == "none"
    low, high = size_range("cm 20-60", rng)
    assert low != high


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "zero"), (13, "thirteen"), (40, "forty"), (120, "hundred"), (1500, "fifteen hundred"), (2000, "two thousand")],
)
def test_numbers_are_spoken(number, words):
    assert words in spoken(number, random.Random(1))


def test_amounts_keep_their_number():
    rng = random.Random(2)
    for currency in (*CURRENCIES, None):
        assert "120" in in_money(120, currency, rng, words=0.0)
        low, high = money_range(40, 60, currency, rng, words=0.0)
        assert "40" in low and "60" in high
