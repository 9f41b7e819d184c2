"""What a model's answer to the reading prompt means: text in, a valid Reading out, or an error."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from assistant.errors import ModelError
from assistant.prompts import NUMERIC
from assistant.quotes import find_quote
from assistant.records import Act, Added, Constraint, Conversation, Named, Reading, Ref, Source, Stage, State

log = logging.getLogger(__name__)
_VALUE = re.compile(r'"value":\s*')


class ReadingError(ModelError):
    """A model's answer is no reading: not JSON, or without what every reading has."""


def parse_reading(text: str, state: State, conversation: Conversation, confidences: Sequence[float] = ()) -> Reading:
    """The reading that `text` gives of the last message of `conversation`, where `state` held before it.

    Every index in it exists and every quote is an exact substring of the shopper's message. A part that refers to
    nothing, or quotes what nobody said, is left out and logged. `confidences` are those of the items of `added` as
    they stand in `text`. Raises `ReadingError` where `text` is not in the layout of `target_text`.
    """
    answer = _load(text)
    closed = _indices(answer, "closed", len(state.needs))
    named = tuple(_named(answer, len(state.needs)))
    added, opened = _added(answer, state, conversation, named, confidences)
    named += opened
    needs = max([len(state.needs), *(n.need + 1 for n in named)])
    return Reading(
        closed=closed,
        named=named,
        dropped=_refs(answer, "dropped", state),
        softened=_refs(answer, "softened", state),
        hardened=_refs(answer, "hardened", state),
        added=added,
        active=_active(answer, needs),
        acts=_acts(answer),
        stage=answer["stage"],
    )


def value_spans(text: str) -> list[tuple[int, int]]:
    """Where the value of each item of `added` stands in `text`, first character and the one after its last."""
    decoder = json.JSONDecoder()
    return [(m.end(), decoder.raw_decode(text, m.end())[1]) for m in _VALUE.finditer(text)]


