"""From a decision to a plan: all that the reply may say, each fact in the record's own words and with its citation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.behaviour import Behaviour, summary
from assistant.compare import Row, compare
from assistant.facts import COUNTS
from assistant.ordering import Ordering
from assistant.questions import Question
from assistant.receipts import in_words, listed, money, noun
from assistant.records import Citation, Constraint, Fact, Need, Pick, State
from assistant.search import Found
from assistant.shop import Clause, Order
from assistant.statements import Statement
from retrieval.index import Index
from retrieval.product import Product

STATUS = {
    "pending": "being prepared", "pending (item modified)": "being prepared with the items as changed",
    "processed": "packed and waiting for the carrier", "shipped": "on its way",
    "return requested": "waiting for the items that you return",
    "exchange requested": "waiting for the items that you exchange",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A pick with its product."""

    pick: Pick
    product: Product


@dataclass(frozen=True)
class BasketLine:
    """A product in the basket, and how many of it."""

    product: Product
    quantity: int


def need_facts(
    need: Need, ordering: Ordering | None, currency: str, relaxed: Sequence[Constraint] = ()
) -> Iterator[Fact]:
    """The need in words, but for what had to give."""
    if need.product is not None:
        yield Fact(key="need.product", text=noun(need.product))
    if ordering is not None:
        yield Fact(key="need.superlative", text=ordering.name)
    held = [constraint for constraint in need.constraints if constraint not in relaxed]
    for i, constraint in enumerate(held[: COUNTS["need"]], start=1):
        yield Fact(key=f"need{i}", text=in_words(constraint, currency))


def relaxed_facts(relaxed: Sequence[Constraint], currency: str) -> Iterator[Fact]:
    """The constraints that had to give."""
    for i, constraint in enumerate(relaxed[: COUNTS["relaxed"]], start=1):
        yield Fact(key=f"relaxed{i}", text=in_words(constraint, currency))


def missing_facts(found: Found, alternative: str | None) -> Iterator[Fact]:
    """A kind of thing that the shop does not carry, and the nearest that it does."""
    yield Fact(key="missing.product", text=noun(found.need.product or ""))
    if alternative is not None:
        yield Fact(key="alternative.product", text=noun(alternative.lower()))


def behaviour_facts(seen: Behaviour) -> Iterator[Fact]:
    """What was looked at, of the kind looked at most."""
    if seen.kind is not None:
        yield Fact(key="behaviour1", text=summary(seen.of_kind(seen.kind)))


def question_facts(question: Question | None, currency: str) -> Iterator[Fact]:
    """What is asked, and what there is to choose from."""
    if question is None:
        return
    if question.name is not None:
        yield Fact(key="ask.name", text=question.name)
    if question.options is not None:
        yield Fact(key="ask.options", text=question.options)
    if question.constraint is not None:
        yield Fact(key="ask.confirm", text=in_words(question.constraint, currency))


def pick_facts(shown: Iterable[Shown], currency: str) -> Iterator[Fact]:
    """Title, price, rating and reasons of each pick, numbered from 1 as the plan lists them."""
    for i, item in enumerate(shown, start=1):
        yield from _named(item.product, i, currency)
        yield from _judged(item.product, i, currency)
        yield from _reason_facts(item, i)


def answer_facts(place: int, shown: Shown, found: Sequence[Statement], currency: str) -> Iterator[Fact]:
    """The plan's product number `place` and the statements of its record that answer a question."""
    yield from _named(shown.product, place, currency)
    for i, statement in enumerate(found[: COUNTS["answer"]], start=1):
        text = f"{statement.name.lower()}: {statement.value}" if statement.name else _phrase(statement.value)
        citation = _cite(shown.product, statement.value, "review" if statement.field == "reviews" else "product")
        yield Fact(key=f"{place}.answer{i}", text=text, citation=citation)


def compare_facts(
    shown: Sequence[Shown], currency: str, asked: Callable[[Row], bool], by: Ordering | None = None
) -> Iterator[Fact]:
    """The products and the properties in which they differ most plainly, those that are `asked` about first. What they
    are to be compared `by` is said of each, also where no record states it, and then nothing else."""
    for place, item in enumerate(shown, start=1):
        yield from _named(item.product, place, currency)
        yield from _judged(item.product, place, currency)
    rows = compare([item.product for item in shown]).rows
    stated = [row for row in rows if row.differs and row.label not in ("Price", "Rating", "Highlights")]
    stated.sort(key=lambda row: not asked(row))
    if by is not None and by.field != "price":
        stated = [_compared_by(by, [item.product for item in shown])]
    for n, row in enumerate(stated[: COUNTS["diff"]], start=1):
        yield Fact(key=f"diff{n}", text=row.label.lower())
        for place, (item, value) in enumerate(zip(shown, row.values, strict=True), start=1):
            citation = _cite(item.product, value) if value else None
            yield Fact(key=f"{place}.diff{n}", text=value or "not stated", citation=citation)


