"""Product files of a shop, in any of the usual formats, to products and the list of what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from retrieval.errors import FeedError
from retrieval.formats import records
from retrieval.normalise import Rules, name_of, names_in, product_of
from retrieval.product import Product
from retrieval.values import FieldError

_SHOWN_FIELDS = 30


class Problem(BaseModel):
    """One thing wrong in a product file.

    `line` counts from 1 (in Parquet: the row; 0 where it is unknown); `field` is "" where it is the whole record.
    """

    model_config = ConfigDict(frozen=True)

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


def read_products(
    paths: Sequence[str | Path],
    mapping: Mapping[str, str] | None = None,
    currency: str = "USD",
    strict: bool = False,
    price_scale: float = 1.0,
) -> tuple[list[Product], list[Problem]]:
    """Read product files. Good records load, bad ones are reported; `strict` raises `FeedError` at the first.

    Files end on .jsonl, .json, .csv, .tsv, .txt (Merchant's tab-separated form), .parquet, .yaml or .xml (Merchant's
    RSS or Atom), each also .gz. `mapping` says where our fields are found under another name: `{"title": "name"}`,
    `{"price": "cents/100"}`, `{"product_type": "category > style"}`; quoted words stand for themselves:
    `'"Wine" > type'`. `price_scale` multiplies every price.
    Raises `FeedError` if a file cannot be read at all or the mapping names no field of ours.
    """
    rules = Rules(_checked(mapping or {}), currency, price_scale)
    products: list[Product] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    fields: dict[str, None] = {}
    for path in map(Path, paths):
        for line, result in _read(path, rules, fields):
            if isinstance(result, Product):
                first = seen.setdefault(result.id, f"{path}:{line}")
                if first == f"{path}:{line}":
                    products.append(result)
                    continue
                result = FieldError("id", f'expected a unique id, found "{result.id}" again (first in {first})')
            problem = Problem(file=str(path), line=line, field=result.field, message=str(result))
            if strict:
                raise FeedError(str(problem))
            problems.append(problem)
    if fields:
        idle = [_idle(str(paths[0]), ours, theirs, fields) for ours, theirs in rules.mapping.items()]
        problems[:0] = [problem for problem in idle if problem is not None]
        if strict and problems:
            raise FeedError(str(problems[0]))
    return products, problems


def read_mapping(path: str | Path) -> dict[str, str]:
    """A field mapping from a YAML file: our names to theirs, alone or under `mapping:`. Raises `FeedError`."""
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FeedError(f"{path}: cannot read the field mapping: {' '.join(str(error).split())}") from error
    if isinstance(content, dict) and isinstance(content.get("mapping"), dict):
        content = content["mapping"]
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise FeedError(f"{path}: expected an object of our field names to theirs, such as `title: name`")
    return _checked({str(ours): theirs for ours, theirs in content.items()})


def _checked(mapping: Mapping[str, str]) -> dict[str, str]:
    for ours, theirs in mapping.items():
        if not ours.isidentifier() or not theirs.strip():
            raise FeedError(
                f'The mapping "{ours}={theirs}" is not understood: expected our field, "=", theirs, as in title=name'
            )
        if ours not in Product.model_fields:
            near = get_close_matches(ours, Product.model_fields, 1)
            meant = f"Did you mean {near[0]}? " if near else ""
            known = ", ".join(Product.model_fields)
            raise FeedError(f'The mapping "{ours}={theirs}" names no field of ours. {meant}Ours are: {known}')
    return dict(mapping)


def _idle(file: str, ours: str, theirs: str, fields: Mapping[str, None]) -> Problem | None:
    """What is wrong with a mapping that names none of the fields of any record; most often a slip of the pen."""
    there = {name_of(field): field for field in fields}
    if any(name in there for name in names_in(theirs)):
        return None
    near = next((there[n] for name in names_in(theirs) for n in get_close_matches(name, there, 1)), None)
    meant = f"did you mean {near}?" if near else f"there are: {', '.join(list(fields)[:_SHOWN_FIELDS])}"
    return Problem(file=file, line=1, field=ours, message=f'the mapping "{ours}={theirs}" names no field here; {meant}')


def _read(path: Path, rules: Rules, fields: dict[str, None]) -> Iterator[tuple[int, Product | FieldError]]:
    """The products of a file, or what is wrong in its place; adds the names of its fields to `fields`."""
    for line, record in records(path):
        if isinstance(record, str):
            yield line, FieldError("", record)
            continue
        fields.update(dict.fromkeys(key for key in record if key is not None))
        try:
            yield line, product_of(record, rules)
        except FieldError as error:
            yield line, error