def _load(text: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadingError(f"The model's answer is not JSON ({error}): {text[:120]!r}") from error
    if not isinstance(answer, dict):
        raise ReadingError(f"The model's answer should be an object and is {type(answer).__name__}: {text[:120]!r}")
    if answer.get("stage") not in get_args(Stage):
        raise ReadingError(f"The model's answer has no stage of {', '.join(get_args(Stage))}: {text[:120]!r}")
    return answer


def _items(answer: Mapping[str, Any], name: str) -> list[Any]:
    value = answer.get(name, [])
    if not isinstance(value, list):
        raise ReadingError(f"{name!r} in the model's answer should be a list and is {type(value).__name__}")
    return value


def _acts(answer: Mapping[str, Any]) -> tuple[Act, ...]:
    known: dict[str, Act] = {act: act for act in get_args(Act)}
    acts = tuple(known[a] for a in dict.fromkeys(str(a) for a in _items(answer, "acts")) if a in known)
    if not acts:
        raise ReadingError("The model's answer names no act that there is")
    return acts


def _is_index(value: Any, size: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < size


def _indices(answer: Mapping[str, Any], name: str, size: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_keep(_items(answer, name), name, lambda i: _is_index(i, size))))


def _active(answer: Mapping[str, Any], needs: int) -> int | None:
    active = answer.get("active")
    return active if active is None else next(_keep([active], "active", lambda i: _is_index(i, needs)), None)


def _keep(items: Sequence[Any], name: str, good: Callable[[Any], bool]) -> Iterator[Any]:
    for item in items:
        if good(item):
            yield item
        else:
            log.warning("left out of a reading: %s %.80r refers to nothing", name, item)


def _named(answer: Mapping[str, Any], held: int) -> Iterator[Named]:
    """Held needs by their index; new ones must count on from those held."""
    new = held
    for item in _items(answer, "named"):
        fields = item if isinstance(item, dict) else {}
        index, product = fields.get("need"), fields.get("product")
        if isinstance(index, int) and _is_index(index, new + 1) and isinstance(product, str | None):
            new = max(new, index + 1)
            yield Named(need=index, product=product)
        else:
            log.warning("left out of a reading: named %.80r opens or renames no need", item)


def _refs(answer: Mapping[str, Any], name: str, state: State) -> tuple[Ref, ...]:
    there = {
        f"{i}.{j}": Ref(need=i, constraint=j) for i, n in enumerate(state.needs) for j in range(len(n.constraints))
    }
    kept = _keep(_items(answer, name), name, lambda ref: isinstance(ref, str) and ref in there)
    return tuple(there[ref] for ref in dict.fromkeys(kept))


def _added(
    answer: Mapping[str, Any],
    state: State,
    conversation: Conversation,
    named: Sequence[Named],
    confidences: Sequence[float],
) -> tuple[tuple[Added, ...], tuple[Named, ...]]:
    """The constraints that hold up, and the needs that they open without saying so (those have no product)."""
    needs = max([len(state.needs), *(n.need + 1 for n in named)])
    added: list[Added] = []
    opened: list[Named] = []
    for i, item in enumerate(_items(answer, "added")):
        try:
            constraint = _constraint(item, conversation)
            if not _is_index(item["need"], needs + 1):
                raise ReadingError(f"need {item['need']!r} does not exist")
        except (ReadingError, ValidationError) as error:
            log.warning("left out of a reading: %.120r: %s", item, str(error).splitlines()[0])
            continue
        if item["need"] == needs:
            opened.append(Named(need=needs))
            needs += 1
        if i < len(confidences):
            constraint = constraint.model_copy(update={"confidence": min(1.0, max(0.0, confidences[i]))})
        added.append(Added(need=item["need"], constraint=constraint))
    return tuple(added), tuple(opened)


def _constraint(item: Any, conversation: Conversation) -> Constraint:
    if not isinstance(item, dict) or "need" not in item:
        raise ReadingError("an added constraint is an object with a need")
    if item.get("attribute") == "product" and item.get("op") != "is_not":
        raise ReadingError("product is a constraint only with is_not")
    source = _source(item, conversation)
    inferred = source is not None and source.event is not None
    return Constraint.model_validate(
        {
            "attribute": item.get("attribute"),
            "op": item.get("op"),
            "value": _value(item),
            "unit": item.get("unit") if item.get("attribute") == "price" else None,
            "strength": "prefer" if inferred or item.get("strength") == "prefer" else "must",
            "source": source,
        }
    )


def _value(item: Mapping[str, Any]) -> str | float:
    value = item.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ReadingError("a value is words or a number")
    if item.get("attribute") not in NUMERIC:
        words = str(value).strip()
        if not words:
            raise ReadingError("the value is empty")
        return words
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise ReadingError(f"{item['attribute']} takes a number") from error
    if not math.isfinite(number) or number < 0:
        raise ReadingError(f"{item['attribute']} takes a number from 0 up")
    return number


def _source(item: Mapping[str, Any], conversation: Conversation) -> Source | None:
    """Where a constraint comes from; `None` where the answer does not say. Raises for what nobody said or did."""
    if "quote" not in item and "event" not in item:
        return None
    if "quote" not in item:
        if not _is_index(item["event"], len(conversation.events)):
            raise ReadingError(f"there is no event {item['event']!r}")
        return Source(event=item["event"])
    if not isinstance(item["quote"], str):
        raise ReadingError("a quote is words")
    stated = item.get("message", len(conversation.messages) - 1)
    shoppers = [i for i, m in enumerate(conversation.messages) if m.role == "user"]
    for i in sorted(shoppers, key=lambda i: (i != stated, -i)):
        if (quote := find_quote(item["quote"], conversation.messages[i].content)) is not None:
            return Source(message=i, quote=quote)
    raise ReadingError("nobody said what it quotes")
