"""Which variant of a product a customer wants in place of the one they have, by what they say of its options.

What is named has to be met, and what they want the same has to stay; of the rest as much stays as can. `None` is the
answer where no available variant does that, or several do equally: then the customer has to be asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.copilot.options import CODE, Wanted, wanted_in
from assistant.service.records import OrderItem, Product, Variant


def variant_named(words: str, item: OrderItem, product: Product, otherwise: Sequence[str] = ()) -> Variant | None:
    """The available variant that the words ask for in place of `item`: by id, as the cheapest or dearest, by the values
    and comparisons of its options. Where there is none, each of `otherwise` in turn takes the place of what was said
    of the options that it names. `None` where nothing is named or several fit equally; their own
    where it is the cheapest or dearest already."""
    others = [v for v in product.variants if v.available and v.item_id != item.item_id]
    codes = set(CODE.findall(words))
    if (by_id := next((v for v in others if v.item_id in codes), None)) is not None:
        return by_id
    wanted = wanted_in(words, item, product)
    if wanted.price and not wanted.named and (mine := product.variant(item.item_id)) is not None and all(
        wanted.price * mine.price <= wanted.price * v.price for v in others
    ):
        return mine
    found = _fitting(wanted, item, others)
    for more in otherwise:
        if found is not None:
            break
        instead = wanted_in(more, item, product)
        wanted.named.update(instead.named)
        wanted.price = instead.price or wanted.price
        found = _fitting(wanted, item, others)
    return found


# --- parts -------------------------------------------------------------------------------------------------------


def _fitting(wanted: Wanted, item: OrderItem, others: Sequence[Variant]) -> Variant | None:
    """The one that fits best; of several values named for an option, those said first."""
    if not (wanted.named or wanted.price or wanted.liked):
        return None
    fixed = set(item.options) - wanted.free - set(wanted.liked) if wanted.strict else wanted.kept
    fixed = fixed - set(wanted.named)
    left = [v for v in others if all(v.options.get(name) in said for name, said in wanted.named.items())]
    left = [v for v in left if all(v.options.get(name) == item.options[name] for name in fixed)]
    if not left:
        return None
    if wanted.price:
        return min(left, key=lambda v: (wanted.price * v.price, v.item_id))
    keys = {v.item_id: _key(v, wanted, item) for v in left}
    best = min(keys.values())
    chosen = [v for v in left if keys[v.item_id] == best]
    return chosen[0] if len(chosen) == 1 else None


def _key(variant: Variant, wanted: Wanted, item: OrderItem) -> tuple[float, ...]:
    """Less is better: the place of each value among those named, wishes not met, options that differ."""
    named = [float(said.index(variant.options[name])) for name, said in wanted.named.items()]
    unmet = sum(variant.options.get(name) not in said for name, said in wanted.liked.items())
    unlike = sum(variant.options.get(name) != value for name, value in item.options.items())
    return (*named, float(unmet), float(unlike))
