"""The next actions for a customer: what they asked for, as forms filled from their own records and checked.

Nothing is done here. A complete form is a `Request` for the service desk, which checks it again, and which carries it
out only once somebody confirms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from assistant.copilot.clauses import Hear, clauses
from assistant.copilot.forms import FILLERS, Form
from assistant.copilot.meant import Case
from assistant.copilot.mentions import orders_named
from assistant.copilot.pieces import pieces_named, without_names
from assistant.copilot.wishes import Turn, Wish, wishes
from assistant.errors import InvalidInput
from assistant.reasons import Encode
from assistant.records import Record
from assistant.service.desk import ServiceDesk
from assistant.service.records import Customer, Order
from assistant.service.requests import ActionName, Refusal, Request, parse_request

PIECES = ("item_ids", "changes")
"""The fields of forms that list pieces."""
SAID_LATER = frozenset({"reason"})
"""What is missing where the customer has only to say it: nothing speaks against doing it."""


class ProposedAction(Record):
    """One action with its form as far as it could be filled. `request` is the form where it is complete, `missing` what
    the customer has still to say, `refusal` why the policy does not allow it; `said` is what they said
    of it last."""

    name: ActionName
    arguments: dict[str, Any] = Field(default_factory=dict)
    request: Request | None = None
    missing: tuple[str, ...] = ()
    why: str
    said: str = ""
    refusal: Refusal | None = None

    @property
    def possible(self) -> bool:
        """Whether it can be done as it was said, perhaps once something more is said."""
        return self.refusal is None and set(self.missing) <= SAID_LATER


Key = tuple[ActionName, str]


def next_actions(
    desk: ServiceDesk, customer: Customer, turns: Sequence[Turn], encode: Encode, hear: Hear
) -> list[ProposedAction]:
    """What the customer's messages ask for, in their order; forms for one action on one order are one.

    `turns` are the customer's messages with the acts that the reader read in them, `hear` tells what a clause asks for.
    What they want only if something else cannot be done takes the place of that, where it cannot."""
    orders = desk.orders(customer.id)
    values = _values(desk, orders)
    said = clauses([turn.text for turn in turns], hear, lambda text: without_names(text, orders, values))
    case = Case(desk, customer, orders, encode, tuple(turns), said)
    forms: dict[Key, tuple[Form, Wish]] = {}
    before: dict[Key, tuple[Form, Wish]] = {}
    said_last: dict[Key, str] = {}
    done = True
    for wish in wishes(turns, said, lambda text: _own_named(case, text)):
        if wish.instead_of is not None and done:
            continue
        own = {(name, str(form.get("order_id", ""))): (form, wish) for name, form in FILLERS[wish.ask](case, wish)}
        if wish.ask == "withdraw" or (wish.instead_of is not None and own):
            forms = {key: value for key, value in forms.items() if key not in before}
        possible = [_checked(case, key[0], *value).possible for key, value in own.items()]
        done = wish.ask == "withdraw" or (bool(possible) and all(possible))
        before = {key: value for key, value in own.items() if key not in forms}
        for key, (form, _) in own.items():
            known = forms.get(key)
            forms[key] = (_merged(known[0], form), known[1]) if known is not None else (form, wish)
            said_last[key] = wish.text
    return [action.model_copy(update={"said": said_last[key]})
            for key, (form, wish) in forms.items() for action in _piecewise(case, key[0], form, wish)]  # fmt: skip


def _piecewise(case: Case, name: ActionName, form: Form, wish: Wish) -> Iterator[ProposedAction]:
    """The form as it is checked; of one that is refused for some of its pieces only, those that may be, and the others.
    """
    whole = _checked(case, name, form, wish)
    field = next((field for field in PIECES if len(form.get(field) or ()) > 1), None)
    if whole.refusal is None or field is None:
        yield whole
        return
    allowed: list[Any] = []
    refused: list[Any] = []
    for piece in form[field]:
        alone = _checked(case, name, form | {field: [piece]}, wish)
        (allowed if alone.refusal is None else refused).append(piece)
    parts = [_checked(case, name, form | {field: part}, wish) for part in (allowed, refused) if part]
    yield from parts if allowed and parts[0].refusal is None else [whole]


def _values(desk: ServiceDesk, orders: Sequence[Order]) -> frozenset[str]:
    """The values of all options of what is in the orders."""
    products = (desk.product(id) for id in dict.fromkeys(item.product_id for order in orders for item in order.items))
    return frozenset(value for product in products if product is not None for variant in product.variants
                     for value in variant.options.values())  # fmt: skip


def _own_named(case: Case, text: str) -> frozenset[str]:
    """The numbers of the customer's orders and the names of pieces in them that the text holds."""
    pieces = pieces_named(text, case.orders)
    return frozenset((*(order.id for order in orders_named(text, case.orders)), *(piece.item.name for piece in pieces)))


def _checked(case: Case, name: ActionName, form: Form, wish: Wish) -> ProposedAction:
    """The form as a request that the desk would take, or what is missing in it, or why it would not. Of several means
    of payment that the customer would take, it is the first that the policy accepts."""
    choices = form.get("payment_method_id")
    if not isinstance(choices, tuple):
        return _checked_one(case, name, form, wish)
    tried = [_checked_one(case, name, form | {"payment_method_id": choice}, wish) for choice in choices or (None,)]
    return next((action for action in tried if action.refusal is None), tried[0])


def _checked_one(case: Case, name: ActionName, form: Form, wish: Wish) -> ProposedAction:
    open_changes = [change for change in form.get("changes") or () if change["new_item_id"] is None]
    if open_changes:
        form = form | {"changes": [change for change in form["changes"] if change not in open_changes]}
    why = f"the customer said “{wish.text[:160]}”"
    missing = tuple(field for field, value in form.items()
                    if value is None or value == [] or (field == "changes" and open_changes))  # fmt: skip
    if missing:
        refusal = _whatever_reason(case, name, form) if set(missing) <= SAID_LATER else None
        return ProposedAction(name=name, arguments=form, missing=missing, why=why, refusal=refusal)
    try:
        request = parse_request({"name": name, **form})
    except InvalidInput as error:
        return ProposedAction(name=name, arguments=form, missing=("a form that the desk takes",),
                              why=f"{why}; {error}")
    refusal = case.desk.check(case.customer.id, request)
    return ProposedAction(name=name, arguments=form, request=request, why=why, refusal=refusal)


def _whatever_reason(case: Case, name: ActionName, form: Form) -> Refusal | None:
    """Why a form that lacks only its reason would be refused for any that is accepted: then none need be asked for."""
    request = parse_request({"name": name, **form, "reason": next(iter(case.reasons), "not said")})
    return case.desk.check(case.customer.id, request)


def _merged(form: Form, more: Form) -> Form:
    """Two forms for one action on one order: lists are joined, and the later word counts for the rest."""
    merged = dict(form)
    for field, value in more.items():
        before = merged.get(field)
        if isinstance(before, list) and isinstance(value, list):
            merged[field] = _joined(before, value)
        elif value is not None:
            merged[field] = value
    return merged


def _joined(before: list[Any], more: list[Any]) -> list[Any]:
    """Two lists of pieces or changes without what stands twice; of a piece, a known variant in place of an open one."""
    every = before + [item for item in more if item not in before]
    known = {item["item_id"] for item in every if isinstance(item, dict) and item["new_item_id"] is not None}
    return [item for item in every if not (isinstance(item, dict) and item["new_item_id"] is None
                                           and item["item_id"] in known)]  # fmt: skip
