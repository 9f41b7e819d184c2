from __future__ import annotations

import pytest
from pydantic import ValidationError

from retrieval.demo.tables import Kind, Spec, departments


def test_every_table_is_read() -> None:
    tables = list(departments())
    assert len(tables) >= 12
    assert sum(len(table.kinds) for table in tables) >= 150


def test_a_spec_has_exactly_one_source_of_values() -> None:
    with pytest.raises(ValidationError, match="exactly one of share, any, steps and range"):
        Spec(share=0.5, any=("a",))


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="prise"):
        Spec.model_validate({"share": 0.5, "prise": "Good"})


def test_a_spec_refers_only_to_specs_before_it() -> None:
    with pytest.raises(ValidationError, match="not a spec before it"):
        Kind(path="A", price=(1, 2), about=("x",), specs={"Timer": Spec(share=0.5, needs="Electric")})
