"""Records as JSON for a client: FORMATS.md's layout, without what is for staff only."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, JsonValue

from assistant.store import StoredSession
from retrieval.product import Product

NULLABLE = frozenset({"question", "product", "constraint"})
PRIVATE = frozenset({"intent", "purchase_probability", "why", "agent", "handovers"})


def as_json(record: BaseModel, staff: bool = True) -> dict[str, Any]:
    """A record as FORMATS.md writes it: absent fields left out, `null` only where it has a meaning there. Without
    `staff`, purchase intent, the policy's reasons and who the agents are is left out at any depth."""
    data: dict[str, Any] = _clean(record.model_dump(mode="json"), frozenset() if staff else PRIVATE)
    return data


def _clean(value: JsonValue, hidden: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_clean(item, hidden) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {k: v for k, v in value.items() if k not in hidden and (v is not None or k in NULLABLE)}
    return {k: _clean(v, hidden) for k, v in kept.items()}


def session_json(session: StoredSession, staff: bool) -> dict[str, Any]:
    """The session as `SessionView` describes it."""
    data = as_json(session, staff)
    del data["states"]
    data["state"] = as_json(session.state, staff)
    data["picks"] = [as_json(pick, staff) for pick in session.picks]
    data["relaxed"] = [as_json(constraint, staff) for constraint in session.relaxed]
    data["holder"] = "assistant" if session.holder is None else "agent"
    data["basket"] = [{"product_id": id, "quantity": quantity} for id, quantity in session.basket.items()]
    data["can_undo"] = bool(session.undoable)
    return data


def product_json(product: Product) -> dict[str, Any]:
    """The product's record, and `picture`, where its image is: its own one, or the one drawn here."""
    return {**product.record(), "picture": picture_url(product)}


def picture_url(product: Product) -> str:
    """The shop's own image where the record links one on the web, else the drawn one."""
    link = product.image_link
    if link and urlsplit(link).scheme in ("http", "https"):
        return link
    return f"/pictures/{quote(product.id, safe='')}.svg"
