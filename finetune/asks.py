"""Clauses of customers' messages with what they ask for: made up from a phrase table, and of public requests."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from assistant.copilot.asks import ASKS, Ask
from finetune.generator.grammar import phrases
from finetune.importers.records import csv_rows

Example = tuple[str, Ask]
SLOT = re.compile(r"\{([a-z_.]+)\}")
LEADS = 0.75
BITEXT: dict[str, Ask] = {
    "cancel_order": "cancel", "change_order": "swap", "change_shipping_address": "order_address",
    "contact_human_agent": "person", "track_order": "question", "track_refund": "question",
    "check_cancellation_fee": "question", "check_invoice": "question", "check_payment_methods": "question",
    "check_refund_policy": "question", "delivery_options": "question", "delivery_period": "question",
    "get_invoice": "question", "place_order": "question", "payment_issue": "question", "complaint": "other",
    "create_account": "other", "delete_account": "other", "edit_account": "other", "newsletter_subscription": "other",
    "recover_password": "other", "registration_problems": "other", "review": "other", "switch_account": "other",
}  # fmt: skip
"""Those of Bitext's intents that are one of ours. A refund may be a return or none, so it is left out."""
SHOP_LIKE = re.compile(r"order|cancel|card|pay|address|return|exchange|refund|shop|replace|account")
"""Intents of CLINC150 whose requests may be like ours; the others ask for nothing that a desk does."""


def made_up(rng: random.Random, each: int) -> Iterator[Example]:
    """`each` clauses for every ask: a verb phrase after a lead, or one that stands alone."""
    for ask in ASKS:
        for _ in range(each):
            yield _written(_clause(ask, rng), rng), ask


def _clause(ask: Ask, rng: random.Random) -> str:
    table = phrases("asks")
    does = f"do.{ask}" in table and rng.random() < LEADS
    text = f"{table.pick('lead', rng)} {table.pick(f'do.{ask}', rng)}" if does else table.pick(ask, rng)
    while SLOT.search(text):
        text = SLOT.sub(lambda match: table.pick(match[1], rng), text)
    return " ".join(text.split())


def _written(text: str, rng: random.Random) -> str:
    """As people type: capitals, contractions and full stops or none."""
    if rng.random() < 0.5:
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.15:
        text = text.lower()
    if rng.random() < 0.15:
        text = text.replace("'", "")
    return text + rng.choice((".", ".", "", "", "!", ","))


def of_bitext(path: Path) -> Iterator[Example]:
    """Requests in Bitext's layout whose intent is one of ours."""
    for row in csv_rows(path):
        if row["intent"] in BITEXT:
            yield re.sub(r"\d{6,}", "my order", row["utterance"]), BITEXT[row["intent"]]


def of_clinc150(path: Path) -> Iterator[Example]:
    """Requests of CLINC150 that ask for nothing that a service desk does."""
    packed = path.read_bytes()
    parts = json.loads(gzip.decompress(packed) if path.suffix == ".gz" else packed)
    for part in ("train", "oos_train"):
        yield from ((text, "other") for text, intent in parts[part] if not SHOP_LIKE.search(intent))
