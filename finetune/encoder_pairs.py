"""What people look for, and what is right for it: pairs to train a sentence encoder on, and searches to judge it by.

A recipe names its sources as `KIND:PATH`, or `demo:` for the demo shop. Each is split before anything is made of it, so
that no query, product (with its variants) or dialogue is on both sides:

- `demo:SEED` and `catalogue:FILE`: needs made up from a product's own fields, as the assistant searches them
  (`assistant.search.query`), half of them calling the kind by another name; right is every product that has it all.
- `icecat:FOLDER`: the same of its products without judgments; judged by its judged queries, graded 0 to 3.
- `webshop:FILE` (`goal_query_map`): what a person typed to find a need; right is the need.
- `pscon:FILE`: what a person said up to a recommendation; right is what was recommended and not disliked.
- `shoppingbench:FOLDER`: a request for one product; right is the product.
- `product-qa:FILE` (hetPQA): a question about a product; right is the text that answers it.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.importers.records import csv_rows, json_lines
from retrieval.feeds import read_products
from retrieval.product import Product
from retrieval.storage import document
from retrieval.synonyms import synonyms
from retrieval.text import singulars

HELD_OUT = 0.2
MOST_PRODUCTS = 4000
JUDGED_PRODUCTS = 600
MOST_FACTS = 3
LONGEST_FACT = 40


@dataclass(frozen=True)
class NeedPair:
    """What somebody looks for, and a text that is right for it."""

    query: str
    document: str


@dataclass(frozen=True)
class Search:
    """Queries over the same documents: for each, the gains of the documents that are right, by their place."""

    queries: tuple[tuple[str, dict[int, float]], ...]
    documents: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """One source: pairs to train on, and a search that shares no query, product or dialogue with them."""

    name: str
    train: tuple[NeedPair, ...]
    held_out: Search


def read_source(name: str, needs: int = 2, seed: int = 0) -> Source:
    """The source that a recipe names; `needs` are made up for each product. Raises `ValueError` for an unknown kind
    and `OSError` for a file that cannot be read."""
    kind, colon, path = name.partition(":")
    if not colon or kind not in READERS:
        raise ValueError(f"sources: expected KIND:PATH with a kind of {', '.join(READERS)}; found {name!r}")
    return READERS[kind](name, path, needs, seed)


def held_out(key: str) -> bool:
    """Whether a query, product or dialogue of that key is judged by and never trained on."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64 < HELD_OUT


def made_up(product: Product, rng: random.Random) -> tuple[str, frozenset[str]]:
    """A need that the product meets, in words of its own fields, and the facts it asks for."""
    facts = sorted(facts_of(product))
    chosen = rng.sample(facts, min(len(facts), rng.randint(1, MOST_FACTS)))
    kind = kind_of(product)
    others = [" ".join(words) for words in synonyms(tuple(singulars(kind)))]
    called = rng.choice(others) if others and rng.random() < 0.5 else kind
    return " ".join([called, *chosen]).strip(), frozenset(chosen)


def kind_of(product: Product) -> str:
    """The last level of its category; where there is none, the last two words of its title."""
    level = product.product_type.split(">")[-1].strip()
    return (level or " ".join(product.title.split()[-2:])).lower()


def facts_of(product: Product) -> frozenset[str]:
    """Short things that the record states, lower case, that somebody may look for by."""
    stated = [*product.brand, *product.color, *product.material, *product.product_highlight]
    stated += [v if any(c.isalpha() for c in v) else f"{n} {v}" for n, v in product.product_detail
               if v.lower() not in ("yes", "no", "none")]  # fmt: skip
    if len(stated) < MOST_FACTS:
        stated += product.description.replace(".", ",").split(",")
    return frozenset(s.strip(" .").lower() for s in stated if 1 < len(s.strip(" .")) <= LONGEST_FACT)


def catalogue_source(name: str, products: Sequence[Product], needs: int, seed: int) -> Source:
    """Made-up needs over a catalogue: those of a fifth of its products are judged, over all of it."""
    rng = random.Random(f"{seed}:{name}")
    chosen = rng.sample(products, min(len(products), MOST_PRODUCTS))
    train = [
        NeedPair(made_up(p, rng)[0], document(p)) for p in chosen if not held_out(_group(p)) for _ in range(needs)
    ]
    judged = [p for p in chosen if held_out(_group(p))][:JUDGED_PRODUCTS]
    facts = [(kind_of(p), facts_of(p)) for p in chosen]
    queries = []
    for product in judged:
        query, wanted = made_up(product, rng)
        kind = kind_of(product)
        right = {i: 1.0 for i, (other, has) in enumerate(facts) if other == kind and wanted <= has}
        queries.append((query, right))
    return Source(name, tuple(train), Search(tuple(queries), tuple(map(document, chosen))))


