"""The text of the public sets that weights may be trained on, document by document; nothing of it is kept here.

A document is one record: the sentences in it, in order, one to a line; of sets that keep a line for each turn, a
whole conversation. Files and parts by which something is judged (development and test files, the conversations that
`finetune.importers.heldout` and the compact reader's split keep back) are left out.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assistant.records import Conversation
from finetune.conversations import chains, read_conversations, split
from finetune.importers import training

FILES = (
    "retail-demo-store/products.yaml", "aws-electronics/products.csv.gz", "icecat/products.jsonl.gz",
    "webshop/human_goals.json.gz", "webshop/goal_query_map.json.gz", "sgd/dialogues.jsonl.gz", "sgd/schema.json",
    "multidogo/turns.jsonl.gz", "taskmaster4/dialogues.jsonl.gz", "bitext/train.csv.gz", "clinc150/data_full.json.gz",
    "tau2-retail/policy.md", "eshopsupport/tickets.json.gz", "eshopsupport/products.json.gz", "abcd/kb.json.gz",
    "abcd/guidelines.json.gz", "abcd/abcd_sample.json.gz", "product-qa/epqa.csv.gz", "product-qa/hetpqa_train.csv.gz",
    "intentionqa/task1.jsonl.gz", "extractgpt/ae-110k_train.jsonl.gz", "extractgpt/oa-mine_train.jsonl.gz",
)  # fmt: skip
"""Relative to the folder of the sets. Those that are not there are passed over."""

NOT_TEXT = re.compile(
    r"^(?:frames|annotations|segments|slot-labels|distractors.*|.*test|.*val|.*embedding|scenario|instructions|delexed"
    r"|specifications_raw|description_and_reviews_ko|img.*|personal|.*id)$",
    re.IGNORECASE,
)
"""Fields that hold labels, ids, other languages' copies, or parts that are judged by."""
PROSE = re.compile(r"[^\W\d_]{2,}\W+[^\W\d_]{2,}|[\u3400-\u9fff]{4}")
LINK = re.compile(r"https?://\S+")
CONVERSATION = "conversationId"
JUDGED = {"train": 0.85, "dev": 0.07, "test": 0.08}


def documents(folder: Path) -> Iterator[str]:
    """All documents of the sets in `folder`, each once."""
    seen: set[bytes] = set()
    for text in itertools.chain(_conversations(folder), *(_of_file(folder / name) for name in FILES)):
        key = hashlib.blake2b(text.encode(), digest_size=8).digest()
        if text and key not in seen:
            seen.add(key)
            yield text


def sentences(value: Any) -> Iterator[str]:
    """The strings in a record that are language and not names or ids, in order."""
    if isinstance(value, str):
        text = LINK.sub("", value).strip()
        if PROSE.search(text):
            yield text
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not NOT_TEXT.match(str(key)):
                yield from sentences(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from sentences(inner)


def _conversations(folder: Path) -> Iterator[str]:
    """The training parts of the sets whose other parts the readers are judged by."""
    labelled = sorted((folder / "labelled" / "train").glob("*.jsonl"))
    found: list[Conversation] = split(read_conversations(labelled)[0], JUDGED, 0)["train"] if labelled else []
    for name, path in (("pscon", "pscon/conversations.jsonl.gz"), ("shoppingbench", "shoppingbench")):
        if (folder / path).exists():
            found += training(name, folder / path)
    for chain in chains(found):
        yield "\n".join(message.content.strip() for message in chain[-1].messages)


def _of_file(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    rows: Iterable[Any] = _records(path)
    for _, group in itertools.groupby(rows, key=_conversation):
        yield "\n".join(sentence for row in group for sentence in sentences(row))


_counter = itertools.count()


def _conversation(row: Any) -> Any:
    """What consecutive records must share to be one document; by itself, a record shares nothing."""
    return row[CONVERSATION] if isinstance(row, dict) and CONVERSATION in row else next(_counter)


def _records(path: Path) -> Iterator[Any]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = raw.decode("utf-8", errors="replace")
    kind = path.name.removesuffix(".gz").rsplit(".", 1)[-1]
    if kind == "jsonl":
        yield from map(json.loads, filter(str.strip, text.split("\n")))
    elif kind == "json":
        read = json.loads(text)
        yield from [{key: inner} for key, inner in read.items()] if isinstance(read, dict) else read
    elif kind == "csv":
        delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
        csv.field_size_limit(1 << 24)
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    elif kind == "yaml":
        import yaml

        yield from yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    else:
        yield from re.split(r"\n(?=#)", text)
