"""What a customer gives for a form: the variant that they want, a reason, an address, a means of payment."""

from __future__ import annotations

import re

from assistant.copilot.clauses import ACTIONS
from assistant.copilot.meant import Case
from assistant.copilot.mentions import address_named, likeness, methods_named, written
from assistant.copilot.options import SAME_AS, says_something
from assistant.copilot.pieces import Piece, pieces_named
from assistant.copilot.variants import variant_named
from assistant.copilot.wishes import SAID, Wish, nearest
from assistant.service.records import Address, Order, Product, Variant
from assistant.shop import EMAIL

LONGEST_REASON = 500
UNTOLD = "asked for by the customer"
"""The reason where any will do and none was given."""
FEWEST_WORDS = 3
PLAINLY = 0.6
"""The cosine from which a clause that asks for something else gives a reason as well."""
SENT = re.compile(r"\b(?:sent|shipped|delivered|ordered|bought)\b", re.IGNORECASE)
BECAUSE = re.compile(r"\b(?:because|since|as|due to|for)\b(?P<why>.+)$", re.IGNORECASE | re.DOTALL)
REFUND = re.compile(r"\b(?:refund|money|back|credited?)\b", re.IGNORECASE)


def variant_meant(case: Case, wish: Wish, piece: Piece) -> Variant | None:
    """The variant that is wanted for a piece: by what the wish says of it, or else what an earlier one did."""
    product = case.desk.product(piece.item.product_id)
    if product is None:
        return None
    if (like := _as_another(case, wish, piece, product)) is not None:
        return like
    own = piece.words if piece.words in wish.text else wish.text
    onwards = wish.text[wish.text.find(own) :]
    details = [text for text in wish.details if piece.item.name in _names(case, text) or not _names(case, text)]
    first = wish.instead_of.text if wish.instead_of is not None else ""
    for words in (own, onwards, *((first,) if own != first else ()), *wish.earlier):
        said = ". ".join((f"{piece.before} {words}", *details))
        if says_something(said, piece.item, product):
            return variant_named(said, piece.item, product, wish.otherwise)
    return variant_named("", piece.item, product, wish.otherwise)


def reason_given(case: Case, wish: Wish) -> str | None:
    """The accepted reason that the wish gives, or else anything that asks for nothing by itself."""
    why = BECAUSE.search(wish.said)
    own = [*([why["why"]] if why is not None else []), *re.split(r"[,;:]", wish.said)[1:]]
    if not case.reasons:
        told = (EMAIL.sub("", text).strip(" .!") for text in own)
        return next((text for text in told if len(text.split()) >= FEWEST_WORDS), UNTOLD)[:LONGEST_REASON]
    others = [*wish.details, *(clause.text for clause in case.clauses if clause.heard.ask not in ACTIONS)]
    asked = [clause.text for clause in case.clauses if clause.heard.ask in ACTIONS - {"cancel"}]
    for texts, least in (([wish.said, *own], SAID), ([case.said, *others], SAID), (["", *asked], PLAINLY)):
        said = " ".join(texts).lower()
        if (quoted := next((reason for reason in case.reasons if reason.lower() in said), None)) is not None:
            return quoted
        if (like := nearest(texts[1:], case.reasons, case.encode, least)) is not None:
            return like
    return None


def address_meant(case: Case, wish: Wish) -> Address | None:
    """The address that the wish names, or that was named last before: by itself, or as where something was sent; else
    one that is written out anywhere."""
    for text in (wish.text, *wish.details, *wish.earlier):
        default = wish.ask != "profile_address"
        if (found := address_named(text, case.customer, case.orders, default=default)) is not None:
            return found
        sent = {piece.order.id: piece.order for piece in pieces_named(text, case.orders)} if SENT.search(text) else {}
        if len(sent) == 1:
            return next(iter(sent.values())).address
    return written(case.said, case.customer, case.orders) or _only_other(case, wish)


def methods_meant(case: Case, wish: Wish, order: Order) -> tuple[str, ...] | None:
    """The means of payment that the customer names for this, else anywhere, else the one that the order was paid with;
    those that they would take as well come after."""
    def named(text: str) -> list[str]:
        return [method.id for method in methods_named(text, case.customer, order.paid_with)]

    said = [clause.text for clause in case.clauses if clause.heard.ask in ("detail", "payment", "other")]
    own = next((ids for text in (*reversed(wish.details), wish.text) if (ids := named(text))), None)
    chosen = own or next((ids for text in reversed(said) if (ids := named(text))), None) or []
    found = tuple(dict.fromkeys((*chosen, *(one for text in wish.otherwise for one in named(text)))))
    return found or ((order.paid_with,) if order.paid_with is not None else None)


def refunded_elsewhere(case: Case, wish: Wish, order: Order) -> bool:
    """Whether the money is to go to another means of payment than it came from, which cancelling cannot do."""
    named = methods_named(wish.said, case.customer, order.paid_with) if REFUND.search(wish.said) else ()
    return bool(named) and order.paid_with not in {method.id for method in named}


# --- parts -------------------------------------------------------------------------------------------------------


def _names(case: Case, text: str) -> set[str]:
    return {piece.item.name for piece in pieces_named(text, case.orders)}


def _as_another(case: Case, wish: Wish, piece: Piece, product: Product) -> Variant | None:
    """The variant of another piece of the product that they have, where they want the same as that one."""
    if not SAME_AS.search(piece.words):
        return None
    pieces = (item for order in case.orders for item in order.items if item.product_id == product.id)
    others = {item.item_id for item in pieces} - {piece.item.item_id}
    return product.variant(others.pop()) if len(others) == 1 else None


def _only_other(case: Case, wish: Wish) -> Address | None:
    """The one of their other addresses that was named in anything said."""
    known = [case.customer.address, *(order.address for order in case.orders)]
    others = [address for address in known if address is not None and address != case.customer.address]
    found = {address for clause in case.clauses for address in others if likeness(clause.text, address)}
    return found.pop() if len(found) == 1 and wish.ask == "profile_address" else None
