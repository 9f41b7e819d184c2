"""In which order several requests of one customer are carried out."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.service.requests import Request

CLOSING = {"change_items": 1, "cancel_order": 2, "return_items": 2, "exchange_items": 2}
"""Actions after which an order can no longer be changed: those that leave the least to do come last."""


def in_order(requests: Sequence[Request]) -> tuple[Request, ...]:
    """The requests in the order in which they were made, but of those about one order, the ones that close it to
    others after those. Requests about other orders keep their places."""
    places: dict[str, list[int]] = {}
    for place, request in enumerate(requests):
        if (order_id := getattr(request, "order_id", None)) is not None:
            places.setdefault(order_id, []).append(place)
    ordered = list(requests)
    for own in places.values():
        sorted_own = sorted((requests[place] for place in own), key=lambda request: CLOSING.get(request.name, 0))
        for place, request in zip(own, sorted_own, strict=True):
            ordered[place] = request
    return tuple(ordered)
