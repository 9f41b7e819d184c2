"""How well the reader tells what a message does in a product search: PSCon's user intents, on the part held out.

    python -m finetune.user_intent pscon/conversations.jsonl.gz

The intents follow from the acts that are read: `Reveal` states a need, `Revise` takes something back, `Interpret`
answers or reacts to what the system said, `Inquire` asks, `Chitchat` is no search.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assistant.compact_reader import CompactReader
from assistant.reading import Reader
from assistant.records import Conversation, Message, Reading, State
from assistant.state import update
from finetune.conversations import base_id
from finetune.importers import heldout
from finetune.importers.records import json_lines
from finetune.support import WEIGHTS

CHITCHAT = frozenset({"greet", "thank_bye", "off_topic"})
ASKING = frozenset({"ask_product", "policy", "order_status"})


def intent_of(reading: Reading) -> str:
    """PSCon's intent of a message, from what it was read to do."""
    acts = set(reading.acts)
    if "state_need" in acts or any(named.product for named in reading.named):
        return "Reveal"
    if reading.dropped:
        return "Revise"
    if acts and acts <= CHITCHAT and not reading.added:
        return "Chitchat"
    return "Inquire" if acts and acts <= ASKING else "Interpret"


def intents(reader: Reader, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """For each message of a user in rows of PSCon's file: the intent it is labelled with, and the one that is read."""
    for row in rows:
        state, messages = State(), list[Message]()
        for said in row["conversation"]:
            if not (text := said["content"].strip()):
                continue
            messages.append(Message(role="user" if said["role"] == "user" else "assistant", content=text))
            if said["role"] != "user":
                continue
            conversation = Conversation(id=str(row["conv_id"]), messages=tuple(messages))
            reading = reader.read(state, conversation)
            state = update(state, reading)
            if said.get("intent"):
                yield said["intent"], intent_of(reading)


def main(path: str) -> None:
    kept = {base_id(conversation.id) for conversation in heldout("pscon", Path(path))}
    rows = [row for row in json_lines(Path(path)) if f"pscon-{row['conv_id']}" in kept]
    pairs = Counter(intents(CompactReader.load(WEIGHTS), rows))
    count, right = pairs.total(), sum(n for (wanted, found), n in pairs.items() if wanted == found)
    commonest = Counter[str]()
    for (wanted, _), n in pairs.items():
        commonest[wanted] += n
    print(f"{right / count:.3f} right of {count} messages in {len(rows)} conversations; always the commonest intent: "
          f"{commonest.most_common(1)[0][1] / count:.3f}")  # fmt: skip
    for (wanted, found), n in pairs.most_common():
        print(f"{n:4} {wanted} read as {found}")


if __name__ == "__main__":
    main(sys.argv[1])
