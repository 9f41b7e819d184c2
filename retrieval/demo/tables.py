"""The hand-written tables of the demo shop as typed records. One YAML file per department under `tables/`.

A kind ("Kettle") lists its specs; each spec says which values there are, from worst to best, and what is said of
a product that has much or little of it. The generator knows nothing of any kind; the tables know nothing of chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

TABLES = Path(__file__).parent / "tables"


class TableError(ValueError):
    """A table does not have the layout that the generator reads."""


class Table(BaseModel):
    """Base of the table records: frozen, and a field that nobody reads is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Spec(Table):
    """One attribute of a kind. Exactly one of `share`, `any`, `steps` and `range` gives its values.

    `share`: yes or no, this part of the models says yes. `any`: one of these, none better. `steps`: from worst to
    best. `range`: worst, best and step of a number, with `unit`. `free` values are a matter of taste or need, not of
    quality (how many persons a tent sleeps), but are still paid for. `follows` ties a spec to another one (the more
    persons, the heavier). `needs` names a yes/no spec without which this one says nothing. `unless` turns a yes into
    a no where another spec's value has one of these words (no vegan boots of leather). `worth` is its weight in the
    price. `title` goes before the noun in the title, `tail` after it; `field` fills that field of the product. `plus`
    and `minus` are the shop's words for much and little, `praise` and `gripe` the reviewers'. In all of them `{v}` is
    the value and `{n}` its first word.
    """

    share: float | None = Field(default=None, gt=0, lt=1)
    any: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    range: tuple[float, float, float] | None = None
    unit: str = ""
    free: bool = False
    follows: str | None = None
    needs: str | None = None
    unless: dict[str, tuple[str, ...]] = {}
    worth: float | None = None
    title: str | None = None
    tail: str | None = None
    field: Literal["size", "material"] | None = None
    plus: str | None = None
    minus: str | None = None
    praise: str | None = None
    gripe: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Spec:
        if sum((self.share is not None, bool(self.any), bool(self.steps), self.range is not None)) != 1:
            raise ValueError("expected exactly one of share, any, steps and range")
        return self

    @property
    def weight(self) -> float:
        """Its weight in the price: by default only what is better or worse counts."""
        if self.worth is not None:
            return self.worth
        return 0.0 if self.any or self.follows else 1.0


class Kind(Table):
    """One kind of product. `models` of it are made, each in up to `variants` colours (and every size of `sizes`).

    `price` is the range in USD, `wear` a scale of sizes worn, `genders` whom the models are cut for, `sizes` a
    size sold as its own variant with its factor on the price, `about` openings of the description. Without `colors`
    the department's are taken; an empty list means that it has no colour.
    """

    path: str
    price: tuple[float, float]
    about: tuple[str, ...] = Field(min_length=1)
    specs: dict[str, Spec]
    models: int = Field(default=12, ge=4)
    variants: int = Field(default=3, ge=1)
    colors: tuple[str, ...] | None = None
    wear: str | None = None
    genders: tuple[Literal["men", "women", "unisex"], ...] = ()
    age_group: str | None = None
    sizes: dict[str, float] = {}
    brands: dict[str, float] = {}
    names: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_references(self) -> Kind:
        for name, spec in self.specs.items():
            for other in (spec.follows, spec.needs, *spec.unless):
                if other is not None and other not in list(self.specs)[: list(self.specs).index(name)]:
                    raise ValueError(f"spec {name!r} refers to {other!r}, which is not a spec before it")
        return self


class Department(Table):
    """One department: brands with their tier (0 cheap to 1 dear), model names, default colours, voices of reviewers."""

    department: str
    brands: dict[str, float] = Field(min_length=3)
    names: tuple[str, ...] = Field(min_length=14)
    colors: tuple[str, ...] = ()
    openers: tuple[str, ...] = Field(min_length=4)
    specs: dict[str, Spec] = {}
    kinds: dict[str, Kind]


def departments() -> Iterator[Department]:
    """The departments in the order of their file names."""
    for file in sorted((TABLES / "departments").glob("*.yaml")):
        try:
            yield Department.model_validate(read_table(file))
        except ValidationError as error:
            raise TableError(f"{file.name}: {error}") from error


def read_table(file: Path) -> Any:
    """One YAML table as plain objects."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    except yaml.YAMLError as error:
        raise TableError(f"{file.name} is not valid YAML: {error}") from error
