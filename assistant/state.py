"""The state of a conversation: pure functions from a state and what changed to the next state."""

from __future__ import annotations

from assistant.records import Constraint, Need, Reading, State


def update(state: State, reading: Reading) -> State:
    """The state after a message, from the state before it and what the reader reports.

    Indices past what the state holds are ignored rather than trusted; a constraint that is said again replaces
    the one with the same attribute, operator and value.
    """
    dropped = {(r.need, r.constraint) for r in reading.dropped}
    strength = {(r.need, r.constraint): "prefer" for r in reading.softened}
    strength |= {(r.need, r.constraint): "must" for r in reading.hardened}
    products: dict[int, str | None] = {i: need.product for i, need in enumerate(state.needs)}
    constraints: dict[int, list[Constraint]] = {
        i: [
            c.model_copy(update={"strength": strength[i, j]}) if (i, j) in strength else c
            for j, c in enumerate(need.constraints)
            if (i, j) not in dropped
        ]
        for i, need in enumerate(state.needs)
    }
    for named in reading.named:
        products[named.need] = named.product
        constraints.setdefault(named.need, [])
    for added in reading.added:
        if added.need not in constraints:
            continue
        kept = [c for c in constraints[added.need] if not _same(c, added.constraint)]
        constraints[added.need] = [*kept, added.constraint]
    closed = set(reading.closed)
    needs = tuple(
        Need(product=products[i], active=i == reading.active, constraints=tuple(constraints[i]))
        for i in sorted(products)
        if i not in closed
    )
    return State(needs=needs, acts=reading.acts, stage=reading.stage)


def resumed(state: State, before: State) -> State:
    """The state with the last need still open as the active one, where the message let another go and left none."""
    let_go = len(state.needs) < len(before.needs) and bool({"refine_need", "reject"} & set(state.acts))
    if not let_go or not state.needs or state.active is not None:
        return state
    last = state.needs[-1].model_copy(update={"active": True})
    return state.model_copy(update={"needs": (*state.needs[:-1], last)})


def _same(a: Constraint, b: Constraint) -> bool:
    return (a.attribute, a.op, a.value) == (b.attribute, b.op, b.value)
