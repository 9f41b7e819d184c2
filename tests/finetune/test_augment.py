"""Swapped conversations are still labelled right."""

from __future__ import annotations

import random
from pathlib import Path

from assistant.records import State
from finetune.annotation import read_annotated
from finetune.augment import bank_of, swapped
from finetune.labels import label_faults

TEXT = """
== a
U: {hiking boots|product} in {brown|color}, {not suede|material is_not suede}, {under 120|price at_most 120}
> state_need | exploring
A: The Ridge is brown, 89.95.
U: Brown is nice but {waterproof|feature} it must be
> refine_need | comparing
== b
U: a {soup bowl|product}, {dishwasher safe|feature}, {teal|color}, {no plastic|material is_not plastic}
> state_need | exploring
"""


def test_values_are_swapped_everywhere_and_the_labels_follow(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(TEXT)
    first, second = read_annotated([tmp_path / "t.txt"])
    bank = bank_of([second])
    changed = swapped(first, bank, random.Random(0), share=1.0)
    assert changed[-1].messages[0].content == "soup bowl in teal, not plastic, under 120"
    assert changed[-1].messages[1].content == "The Ridge is teal, 89.95."
    state = State.model_validate(changed[-1].label)
    assert state.needs[0].product == "soup bowl"
    assert [c.value for c in state.needs[0].constraints] == ["teal", "plastic", 120, "waterproof"]
    assert changed[-1].id == first[-1].id and state.acts == State.model_validate(first[-1].label).acts


def test_what_has_no_like_in_the_bank_stays(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(TEXT)
    first, _ = read_annotated([tmp_path / "t.txt"])
    assert swapped(first, {}, random.Random(0)) == first


def test_every_swapped_conversation_of_ours_is_valid() -> None:
    chains = list(read_annotated())
    bank, rng = bank_of(chains), random.Random(3)
    changed = [swapped(chain, bank, rng) for chain in chains]
    assert sum(a != b for a, b in zip(chains, changed, strict=True)) > len(chains) / 2
    for conversation in (c for chain in changed for c in chain):
        assert not list(label_faults(conversation)), conversation.id
