"""Questions with the passages that may answer them: product questions from `product-qa`, and this project's own about
the rules of made-up shops.

`epqa.csv` has graded candidates (0 no answer, 1 a partial one, 2 an answer), `hetpqa_*.csv` passages that answer;
those of another question on the same product stand against them. Both may be gzipped.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from assistant.shop import Clause
from assistant.statements import clause_text

WRITTEN = Path(__file__).parent / "written"
PARTIAL = 0.6
TIMES_AGAINST = 2
Part = Literal["learn", "validate", "test"]
Source = Literal["epqa", "hetpqa", "written"]
GRADES = {"0": 0.0, "1": PARTIAL, "2": 1.0}


@dataclass(frozen=True)
class Asked:
    """A question, and for each passage whether it answers: 1, in part (`PARTIAL`) or not (0). `group` is the product or
    the shop that it is asked of."""

    source: Source
    group: str
    question: str
    passages: tuple[str, ...]
    grades: tuple[float, ...]

    @property
    def answered(self) -> bool:
        """Whether some passage answers it."""
        return max(self.grades) == 1.0


def part_of(asked: Asked, seed: int) -> Part:
    """Where a question belongs, the same for all of a product or shop. Product questions: 65, 15 and 20 percent;
    written ones: 80 and 20, since policies are tested by questions kept apart."""
    digest = hashlib.sha256(f"{seed}:{asked.group}".encode()).hexdigest()
    place = int(digest, 16) % 100
    if asked.source == "written":
        return "learn" if place < 80 else "validate"
    return "learn" if place < 65 else "validate" if place < 80 else "test"


def read_product_questions(folder: Path, seed: int) -> list[Asked]:
    """The questions of a folder in product-qa's layout. Raises `ValueError` where it is in another."""
    graded, answering = _file(folder, "epqa.csv"), [_file(folder, f"hetpqa_{n}.csv") for n in ("train", "dev", "test")]
    return [*_graded(graded), *_answering(answering, random.Random(seed))]


def read_written(folder: Path = WRITTEN) -> list[Asked]:
    """The questions in the YAML files of a folder, by default this project's own, each with all clauses of its shop, in
    the order in which they are written. Raises `ValueError` where there is no file."""
    found, paths = [], sorted(folder.glob("*.yaml"))
    if not paths:
        raise ValueError(f"{folder}: expected YAML files of clauses with questions, found none.")
    for path in paths:
        shops = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [asked for shop, clauses in shops.items() for asked in _shop(shop, clauses)]
    return found


def _shop(shop: str, clauses: list[dict[str, object]]) -> Iterator[Asked]:
    texts = tuple(clause_text(Clause.model_validate({"id": "", "topic": "", "title": ""} | _words(c))) for c in clauses)
    answering: dict[str, set[int]] = defaultdict(set)
    for place, clause in enumerate(clauses):
        for question in _questions(clause, "asks"):
            answering[question].add(place)
        for question in _questions(clause, "near"):
            answering[question] |= set()
    for question, places in answering.items():
        grades = tuple(float(place in places) for place in range(len(texts)))
        yield Asked("written", shop, question, texts, grades)


def _words(clause: dict[str, object]) -> dict[str, object]:
    return {name: clause[name] for name in ("topic", "title", "text") if name in clause}


def _questions(clause: dict[str, object], name: str) -> list[str]:
    questions = clause[name]
    if not isinstance(questions, list):
        raise ValueError(f"{name}: expected a list of questions, found {questions!r:.60}")
    return [str(question) for question in questions]


def _graded(path: Path) -> list[Asked]:
    rows: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in _rows(path, "ASIN", "question", "candidate", "label"):
        if row["label"] not in GRADES:
            raise ValueError(f"{path}: label: expected 0, 1 or 2, found {row['label']!r}.")
        rows[row["ASIN"], row["question"]][row["candidate"]] = GRADES[row["label"]]
    return [Asked("epqa", product, question, tuple(found), tuple(found.values()))
            for (product, question), found in rows.items()]  # fmt: skip


def _answering(paths: list[Path], rng: random.Random) -> Iterator[Asked]:
    products: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        for row in _rows(path, "ASIN", "question", "candidate"):
            products[row["ASIN"]][row["question"]].append(row["candidate"])
    for product, questions in products.items():
        for question, answers in questions.items():
            own = list(dict.fromkeys(answers))
            others = list(dict.fromkeys(c for q, found in questions.items() if q != question for c in found))
            others = [text for text in others if text not in own]
            against = rng.sample(others, min(len(others), TIMES_AGAINST * len(own)))
            grades = (1.0,) * len(own) + (0.0,) * len(against)
            yield Asked("hetpqa", product, question, (*own, *against), grades)


def _rows(path: Path, *fields: str) -> Iterator[dict[str, str]]:
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode("utf-8")
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if path.name.startswith("hetpqa") else ",")
    if missing := set(fields) - set(rows.fieldnames or ()):
        raise ValueError(f"{path}: expected the columns {', '.join(fields)}, {min(missing)!r} is missing.")
    yield from (row for row in rows if row["question"].strip() and row["candidate"].strip())


def _file(folder: Path, name: str) -> Path:
    found = next((file for file in (folder / name, folder / f"{name}.gz") if file.is_file()), None)
    if found is None:
        raise ValueError(f"{folder}: expected {name} or {name}.gz in product-qa's layout, found neither.")
    return found
