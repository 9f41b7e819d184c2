"""What is on offer for the need that the last message is about: searched, ranked, with receipts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assistant.behaviour import Behaviour, browsed_need
from assistant.build import Parts
from assistant.ordering import Ordering, beyond, ordering_in
from assistant.rank import rank
from assistant.records import Added, Named, Need, Pick, Reading, State
from assistant.search import Found, find, hard
from assistant.state import update
from retrieval.product import Product


@dataclass(frozen=True)
class Offer:
    """What the search found for the active need, the picks, and the extreme that was asked for."""

    found: Found
    picks: tuple[Pick, ...]
    ordering: Ordering | None


def offer_for(
    parts: Parts,
    state: State,
    seen: Behaviour,
    message: str,
    exclude: Collection[str],
    further: tuple[Ordering, Product] | None = None,
) -> Offer | None:
    """Searches and ranks for the active need; `None` where no need is active or nothing is said of it.

    `further` is where to go from which product, as "cheaper" asks; where nothing goes further, the extreme is offered.
    """
    place = next((i for i, need in enumerate(state.needs) if need.active), None)
    if place is None or _empty(state.needs[place]):
        return None
    need, settings = state.needs[place], parts.settings.conversation
    ordering = ordering_in(need, message)
    if further is not None:
        fitting = parts.index.allowed(need.product, hard(need))
        beyond_it = {product.id for product in beyond(fitting, *further)} - set(exclude)
        short_of_it = {product.id for product in fitting} - beyond_it
        ordering, exclude = (ordering, short_of_it | set(exclude)) if beyond_it else (further[0], ())
    found = find(parts.index, need, k=settings.candidates, ordering=ordering, exclude=exclude)
    picks = rank(
        found,
        place,
        seen,
        parts.encode,
        limit=settings.picks,
        currency=parts.settings.shop.currency,
        ordering=ordering,
        exclude=exclude,
    )
    return Offer(found, picks, ordering)


def with_browsed(state: State, seen: Behaviour) -> State:
    """The state with the need that the clicks suggest, where the shopper asks for advice and named none;
    through the same door as words."""
    need = browsed_need(seen)
    active = next((i for i, held in enumerate(state.needs) if held.active), None)
    unsaid = active is None or _empty(state.needs[active])
    if need is None or not unsaid or "ask_recommendation" not in state.acts:
        return state
    place = len(state.needs) if active is None else active
    added = tuple(Added(need=place, constraint=wish) for wish in need.constraints)
    named = (Named(need=place, product=need.product),)
    return update(state, Reading(named=named, added=added, active=place, acts=state.acts, stage=state.stage))


def _empty(need: Need) -> bool:
    return need.product is None and not need.constraints
