"""Which pieces and orders of a customer's a wish is about, by its own words and by what was spoken of before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.copilot.clauses import Clause
from assistant.copilot.mentions import orders_named
from assistant.copilot.options import SAME_AS
from assistant.copilot.pieces import EVERYTHING, Piece, narrowed, pieces_named
from assistant.copilot.wishes import Turn, Wish
from assistant.reasons import Encode
from assistant.service.desk import ServiceDesk
from assistant.service.records import DELIVERED, PENDING, Customer, Order
from retrieval.text import singulars

THAT_ORDER = re.compile(r"\b(?:that|this|the same|same) (?:\w+ )?order\b", re.IGNORECASE)
ARRIVED = re.compile(r"\b(?:received|arrived|delivered|got|bought)\b", re.IGNORECASE)
ORDERED = re.compile(r"\b(?:pending|just (?:ordered|placed|bought)|not (?:yet )?(?:shipped|arrived))\b", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """A customer at the desk: their records, and what helps to fill a form for them."""

    desk: ServiceDesk
    customer: Customer
    orders: tuple[Order, ...]
    encode: Encode
    turns: tuple[Turn, ...]
    clauses: tuple[Clause, ...]

    @property
    def said(self) -> str:
        """All that they said."""
        return "\n".join(turn.text for turn in self.turns)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons for which the policy lets an order be cancelled; empty where any will do."""
        rules = [rule for rule in self.desk.policy.rules if rule.kind == "reason" and "cancel_order" in rule.actions]
        return tuple(reason for rule in rules for reason in rule.reasons)

    def with_status(self, status: str) -> tuple[Order, ...]:
        """Their orders of this status."""
        return tuple(order for order in self.orders if order.status == status)


def pieces_meant(case: Case, wish: Wish, status: str, *, swap: bool) -> tuple[Piece, ...] | None:
    """The pieces that the wish names, in the orders that it names, or in all of this status; where it names none,
    those spoken of last. `None` where one is meant and it is not said which."""
    orders = _orders(case, wish, status)
    if not orders:
        return ()
    pieces = (pieces_of(case, wish.text, orders) if swap else ()) or pieces_of(case, wish.said, orders)
    if not pieces and orders_named(wish.said, case.orders) and not swap:
        return ()
    if not pieces and wish.instead_of is not None:
        return pieces_meant(case, wish.instead_of, status, swap=swap)
    pieces = pieces or pieces_before(case, wish, status)
    return narrowed(_together(pieces), wish.said, swap=swap) if pieces else ()


def pieces_of(case: Case, text: str, orders: Sequence[Order]) -> tuple[Piece, ...]:
    """The pieces of these orders that the text names, told from those of all their orders where it can be."""
    ids = {order.id for order in orders}
    found = pieces_named(text, case.orders)
    return tuple(piece for piece in found if piece.order.id in ids) if found else pieces_named(text, orders)


def pieces_before(case: Case, wish: Wish, status: str) -> tuple[Piece, ...]:
    """The pieces of this status that were named last before, in the orders that were numbered with them."""
    for text in wish.earlier:
        numbered = orders_named(text, case.orders)
        orders = tuple(order for order in numbered or case.orders if order.status == status)
        if numbered and not orders:
            return ()
        if not everything(text) and (pieces := pieces_of(case, text, orders)):
            return pieces
    return ()


def by_order(pieces: Sequence[Piece]) -> Iterator[tuple[Order, list[Piece]]]:
    for order in dict.fromkeys(piece.order.id for piece in pieces):
        own = [piece for piece in pieces if piece.order.id == order]
        yield own[0].order, own


def everything(text: str) -> bool:
    return bool(EVERYTHING & set(singulars(text)))


def arrived(wish: Wish) -> bool:
    """Whether a swap is of what has arrived already, as far as the words tell."""
    said = [SAME_AS.split(text)[0] for text in (wish.said, *wish.earlier[:1])]
    return bool(ARRIVED.search(said[0]) or (not ORDERED.search(said[0]) and ARRIVED.search(said[-1])))


# --- parts -------------------------------------------------------------------------------------------------------


def _orders(case: Case, wish: Wish, status: str) -> list[Order]:
    """The orders of this status that the wish is about: those that it numbers, that it calls the same as before, or
    all."""
    named = orders_named(wish.said, case.orders)
    if not named and THAT_ORDER.search(wish.text):
        named = tuple(piece.order for of in (PENDING, DELIVERED) for piece in _before(case, wish, of))
    chosen = {order.id for order in named} or {order.id for order in case.orders}
    return [order for order in case.orders if order.id in chosen and order.status == status]


def _before(case: Case, wish: Wish, status: str) -> tuple[Piece, ...]:
    """The pieces of this status that the wish before was about, or that were named last."""
    instead = wish.instead_of
    pieces = pieces_meant(case, instead, status, swap=instead.ask == "swap") if instead is not None else ()
    return pieces or pieces_before(case, wish, status)


def _together(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Of pieces of several names, those in the orders that hold one of each, where there are any."""
    names = {piece.item.name for piece in pieces}
    held = {order.id: {piece.item.name for piece in own} for order, own in by_order(pieces)}
    whole = {order_id for order_id, own in held.items() if own == names}
    if len(names) < 2 or not whole or any(piece.several for piece in pieces):
        return tuple(pieces)
    return tuple(piece for piece in pieces if piece.order.id in whole)
