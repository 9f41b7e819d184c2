"""The way back from a prompt: what a reader's or writer's chat messages ask about.

A model that is no language model, such as the compact reader, answers through the same door as one that is, so it has
to know again what `assistant.prompts` and `assistant.writer_prompt` put into words. What these leave out (old messages,
the middle of long ones, ids of clicked items) is not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from assistant.errors import InvalidInput
from assistant.facts import known
from assistant.prompts import INSTRUCTION, PROMPT_VERSION
from assistant.records import Constraint, Conversation, Event, EventName, Item, Message, Role, Stage, State
from assistant.writer_prompt import SYSTEM

CONSTRAINT = re.compile(r"(\d+)\.\d+ (\w+) (\w+) (.+?)( [A-Z]{3})?( prefer)?")
NEED = re.compile(r"(\d+) (.+?)( \(active\))?")
EVENT = re.compile(r"(\d+) (\w+)(?: (\"(?:[^\"\\]|\\.)*\"))?(\[.*?)?( \(new\))?")
MESSAGE = re.compile(r"(\d+) (customer|assistant|colleague): (\".*\")")
ASKED = re.compile(r"Report what message (\d+) changed\.")
FACT = re.compile(r"\{([a-z0-9_.]+)\}")
ROLES: Mapping[str, Role] = {"customer": "user", "assistant": "assistant", "colleague": "agent"}
EARLIER = Message(role="assistant", content="")
MOST = 10_000
Chat = Sequence[Mapping[str, str]]


def reader_question(messages: Chat) -> tuple[State, Conversation]:
    """The state held and the conversation that `prompts.reader_messages` made `messages` of. Earlier messages that
    the prompt left out are there without words. Raises `InvalidInput` where the messages are no such prompt."""
    if [m["role"] for m in messages] != ["system", "user"] or messages[0]["content"] != INSTRUCTION:
        raise InvalidInput(
            f"This model reads conversations put to it as Shopkeeper's reader prompt, version {PROMPT_VERSION!r}: its "
            "instruction as the system message, then one user message. These messages are something else."
        )
    first, *lines = messages[1]["content"].split("\n")
    try:
        sections = _sections(lines)
        state = _state(first, sections["NEEDS HELD"])
        events = _numbered(EVENT, sections["EVENTS IN THE SHOP"], _event)
        said = _numbered(MESSAGE, sections["MESSAGES"], _message)
        asked = ASKED.fullmatch(lines[-1] if lines else "")
        if asked is None or not said or int(asked[1]) != max(said) or said[max(said)].role != "user":
            raise InvalidInput(f"a customer's message is asked about last, found {lines[-1:]!r:.80}")
        return state, Conversation(
            id="asked",
            messages=tuple(said.get(i, EARLIER) for i in range(max(said) + 1)),
            events=tuple(events.get(i, Event(event_name="view_item")) for i in range(max(events, default=-1) + 1)),
        )
    except (InvalidInput, ValidationError, ValueError, RecursionError) as error:
        raise InvalidInput(f"The reader's prompt cannot be read: {str(error).splitlines()[0]}.") from error


def writer_question(messages: Chat) -> list[dict[str, str]]:
    """The compact writer's prompt of the plan in a writer's prompt: what to do and which facts there are, without
    the words of facts or shopper. Raises `InvalidInput` where the messages are no such prompt."""
    system = [m["content"] for m in messages if m["role"] == "system"]
    said = [m["content"] for m in messages if m["role"] == "user"]
    if len(said) != 1 or len(messages) != len(system) + 1 or system not in ([], [SYSTEM]):
        raise InvalidInput(
            "This model phrases the plans of Shopkeeper's writer prompt: its instruction as the system message, then "
            "one user message. These messages are something else."
        )
    head, facts, tail = _parted(said[0])
    keys = [found[1] for line in [facts, *tail.split("\n")] for found in _fact_keys(line, first=line is not facts)]
    if not head.startswith("move: ") or not all(known(key) for key in keys):
        raise InvalidInput(f"The writer's prompt begins with its move and lists its facts; found {said[0][:80]!r}.")
    return [{"role": "user", "content": f"{head}\nfacts:" + "".join(f"{{{key}}}" for key in keys)}]


def _parted(text: str) -> tuple[str, str, str]:
    """What stands before `facts:`, on its line, and below it."""
    head, _, rest = text.partition("\nfacts:")
    facts, _, tail = rest.partition("\n")
    return head, facts, tail


def _fact_keys(line: str, *, first: bool) -> Iterator[re.Match[str]]:
    """The facts that a line lists; with `first`, only one that it begins with."""
    for found in FACT.finditer(line):
        if not first or (found.start() == 0 and line.startswith(" = ", found.end())):
            yield found


def _sections(lines: Sequence[str]) -> dict[str, list[str]]:
    """The lines below each heading, without the last line of all."""
    sections: dict[str, list[str]] = {"NEEDS HELD": [], "EVENTS IN THE SHOP": [], "MESSAGES": []}
    inside: list[str] | None = None
    for line in lines[:-1]:
        if line in sections:
            inside = sections[line]
        elif inside is None:
            raise InvalidInput(f"NEEDS HELD was expected, found {line[:80]!r}")
        else:
            inside.append(line)
    return sections


def _state(stage: str, lines: Sequence[str]) -> State:
    if not stage.startswith("STAGE ") or stage.removeprefix("STAGE ") not in get_args(Stage):
        raise InvalidInput(f"the stage was expected first, found {stage[:80]!r}")
    needs: list[dict[str, Any]] = []
    for line in [] if list(lines) == ["none"] else lines:
        if (found := CONSTRAINT.fullmatch(line)) and int(found[1]) == len(needs) - 1:
            needs[-1]["constraints"].append(_constraint(found))
        elif (found := NEED.fullmatch(line)) and int(found[1]) == len(needs):
            needs.append({"product": json.loads(found[2]), "active": bool(found[3]), "constraints": []})
        else:
            raise InvalidInput(f"a need or one of its constraints was expected, found {line[:80]!r}")
    return State.model_validate({"needs": needs, "stage": stage.removeprefix("STAGE ")})


def _constraint(found: re.Match[str]) -> Constraint:
    return Constraint.model_validate(
        {
            "attribute": found[2],
            "op": found[3],
            "value": json.loads(found[4]),
            "unit": (found[5] or "").strip() or None,
            "strength": "prefer" if found[6] else "must",
        }
    )


def _numbered(layout: re.Pattern[str], lines: Sequence[str], record: Any) -> dict[int, Any]:
    records = {}
    for line in lines:
        found = layout.fullmatch(line)
        if found is None or int(found[1]) > MOST:
            raise InvalidInput(f"a line such as {layout.pattern!r} was expected, found {line[:80]!r}")
        records[int(found[1])] = record(found)
    return records


def _message(found: re.Match[str]) -> Message:
    return Message(role=ROLES[found[2]], content=json.loads(found[3]))


def _event(found: re.Match[str]) -> Event:
    if found[2] not in get_args(EventName):
        raise InvalidInput(f"an event is one of {', '.join(get_args(EventName))}, found {found[2][:40]!r}")
    items = tuple(
        Item(
            item_id="item", item_name=item.get("name"), item_brand=item.get("brand"),
            item_category=item.get("category"), price=item.get("price"),
        )
        for item in _objects(found[4] or "")
    )  # fmt: skip
    term = json.loads(found[3]) if found[3] else None
    return Event.model_validate({"event_name": found[2], "items": items, "search_term": term})


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON list, as far as it goes: the prompt cuts long ones in the middle."""
    decoder, place = json.JSONDecoder(), 1
    while text.startswith("{", place):
        try:
            item, place = decoder.raw_decode(text, place)
        except ValueError:
            return
        yield item
        place += 1
