"""What a click or a form on the page does: each action turns the page's view into the next one.

An action is named by `data-act` in a template; its other `data-` attributes and form fields are the arguments.
They come from a browser, so each is checked before use. None may be called `path`: Gradio takes that for a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from assistant.errors import InvalidInput
from assistant.records import Edit, Event, Item
from assistant.web import words
from assistant.web.points import Moved, number, place
from assistant.web.view import MOST_COMPARED, Browsing, Editing, Panel, View
from retrieval.catalogue import levels
from retrieval.product import Product

if TYPE_CHECKING:
    from assistant.assistant import Assistant

Arguments = Mapping[str, str]
Action = Callable[["Assistant", View, Arguments], View]
MOST_OF_ONE = 99


def act(assistant: Assistant, view: View, name: str, arguments: Arguments) -> View:
    """The view after the action `name`; what it does to the session is done. Raises `ShopkeeperError`."""
    action = ACTIONS.get(name)
    if action is None:
        raise InvalidInput(f"No action {name[:40]!r}: reload the page.")
    return action(assistant, replace(view, notice="", problem="", actions=view.actions + 1), arguments)


# --- products and basket ----------------------------------------------------------------------------------------


def _open(assistant: Assistant, view: View, arguments: Arguments) -> View:
    product = assistant.product(arguments.get("id", ""))
    assistant.record_events(view.session_id, [_event("view_item", product)])
    return replace(view, product=product.id, comparing=False)


def _close(assistant: Assistant, view: View, arguments: Arguments) -> View:
    return replace(view, product=None, comparing=False)


def _add(assistant: Assistant, view: View, arguments: Arguments) -> View:
    product = assistant.product(arguments.get("id", ""))
    held = assistant.session(view.session_id).basket.get(product.id, 0)
    assistant.basket(view.session_id, product.id, min(held + 1, MOST_OF_ONE))
    return replace(view, notice=f"{product.title} is in your basket.")


def _quantity(assistant: Assistant, view: View, arguments: Arguments) -> View:
    quantity = number(arguments, "quantity")
    assistant.basket(view.session_id, arguments.get("id", ""), min(quantity or 0, MOST_OF_ONE))
    return view


def _choose(assistant: Assistant, view: View, arguments: Arguments) -> View:
    product = assistant.product(arguments.get("id", ""))
    if product.id in view.compared:
        return replace(view, compared=tuple(i for i in view.compared if i != product.id))
    if len(view.compared) == MOST_COMPARED:
        return replace(view, notice=f"{MOST_COMPARED} products can be compared at once. Leave one out first.")
    return replace(view, compared=(*view.compared, product.id))


def _compare(assistant: Assistant, view: View, arguments: Arguments) -> View:
    assistant.compare(view.compared)
    return replace(view, comparing=True, product=None)


def _clear(assistant: Assistant, view: View, arguments: Arguments) -> View:
    return replace(view, compared=(), comparing=False)


# --- chat and need card -----------------------------------------------------------------------------------------


def _thumb(assistant: Assistant, view: View, arguments: Arguments) -> View:
    index = number(arguments, "index")
    if index is None:
        raise InvalidInput("Feedback needs a message: reload the page.")
    assistant.feedback(view.session_id, index, "up" if arguments.get("value") == "up" else "down")
    return view


def _panel(assistant: Assistant, view: View, arguments: Arguments) -> View:
    named = {panel for panel in get_args(Panel) if panel == arguments.get("name")}
    return replace(view, open_panels=view.open_panels ^ named)


def _edit(assistant: Assistant, view: View, arguments: Arguments) -> View:
    try:
        editing = Editing(*place(assistant.session(view.session_id).state, arguments))
    except Moved as moved:
        return replace(view, editing=None, notice=str(moved))
    if arguments.get("what") == "add":
        editing = replace(editing, what="add")
    elif arguments.get("what") == "rename":
        editing = replace(editing, what="rename")
    return replace(view, editing=editing)


def _cancel(assistant: Assistant, view: View, arguments: Arguments) -> View:
    return replace(view, editing=None)


def _editor(action: str) -> Action:
    """The action that makes an `Edit` of this kind from its arguments."""

    def change(assistant: Assistant, view: View, arguments: Arguments) -> View:
        given = Edit.model_fields.keys() - {"action", "need", "constraint"}
        wanted: dict[str, Any] = {k: arguments[k] for k in given if arguments.get(k, "") != ""}
        state = assistant.session(view.session_id).state
        try:
            if action != "undo":
                wanted["need"], wanted["constraint"] = place(state, arguments)
            edit = Edit.model_validate({**wanted, "action": action})
        except Moved as moved:
            return replace(view, editing=None, notice=str(moved))
        except ValidationError as error:
            raise InvalidInput(f"This change was not understood: {error.errors()[0]['msg']}.") from error
        _check_comparison(edit)
        assistant.edit(view.session_id, edit)
        return replace(view, editing=None)

    return change


def _check_comparison(edit: Edit) -> None:
    if edit.action != "add" or edit.attribute is None or edit.op is None:
        return
    ways = dict(words.operators(edit.attribute))
    if edit.op not in ways:
        name, way = words.attribute_name(edit.attribute), words.OPERATORS.get(edit.op, edit.op)
        others = " or ".join(f"“{other}”" for other in ways.values())
        raise InvalidInput(f"“{way}” does not go with “{name}”: choose {others}.")


# --- catalogue --------------------------------------------------------------------------------------------------


def _browse(assistant: Assistant, view: View, arguments: Arguments) -> View:
    return replace(view, browsing=Browsing(path=tuple(levels(arguments.get("category", "")))))


def _search(assistant: Assistant, view: View, arguments: Arguments) -> View:
    query = arguments.get("query", "").strip()[:200]
    if query:
        event = Event(event_name="search", timestamp=_now(), search_term=query)
        assistant.record_events(view.session_id, [event])
    return replace(view, browsing=Browsing(query=query))


def _page(assistant: Assistant, view: View, arguments: Arguments) -> View:
    return replace(view, browsing=replace(view.browsing, page=max(1, number(arguments, "page") or 1)))


ACTIONS: dict[str, Action] = {
    "open": _open, "close": _close, "add": _add, "quantity": _quantity,
    "choose": _choose, "compare": _compare, "clear": _clear,
    "thumb": _thumb, "panel": _panel, "edit": _edit, "cancel": _cancel,
    "remove": _editor("remove"), "replace": _editor("replace"), "strength": _editor("strength"),
    "add-constraint": _editor("add"), "rename": _editor("rename"), "drop-need": _editor("close"),
    "activate": _editor("activate"), "undo": _editor("undo"),
    "browse": _browse, "search": _search, "page": _page,
}  # fmt: skip
IN_CATALOGUE = frozenset({"browse", "search", "page"})


def _event(name: str, product: Product) -> Event:
    item = Item(
        item_id=product.id,
        item_name=product.title,
        item_brand=product.brand[0] if product.brand else None,
        item_category=product.product_type or None,
        price=product.amount,
    )
    return Event.model_validate({"event_name": name, "timestamp": _now(), "items": (item,)})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
