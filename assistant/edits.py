"""Changes made by hand in the need card, put as readings so that they go through the same door as words."""

from __future__ import annotations

import math

from pydantic import ValidationError

from assistant.errors import InvalidInput
from assistant.records import Added, Constraint, Edit, Named, Need, Reading, Ref, State

NUMERIC = ("price", "rating", "quantity")


def reading_of(edit: Edit, state: State) -> Reading:
    """The reading that makes this change to `state`. Raises `InvalidInput` where it fits nothing in the state.

    Acts and stage stay as the last message left them. `undo` is no change of its own: the session keeps the past.
    """
    base = Reading(active=_active(state), acts=state.acts, stage=state.stage)
    if edit.action == "add":
        return _add(edit, state, base)
    need = _need(edit, state)
    if edit.action == "close":
        return base.model_copy(update={"closed": (edit.need,), "active": _unless(base.active, edit.need)})
    if edit.action == "activate":
        return base.model_copy(update={"active": edit.need})
    if edit.action == "rename":
        return base.model_copy(update={"named": (Named(need=edit.need, product=_words(edit.product)),)})
    constraint = _constraint(edit, need)
    ref = Ref(need=edit.need, constraint=edit.constraint or 0)
    if edit.action == "remove":
        return base.model_copy(update={"dropped": (ref,)})
    if edit.action == "strength":
        return base.model_copy(update=_strength(edit, constraint, ref))
    if edit.action == "replace":
        changed = _changed(constraint, edit)
        return base.model_copy(update={"dropped": (ref,), "added": (Added(need=edit.need, constraint=changed),)})
    raise InvalidInput(f"The action {edit.action!r} makes no change of its own here.")


def _active(state: State) -> int | None:
    return next((i for i, need in enumerate(state.needs) if need.active), None)


def _unless(index: int | None, closed: int) -> int | None:
    return None if index == closed else index


def _need(edit: Edit, state: State) -> Need:
    if edit.need >= len(state.needs):
        raise InvalidInput(f"There is no need {edit.need}: the state has {len(state.needs)}, counted from 0.")
    return state.needs[edit.need]


def _constraint(edit: Edit, need: Need) -> Constraint:
    if edit.constraint is None or edit.constraint >= len(need.constraints):
        raise InvalidInput(
            f"`constraint` is {edit.constraint}: need {edit.need} has {len(need.constraints)}, counted from 0."
        )
    return need.constraints[edit.constraint]


def _add(edit: Edit, state: State, base: Reading) -> Reading:
    """A constraint for a need, or, past the needs held, a new need with or without one."""
    new = edit.need >= len(state.needs)
    named = (Named(need=len(state.needs), product=_words(edit.product)),) if new else ()
    need = len(state.needs) if new else edit.need
    if edit.attribute is None and edit.value is None and new:
        return base.model_copy(update={"named": named, "active": need})
    added = Added(need=need, constraint=_changed(None, edit))
    return base.model_copy(update={"named": named, "added": (added,), "active": need})


def _strength(edit: Edit, constraint: Constraint, ref: Ref) -> dict[str, tuple[Ref, ...]]:
    wanted = edit.strength or ("prefer" if constraint.strength == "must" else "must")
    return {"softened" if wanted == "prefer" else "hardened": (ref,)}


def _changed(constraint: Constraint | None, edit: Edit) -> Constraint:
    """The constraint with the edit's values in it: certain and without a quote, since a person set it by hand."""
    before = constraint.model_dump() if constraint else {"op": "is", "strength": "must"}
    asked = {name: getattr(edit, name) for name in ("attribute", "op", "value", "unit", "strength")}
    after = before | {name: value for name, value in asked.items() if value is not None}
    after |= {"confidence": 1.0, "source": None}
    if after.get("attribute") in NUMERIC:
        after["value"] = _number(after.get("value"), after["attribute"])
    elif isinstance(after.get("value"), str):
        after["value"] = after["value"].strip().lower()
    if after.get("value") in (None, ""):
        raise InvalidInput("A constraint needs a value.")
    try:
        return Constraint.model_validate(after)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}.") from error


def _number(value: object, attribute: str) -> float:
    try:
        number = float(str(value).replace(",", ""))
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise InvalidInput(f"`{attribute}` needs a number, found {str(value)[:40]!r}.")
    return number


def _words(product: str | None) -> str | None:
    return (product or "").strip().lower() or None
