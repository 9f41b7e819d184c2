"""What a shopper's clicks say: kinds of things looked at, brands, a price band, what was bought already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.records import Constraint, Event, Item, Need, Source
from retrieval.product import Product

INTEREST = frozenset({"view_item", "select_item", "add_to_wishlist", "add_to_cart"})
RECENT = 30
FEW = 2


class Catalogue(Protocol):
    """Products by id."""

    def get(self, product_id: str) -> Product | None:
        """The product, or `None`."""
        ...


@dataclass(frozen=True)
class View:
    """One product that a shopper looked at: what is known of it, and the index of the event."""

    event: int
    id: str
    title: str
    kind: str
    brand: str
    price: float | None


@dataclass(frozen=True)
class Behaviour:
    """The products looked at, oldest first and each once, at their last view; and the ids bought."""

    views: tuple[View, ...] = ()
    bought: frozenset[str] = frozenset()

    @property
    def kind(self) -> str | None:
        """The kind of thing looked at most, if at least two of that kind were; of equals the latest."""
        counts = Counter(view.kind for view in self.views if view.kind)
        latest = {view.kind: i for i, view in enumerate(self.views)}
        best = max(counts, key=lambda kind: (counts[kind], latest[kind]), default=None)
        return best if best is not None and counts[best] >= FEW else None

    def of_kind(self, kind: str) -> tuple[View, ...]:
        """The views of this kind."""
        return tuple(view for view in self.views if view.kind == kind)

    def brand(self, kind: str) -> str | None:
        """The brand of most things of this kind that were looked at, if it is of more than half and of two at least."""
        views = self.of_kind(kind)
        top = Counter(view.brand for view in views if view.brand).most_common(1)
        return top[0][0] if top and top[0][1] >= max(FEW, len(views) // 2 + 1) else None

    def prices(self, kind: str) -> tuple[float, float] | None:
        """The lowest and highest price of this kind looked at."""
        prices = [view.price for view in self.of_kind(kind) if view.price is not None]
        return (min(prices), max(prices)) if prices else None


def leaf(path: str) -> str:
    """The last step of a category path: `Outdoor > Camping > Tents` is `Tents`."""
    return path.replace("/", ">").split(">")[-1].strip()


def behaviour(events: Sequence[Event], catalogue: Catalogue) -> Behaviour:
    """What the events say, by the catalogue's own records where it has the product, else by the events' words."""
    bought = {item.item_id for event in events if event.event_name == "purchase" for item in event.items}
    seen = {view.id: view for view in _views(events, catalogue) if view.id not in bought}
    latest = sorted(seen.values(), key=lambda view: view.event)[-RECENT:]
    return Behaviour(views=tuple(latest), bought=frozenset(bought))


def browsed_need(seen: Behaviour) -> Need | None:
    """The need that the clicks suggest: the kind looked at most, and wishes that rest on single clicks."""
    kind = seen.kind
    if kind is None:
        return None
    return Need(product=kind.lower(), active=True, constraints=tuple(_wishes(seen, kind)))


def summary(views: Iterable[View]) -> str:
    """What was looked at, fits after `looked at`: `4 tents`, or the title of a single thing."""
    views = tuple(views)
    if len(views) == 1:
        return views[0].title
    kind = views[-1].kind.lower()
    return f"{len(views)} {kind}" if kind.endswith("s") else f"{len(views)} products in {kind}"


def _wishes(seen: Behaviour, kind: str) -> Iterator[Constraint]:
    brand = seen.brand(kind)
    if brand is not None:
        event = next(view.event for view in reversed(seen.of_kind(kind)) if view.brand == brand)
        source = Source(event=event)
        yield Constraint(attribute="brand", op="is", value=brand.lower(), strength="prefer", source=source)


def _views(events: Sequence[Event], catalogue: Catalogue) -> Iterator[View]:
    for i, event in enumerate(events):
        if event.event_name in INTEREST:
            for item in event.items:
                yield _view(i, item, catalogue.get(item.item_id))


def _view(event: int, item: Item, product: Product | None) -> View:
    if product is None:
        title, path, brand, price = item.item_name or item.item_id, item.item_category, item.item_brand, item.price
    else:
        title, path, price = product.title, product.product_type, product.amount
        brand = product.brand[0] if product.brand else None
    return View(event=event, id=item.item_id, title=title, kind=leaf(path or ""), brand=brand or "", price=price)
