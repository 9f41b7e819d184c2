"""The reader's confidence is set by how often it was right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.compact.decoding import Thresholds
from assistant.compact_reader import CompactReader
from finetune.annotation import read_annotated
from finetune.calibration import calibrate, judgments

READER = Path(__file__).resolve().parents[2] / "assistant" / "models" / "reader"


@pytest.fixture(scope="module")
def reader() -> CompactReader:
    return CompactReader.load(READER)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 5), st.floats(-5, 5))
def test_a_higher_score_is_never_less_sure(a: float, b: float, slope: float, offset: float) -> None:
    thresholds = Thresholds(slope=slope, offset=offset)
    low, high = sorted((a, b))
    assert 0 <= thresholds.confidence(low) <= thresholds.confidence(high) <= 1


def test_unscaled_confidence_is_the_score() -> None:
    assert Thresholds().confidence(0.3) == pytest.approx(0.3)


def test_after_calibration_the_mean_confidence_is_the_share_that_is_right(reader: CompactReader) -> None:
    chains = list(read_annotated())[:60]
    calibrate(reader, chains)
    judged = list(judgments(reader, chains))
    assert len(judged) > 100
    mean = sum(p for p, _ in judged) / len(judged)
    assert mean == pytest.approx(sum(right for _, right in judged) / len(judged), abs=0.02)


def test_too_few_constraints_leave_it_as_it_is(reader: CompactReader) -> None:
    assert (calibrate(reader, list(read_annotated())[:2]).slope, reader.thresholds.offset) == (1.0, 0.0)
