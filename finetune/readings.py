"""From two labels to what a reader reports: the change that one shopper message made to the state.

Needs of the two states are paired in order; a pair is the same need, called the same or sharing constraints. What is
left over on one side was closed, on the other was opened. `assistant.state.update` applied to the result gives the
second state again, up to the order of constraints and the words they come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from assistant.records import Added, Constraint, Conversation, Named, Need, Reading, Ref, State

Key = tuple[str, str, str | float, str | None]
SAME_NAME = 100.0
NEW_NAME = 0.5
"""Pairing scores: the same name wins over any number of shared constraints; a need that gets a name, or another name
with a word in common, is the same one even where they share none."""


def derive(before: State, after: State, conversation: Conversation) -> Reading:
    """What the last message of `conversation` changed, as the reading that leads from `before` to `after`.

    `after` is the label of `conversation`, `before` the label of the prefix that ends with the shopper's message before
    it (`State()` for the first one). A must that became a wish is `softened`; a wish that became a must is `hardened`,
    unless it came from behaviour: then the shopper's words replace it. A changed value is dropped and added.
    """
    pairs = _pair(before.needs, after.needs, conversation)
    target = {j: i for i, j in pairs}
    opened = [j for j in range(len(after.needs)) if j not in target]
    target |= {j: len(before.needs) + k for k, j in enumerate(opened)}
    renamed = [(i, j) for i, j in pairs if before.needs[i].product != after.needs[j].product]
    named = [Named(need=i, product=after.needs[j].product) for i, j in renamed]
    named += [Named(need=target[j], product=after.needs[j].product) for j in opened]
    dropped: list[Ref] = []
    softened: list[Ref] = []
    hardened: list[Ref] = []
    added: list[Added] = []
    for j, need in enumerate(after.needs):
        held = before.needs[target[j]].constraints if target[j] < len(before.needs) else ()
        change = _changes(held, need.constraints)
        dropped += [Ref(need=target[j], constraint=c) for c in change.dropped]
        softened += [Ref(need=target[j], constraint=c) for c in change.softened]
        hardened += [Ref(need=target[j], constraint=c) for c in change.hardened]
        added += [Added(need=target[j], constraint=c) for c in change.added]
    kept = {i for i, _ in pairs}
    return Reading(
        closed=tuple(i for i in range(len(before.needs)) if i not in kept),
        named=tuple(named),
        dropped=tuple(dropped),
        softened=tuple(softened),
        hardened=tuple(hardened),
        added=tuple(added),
        active=next((target[j] for j, need in enumerate(after.needs) if need.active), None),
        acts=after.acts,
        stage=after.stage,
    )


def readings(chain: Sequence[Conversation]) -> Iterator[tuple[State, Conversation, Reading]]:
    """For each prefix of one conversation, in order: the state before its last message, itself, and what changed.

    A first message is read from an empty state. A prefix is left out where the one before it is missing from the
    chain, or where either label lacks `needs`: what changed cannot be known there.
    """
    previous: Conversation | None = None
    for conversation in chain:
        before = _state_before(conversation, previous)
        if before is not None and _complete(conversation):
            yield before, conversation, derive(before, State.model_validate(conversation.label), conversation)
        previous = conversation


def _state_before(conversation: Conversation, previous: Conversation | None) -> State | None:
    turns = sum(message.role == "user" for message in conversation.messages)
    if turns == 1:
        return State()
    if previous is None or not _complete(previous):
        return None
    if turns != sum(message.role == "user" for message in previous.messages) + 1:
        return None
    return State.model_validate(previous.label)


def _complete(conversation: Conversation) -> bool:
    return conversation.label is not None and "needs" in conversation.label


class _Changes(NamedTuple):
    dropped: list[int]
    softened: list[int]
    hardened: list[int]
    added: list[Constraint]


def _changes(held: Sequence[Constraint], wanted: Sequence[Constraint]) -> _Changes:
    places = {_key(constraint): place for place, constraint in enumerate(held)}
    changes = _Changes([], [], [], [])
    kept: set[int] = set()
    for constraint in wanted:
        place = places.get(_key(constraint))
        if place is None or place in kept or _said_anew(held[place], constraint):
            changes.added.append(constraint)
            continue
        kept.add(place)
        if held[place].strength != constraint.strength:
            (changes.softened if constraint.strength == "prefer" else changes.hardened).append(place)
    changes.dropped.extend(place for place in range(len(held)) if place not in kept)
    return changes


def _said_anew(held: Constraint, wanted: Constraint) -> bool:
    """Whether the shopper put into words what had been inferred from behaviour."""
    inferred = held.source is not None and held.source.event is not None
    return inferred and wanted.source is not None and wanted.source.message is not None


def _key(constraint: Constraint) -> Key:
    return constraint.attribute, constraint.op, constraint.value, constraint.unit


def _pair(before: Sequence[Need], after: Sequence[Need], conversation: Conversation) -> list[tuple[int, int]]:
    """The pairing of needs with the highest score that keeps both in order, as in aligning two strings."""
    last = len(conversation.messages) - 1
    scores = [[_likeness(held, need, last) for need in after] for held in before]
    best: list[list[tuple[float, list[tuple[int, int]]]]] = [[(0.0, [])] * (len(after) + 1)]
    for i in range(len(before)):
        row: list[tuple[float, list[tuple[int, int]]]] = [(0.0, [])]
        for j in range(len(after)):
            score, pairs = best[i][j]
            options = [best[i][j + 1], row[j]]
            if scores[i][j] > 0:
                options.append((score + scores[i][j], [*pairs, (i, j)]))
            row.append(max(options, key=lambda option: option[0]))
        best.append(row)
    return best[-1][-1][1]


def _likeness(held: Need, need: Need, last: int) -> float:
    """How surely two needs are the same one; 0 for not at all. Only constraints older than message `last` tell."""
    if held.product == need.product:
        return SAME_NAME + len(_shared(held, need, last))
    shared = len(_shared(held, need, last))
    names = set((held.product or "").lower().split()) & set((need.product or "").lower().split())
    renamed = held.product is None or need.product is None or bool(names)
    return shared + (NEW_NAME if renamed else 0.0)


def _shared(held: Need, need: Need, last: int) -> set[Key]:
    older = {_key(c) for c in need.constraints if c.source is None or c.source.message != last}
    return older & {_key(c) for c in held.constraints}
