"""Single messages with an intent, as conversations with acts: MultiDoGO, Bitext, CLINC150.

Only intents that say what one of our acts says are taken. What a greeting, thanks or a question out of place says about
needs is nothing, so those labels hold acts only; a message about an order or the shop's rules names no need.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.records import Conversation, Message
from finetune.importers.records import csv_rows, json_lines

MULTIDOGO = {
    "openinggreeting": "greet",
    "thankyou": "thank_bye",
    "closinggreeting": "thank_bye",
    "outofdomain": "off_topic",
    "changeorder": "change_order",
    "stoporder": "change_order",
    "reportbrokensoftware": "complaint",
    "reportbrokenphone": "complaint",
    "orderstatus": "order_status",
}
BITEXT = {
    "track_order": "order_status",
    "cancel_order": "change_order",
    "change_order": "change_order",
    "change_shipping_address": "change_order",
    "get_refund": "return_refund",
    "track_refund": "return_refund",
    "check_refund_policy": "policy",
    "check_cancellation_fee": "policy",
    "check_payment_methods": "policy",
    "delivery_options": "policy",
    "delivery_period": "policy",
    "complaint": "complaint",
    "contact_human_agent": "ask_human",
    "contact_customer_service": "ask_human",
}
CLINC = {
    "oos": "off_topic",
    "greeting": "greet",
    "goodbye": "thank_bye",
    "thank_you": "thank_bye",
    "order_status": "order_status",
    "tell_joke": "off_topic",
    "are_you_a_bot": "off_topic",
    "weather": "off_topic",
    "meaning_of_life": "off_topic",
    "what_are_your_hobbies": "off_topic",
    "how_old_are_you": "off_topic",
    "flip_coin": "off_topic",
    "fun_fact": "off_topic",
    "translate": "off_topic",
    "play_music": "off_topic",
}
AFTER = frozenset({"order_status", "change_order", "return_refund", "complaint"})
SOCIAL = frozenset({"greet", "thank_bye"})


def import_multidogo(path: Path) -> Iterator[Conversation]:
    """Customer turns of `turns.jsonl.gz` whose intent is one of our acts; several intents give several acts."""
    for row in json_lines(path):
        acts = [MULTIDOGO.get(intent) for intent in row["intent"].split("<div>")]
        if all(acts):
            identity = f"multidogo-{row['conversationId']}-{row['turnNumber']}"
            yield _single(identity, row["utterance"], [act for act in dict.fromkeys(acts) if act])


def import_bitext(path: Path) -> Iterator[Conversation]:
    """Requests of one of the CSV files (`train.csv.gz` ...), each with its support intent, and with an act where the
    intent is one of ours."""
    for number, row in enumerate(csv_rows(path)):
        intent = row["intent"]
        single = _single(f"bitext-{path.name.split('.')[0]}-{number}", row["utterance"], [BITEXT.get(intent, "policy")])
        label = dict(single.label or {}) if intent in BITEXT else {"needs": []}
        yield single.model_copy(update={"label": label | {"support": intent}})


def import_clinc150(path: Path) -> Iterator[Conversation]:
    """Training questions of `data_full.json.gz` that are out of a shop's scope or merely polite."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data: dict[str, list[list[str]]] = json.load(file)
    rows = [row for part in ("train", "oos_train", "oos_test") for row in data.get(part, ())]
    for number, (text, intent) in enumerate(rows):
        if intent in CLINC:
            yield _single(f"clinc150-{number}", text, [CLINC[intent]])


def _single(identity: str, text: str, acts: list[str]) -> Conversation:
    label: dict[str, Any] = {"acts": acts}
    if not SOCIAL & set(acts):
        label["needs"] = []
        label["stage"] = "after_purchase" if AFTER & set(acts) else "exploring"
    return Conversation(id=identity, messages=(Message(role="user", content=text.strip() or text),), label=label)
