"""Detection alone: what is shown to people is searched more loosely than what models learn from, and never less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.personal_data import KINDS, candidates, find, luhn

PIECES = (
    "4111 1111 1111 1111", "+44 7700 900123", "07700 900123", "12 Oak Street, Apt 4", "ana@example.org", "#W2378156",
    "rue de la Paix 5", "9876543210", "I'm Ana,", "phone: 4567890", "red", "7", "-", "(", ".", "\n",
)  # fmt: skip


@given(text=st.one_of(st.text(max_size=120), st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)))
def test_loose_finds_all_but_digits_without_a_sign(text: str) -> None:
    loose = [(span.start, span.end) for span in candidates(text, loose=True)]
    for span in candidates(text):
        bare = span.kind == "phone" and text[span.start : span.end].isdigit()
        assert bare or any(start <= span.start and span.end <= end for start, end in loose)


@given(text=st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))
def test_what_is_found_is_among_the_candidates(text: str) -> None:
    assert set(find(text)) <= set(candidates(text))


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_kinds_that_are_asked_for(kind: str) -> None:
    text = "I'm Ana Smith, order #W2378156, 12 Oak Street, ana@example.org, +44 7700 900123, 4111 1111 1111 1111"
    assert {span.kind for span in candidates(text, (kind,))} == {kind}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "strict", "loose"),
    [
        ("item 9876543210 is sold out", 1, 0),
        ("ring 55 123 45 67 89", 0, 1),
        ("12 oak street", 0, 1),
        ("x,4111111111111111", 0, 1),
    ],
)
def test_how_the_two_differ(text: str, strict: int, loose: int) -> None:
    kinds = ("card", "phone", "address")
    assert [bool(list(candidates(text, kinds, loose=way))) for way in (False, True)] == [bool(strict), bool(loose)]  # type: ignore[arg-type]


def test_the_check_digit() -> None:
    assert luhn("4111111111111111") and not luhn("4111111111111112")