def _compared_by(by: Ordering, products: Sequence[Product]) -> Row:
    return Row(label=by.states, values=tuple(by.stated(product) for product in products), differs=True)


def policy_facts(clauses: Sequence[Clause]) -> Iterator[Fact]:
    """Clauses in their own words, and where they stand."""
    for i, clause in enumerate(clauses[: COUNTS["policy"]], start=1):
        citation = Citation(kind="policy", id=clause.id, quote=clause.text)
        yield Fact(key=f"policy{i}", text=clause.text, citation=citation)
        number = clause.id.rpartition("-")[2]
        topic = (clause.topic or clause.title or clause.id).capitalize()
        yield Fact(key=f"policy{i}.source", text=f"{topic}, clause {number}" if number.isdigit() else topic)


def order_facts(order: Order, currency: str) -> Iterator[Fact]:
    """An order that is the shopper's own."""
    currency = order.currency or currency

    def fact(key: str, text: str) -> Fact:
        return Fact(key=f"order.{key}", text=text, citation=Citation(kind="order", id=order.id, quote=text))

    yield fact("id", order.id)
    yield fact("status", STATUS.get(order.status, order.status.replace("_", " ")))
    if order.items:
        yield fact("items", listed([_counted(item.quantity, item.title) for item in order.items]))
    if order.placed_at:
        yield fact("date", _day(order.placed_at))
    if order.delivered_at:
        yield fact("delivery", f"delivered on {_day(order.delivered_at)}")
    elif order.expected_at:
        yield fact("delivery", f"expected on {_day(order.expected_at)}")
    if order.tracking_number:
        yield fact("tracking", order.tracking_number)
    if order.total is not None:
        yield fact("total", money(order.total, currency))


def basket_facts(lines: Sequence[BasketLine], touched: BasketLine | None, currency: str) -> Iterator[Fact]:
    """The product put in and what the basket holds now."""
    if touched is not None:
        title = touched.product.title
        yield Fact(key="basket.title", text=title, citation=_cite(touched.product, title))
        if touched.quantity:
            yield Fact(key="basket.quantity", text=str(touched.quantity))
    count = sum(line.quantity for line in lines)
    if count:
        yield Fact(key="basket.count", text="1 item" if count == 1 else f"{count} items")
        total = sum((line.product.amount or 0.0) * line.quantity for line in lines)
        if all(line.product.amount is not None for line in lines):
            yield Fact(key="basket.total", text=money(total, lines[0].product.currency or currency))


def next_facts(state: State) -> Iterator[Fact]:
    """Another open need to come back to."""
    other = next((need.product for need in state.needs if not need.active and need.product), None)
    if other is not None:
        yield Fact(key="next.product", text=noun(other))


def shown_of(picks: Iterable[Pick], index: Index) -> tuple[Shown, ...]:
    """The picks with their products; picks of products that the catalogue no longer has are left out."""
    found = ((pick, index.catalogue.get(pick.id)) for pick in picks)
    return tuple(Shown(pick, product) for pick, product in found if product is not None)


def _named(product: Product, place: int, currency: str) -> Iterator[Fact]:
    yield Fact(key=f"{place}.title", text=product.title, citation=_cite(product, product.title))
    if product.amount is not None:
        yield Fact(key=f"{place}.price", text=money(product.amount, product.currency or currency))


def _judged(product: Product, place: int, currency: str) -> Iterator[Fact]:
    if product.sale_price is not None and product.price is not None and product.sale_price < product.price:
        yield Fact(key=f"{place}.was", text=money(product.price, product.currency or currency))
    if product.rating is not None:
        reviews = f" ({product.review_count:,} reviews)" if product.review_count else ""
        yield Fact(key=f"{place}.rating", text=f"{product.rating:g} out of 5{reviews}")


def _reason_facts(shown: Shown, place: int) -> Iterator[Fact]:
    for kind, name in (("match", "reason"), ("tradeoff", "tradeoff"), ("review", "review")):
        chosen = [reason for reason in shown.pick.reasons if reason.kind == kind][: COUNTS[name]]
        for n, reason in enumerate(chosen, start=1):
            citation = _cite(shown.product, reason.value, "review" if kind == "review" else "product")
            yield Fact(key=f"{place}.{name}{n}", text=reason.text, citation=citation)


def _cite(product: Product, quote: str, kind: Literal["product", "review"] = "product") -> Citation:
    return Citation(kind=kind, id=product.id, quote=quote)


def _phrase(text: str) -> str:
    return text.strip().rstrip(".")


def _counted(quantity: int, title: str) -> str:
    return title if quantity == 1 else f"{quantity} x {title}"


def _day(moment: str) -> str:
    try:
        day = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return f"{day.day} {day:%B %Y}"