def _group(product: Product) -> str:
    return product.item_group_id or product.id


def _catalogue(name: str, path: str, needs: int, seed: int) -> Source:
    return catalogue_source(name, read_products([path])[0], needs, seed)


def _demo(name: str, path: str, needs: int, seed: int) -> Source:
    from retrieval.demo.generate import write_demo

    with tempfile.TemporaryDirectory() as folder:
        write_demo(Path(folder), int(path or 7))
        products, _ = read_products([Path(folder) / "products.jsonl"])
    return catalogue_source(name, products, needs, seed)


def _icecat(name: str, path: str, needs: int, seed: int) -> Source:
    with (Path(path) / "judgments.csv").open(encoding="utf-8") as file:
        rows = [(row["query"], row["docid"], int(row["rating"])) for row in csv.DictReader(file)]
    products, _ = read_products([Path(path) / "products.jsonl.gz"])
    judged = {docid for _, docid, _ in rows}
    among = [p for p in products if p.id in judged]
    places = {p.id: i for i, p in enumerate(among)}
    gains: dict[str, dict[int, float]] = {}
    for query, docid, rating in rows:
        if docid in places and rating:
            gains.setdefault(query, {})[places[docid]] = 2.0**rating - 1
    made = catalogue_source(name, [p for p in products if p.id not in judged], needs, seed)
    return Source(name, made.train, Search(tuple(gains.items()), tuple(map(document, among))))


def _webshop(name: str, path: str, needs: int, seed: int) -> Source:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        read: dict[str, list[str]] = json.load(file)
    return _paired(name, [(goal, query, [(goal, 1.0)]) for goal, typed in read.items() for query in typed])


def _pscon(name: str, path: str, needs: int, seed: int) -> Source:
    return _paired(name, [row for dialogue in json_lines(Path(path)) for row in _recommended(dialogue)])


def _recommended(dialogue: dict[str, object]) -> Iterator[tuple[str, str, list[tuple[str, float]]]]:
    said: list[str] = []
    messages = dialogue["conversation"]
    assert isinstance(messages, list)
    disliked = {
        rating["product_rate"].rpartition("(")[0].strip()
        for message in messages for rating in message.get("user_rating") or [] if "(disliked)" in rating["product_rate"]
    }  # fmt: skip
    for message in messages:
        if message["role"] == "user":
            said += [word for word in message.get("keywords") or [] if word not in said]
        titles = [product["product_title"].strip() for product in message.get("recommended_products") or []]
        if liked := [(title, 1.0) for title in titles if title not in disliked]:
            yield str(dialogue["conv_id"]), " ".join(said), liked


def _shoppingbench(name: str, path: str, needs: int, seed: int) -> Source:
    rows = [*json_lines(Path(path) / "product.jsonl.gz"), *json_lines(Path(path) / "voucher.jsonl.gz")]
    single = [(row["query"].split("\n")[0], row["reward"]) for row in rows]
    read = [(query, reward[0] if isinstance(reward, list) else reward) for query, reward in single]
    return _paired(name, [(query, query, [(" ".join(reward["title"]), 1.0)]) for query, reward in read])


def _product_qa(name: str, path: str, needs: int, seed: int) -> Source:
    rows = [row for row in csv_rows(Path(path), delimiter="\t") if row["answer"] and row["candidate"]]
    return _paired(name, [(row["ASIN"], row["question"], [(row["candidate"], 1.0)]) for row in rows])


def _paired(name: str, rows: Sequence[tuple[str, str, list[tuple[str, float]]]]) -> Source:
    """A source of queries with their texts, split by key; judged over the texts of both sides."""
    rows = [row for row in rows if row[1].strip()]
    texts = list(dict.fromkeys(text for _, _, right in rows for text, _ in right))
    places = {text: i for i, text in enumerate(texts)}
    train = [NeedPair(query, text) for key, query, right in rows if not held_out(key) for text, _ in right]
    judged = [(query, {places[t]: gain for t, gain in right}) for key, query, right in rows if held_out(key)]
    return Source(name, tuple(train), Search(tuple(judged[:JUDGED_PRODUCTS]), tuple(texts)))


READERS: dict[str, Callable[[str, str, int, int], Source]] = {
    "demo": _demo,
    "catalogue": _catalogue,
    "icecat": _icecat,
    "webshop": _webshop,
    "pscon": _pscon,
    "shoppingbench": _shoppingbench,
    "product-qa": _product_qa,
}
