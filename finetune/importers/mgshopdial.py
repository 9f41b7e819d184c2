"""MG-ShopDial (Bernard and Balog, SIGIR 2023): people advising people in a shop, with the intents of each utterance.

`MGShopDial.json` is a list of conversations between a `Client` and a `Wizard` (the shop assistant). Each utterance has
the intents that at least two of five annotators chose, with how many did. What they say of ours:

- An intent counts from three annotators on. A message's acts are told only where each of its intents is one that says
  what one of our acts says, since a list of acts is whole or wrong.
- `greeting` is `greet` in the client's first message and `thank_bye` in their last two; elsewhere it tells nothing.
- `disclose` is `state_need` where nothing was disclosed before, then `refine_need`; `nf` (negative feedback) is
  `reject` right after a recommendation; a question in search of an answer (`o_question`, goal `qa`) is `ask_product`.
- Needs, constraints and stages are told nowhere, so labels do not hold them.

Every message of the client ends a conversation of its own, as after it a state could be labelled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.records import Conversation, Message

AGREED = 3
SHOP = frozenset({"Wizard", "Assistant"})


def import_mgshopdial(path: Path) -> Iterator[Conversation]:
    """The conversations of `MGShopDial.json`, one for each message of the client. Raises `ValueError` for a file that
    is laid out otherwise."""
    data = json.loads(path.read_text(encoding="utf-8"))
    try:
        for row in data:
            yield from _prefixes(row)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{path}: expected MG-ShopDial's list of conversations with utterances; {error!r}.") from error


def _prefixes(row: dict[str, Any]) -> Iterator[Conversation]:
    said = [utterance for utterance in row["utterances"] if utterance["utterance"].strip()]
    clients = [i for i, utterance in enumerate(said) if utterance["participant"] not in SHOP]
    messages = [
        Message(role="assistant" if i not in clients else "user", content=utterance["utterance"].strip())
        for i, utterance in enumerate(said)
    ]
    disclosed = False
    for turn, place in enumerate(clients, start=1):
        intents = _intents(said[place])
        acts = [_act(intent, said, place, clients, disclosed) for intent in intents]
        disclosed = disclosed or "disclose" in intents
        known = [act for act in acts if act is not None]
        label = {"acts": list(dict.fromkeys(known))} if known and len(known) == len(acts) else None
        yield Conversation(id=f"mgshopdial-{row['id']}.{turn}", messages=tuple(messages[: place + 1]), label=label)


def _intents(utterance: dict[str, Any]) -> list[str]:
    return [name for name, votes in utterance["intents"] if votes >= AGREED]


def _act(intent: str, said: list[dict[str, Any]], place: int, clients: list[int], disclosed: bool) -> str | None:
    """Our act that says what an intent says at this place; `None` where there is none."""
    if intent == "greeting":
        return "greet" if place == clients[0] else "thank_bye" if place in clients[-2:] else None
    if intent == "disclose":
        return "refine_need" if disclosed else "state_need"
    if intent == "nf":
        return "reject" if place and "recommend" in _intents(said[place - 1]) else None
    if intent == "o_question" and said[place]["goal"] == "qa":
        return "ask_product"
    return None
