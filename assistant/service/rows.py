"""The embedded desk's records to rows and back, inside a transaction that it has open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.engine import Connection

from assistant.errors import InvalidInput
from assistant.records import Record
from assistant.service.records import Customer, DeskData, Order, Product
from assistant.service.requests import Actor, AuditEntry, Outcome, Proposal
from assistant.service.schema import ORDER_NUMBER, audit, customers, orders, products, proposals
from retrieval.text import fold


class Pending(Record):
    """A proposal as it is kept: who asked and why, and what came of it, once something has."""

    proposal: Proposal
    actor: Actor
    why: str = ""
    key: str | None = None
    outcome: Outcome | None = None


def is_empty(connection: Connection) -> bool:
    """Whether there is no customer."""
    return connection.scalar(sa.select(customers.c.id).limit(1)) is None


def insert(
    connection: Connection, people: Iterable[Customer], bought: Iterable[Order], sold: Iterable[Product]
) -> None:
    """Adds records that are not there yet."""
    _insert_all(connection, customers, [{"id": c.id, **customer_row(c)} for c in people])
    placed = [{"id": o.id, "place": i, **order_row(o)} for i, o in enumerate(bought)]
    _insert_all(connection, orders, placed)
    _insert_all(connection, products, [{"id": p.id, **product_row(p)} for p in sold])


def save(connection: Connection, customer: Customer, order: Order | None) -> None:
    """Writes records that are there in place of what was there."""
    connection.execute(sa.update(customers).where(customers.c.id == customer.id).values(customer_row(customer)))
    if order is not None:
        connection.execute(sa.update(orders).where(orders.c.id == order.id).values(order_row(order)))


def customer(connection: Connection, customer_id: str, *, lock: bool = False) -> Customer | None:
    """The customer of that id, locked for this transaction where asked."""
    record = _scalar(connection, sa.select(customers.c.record).where(customers.c.id == customer_id), lock)
    return None if record is None else Customer.model_validate(record)


def customers_of(connection: Connection, customer_ids: Sequence[str]) -> dict[str, Customer]:
    """The customers of these ids, by id."""
    found = connection.scalars(sa.select(customers.c.record).where(customers.c.id.in_(customer_ids)))
    return {record["id"]: Customer.model_validate(record) for record in found}


def customer_by_email(connection: Connection, email: str) -> Customer | None:
    """The only customer with that address."""
    return _only(connection, customers.c.email == _searchable(email))


def customer_by_name(connection: Connection, name: str, zip: str) -> Customer | None:
    """The only customer of that name and zip code."""
    return _only(connection, sa.and_(customers.c.zip == zip.strip(), customers.c.name == _searchable(name)))


def order(connection: Connection, order_id: str, *, lock: bool = False) -> Order | None:
    """The order of that id, locked for this transaction where asked."""
    record = _scalar(connection, sa.select(orders.c.record).where(orders.c.id == order_id), lock)
    return None if record is None else Order.model_validate(record)


def orders_numbered(connection: Connection, numbers: Sequence[str]) -> tuple[Order, ...]:
    """The orders of these numbers, in any case of letters and with or without a `#`."""
    ids = {form for number in numbers for form in (number.lower(), f"#{number.lower()}") if "\0" not in number}
    found = connection.scalars(sa.select(orders.c.record).where(ORDER_NUMBER.in_(ids)).order_by(orders.c.place))
    return tuple(map(Order.model_validate, found))


def orders_of(connection: Connection, customer_id: str) -> tuple[Order, ...]:
    """The customer's orders as the shop lists them; those that it does not list come last."""
    of = sa.select(orders.c.record).where(orders.c.customer_id == customer_id).order_by(orders.c.place)
    found = [Order.model_validate(record) for record in connection.scalars(of)]
    who = customer(connection, customer_id)
    listed = {order_id: place for place, order_id in enumerate(who.order_ids if who else ())}
    return tuple(sorted(found, key=lambda o: listed.get(o.id, len(listed))))


def product(connection: Connection, product_id: str) -> Product | None:
    """The product of that id."""
    record = connection.scalar(sa.select(products.c.record).where(products.c.id == product_id))
    return None if record is None else Product.model_validate(record)


def everything(connection: Connection) -> DeskData:
    """All customers, orders (in the order of loading) and products."""
    return DeskData(
        customers=tuple(map(Customer.model_validate, connection.scalars(sa.select(customers.c.record)))),
        orders=tuple(
            map(Order.model_validate, connection.scalars(sa.select(orders.c.record).order_by(orders.c.place)))
        ),
        products=tuple(map(Product.model_validate, connection.scalars(sa.select(products.c.record)))),
    )


def insert_proposal(connection: Connection, pending: Pending) -> None:
    """Keeps a proposal until it is settled."""
    proposal = pending.proposal
    row: dict[str, Any] = {
        "token": proposal.token,
        "idempotency_key": pending.key,
        "customer_id": proposal.customer_id,
        "actor": _json(pending.actor),
        "why": pending.why,
        "proposal": _json(proposal),
        "expires": proposal.expires,
    }
    connection.execute(sa.insert(proposals).values(row))


def pending(connection: Connection, token: str) -> Pending | None:
    """The proposal of that token, locked for this transaction."""
    row = connection.execute(sa.select(proposals).where(proposals.c.token == token).with_for_update()).one_or_none()
    if row is None:
        return None
    return Pending.model_validate(
        {"proposal": row.proposal, "actor": row.actor, "why": row.why, "key": row.idempotency_key,
         "outcome": row.outcome}
    )  # fmt: skip


def proposal_by_key(connection: Connection, key: str | None) -> Proposal | None:
    """The proposal that was made with this idempotency key."""
    if key is None:
        return None
    record = connection.scalar(sa.select(proposals.c.proposal).where(proposals.c.idempotency_key == key))
    return None if record is None else Proposal.model_validate(record)


def settle(connection: Connection, token: str, outcome: Outcome) -> None:
    """Notes what came of a proposal."""
    connection.execute(sa.update(proposals).where(proposals.c.token == token).values(outcome=_json(outcome)))


def insert_audit(connection: Connection, entry: AuditEntry) -> int:
    """Appends to the audit log; returns the entry's id."""
    row = {"at": entry.at, "customer_id": entry.customer_id, "order_id": entry.order_id}
    result = connection.execute(sa.insert(audit).values(**row, entry=_json(entry)))
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def audit_of(connection: Connection, customer_id: str | None, order_id: str | None) -> tuple[AuditEntry, ...]:
    """The audit log, or what of it is about one customer or order."""
    chosen = sa.select(audit.c.id, audit.c.entry).order_by(audit.c.id)
    if customer_id is not None:
        chosen = chosen.where(audit.c.customer_id == customer_id)
    if order_id is not None:
        chosen = chosen.where(audit.c.order_id == order_id)
    return tuple(AuditEntry.model_validate({**row.entry, "id": row.id}) for row in connection.execute(chosen))


# --- parts -------------------------------------------------------------------------------------------------------


def customer_row(record: Customer) -> dict[str, Any]:
    """The columns of a customer but the id."""
    zip = record.address.zip.strip() if record.address is not None else ""
    return {"email": _searchable(record.email), "name": _searchable(record.name), "zip": zip, "record": _json(record)}


def order_row(record: Order) -> dict[str, Any]:
    """The columns of an order but the id and its place in the shop's list."""
    return {"customer_id": record.customer_id, "record": _json(record)}


def product_row(record: Product) -> dict[str, Any]:
    """The columns of a product but the id."""
    return {"record": _json(record)}


def _insert_all(connection: Connection, table: sa.Table, new: Sequence[dict[str, Any]]) -> None:
    if new:
        connection.execute(sa.insert(table), new)


def _only(connection: Connection, condition: sa.ColumnElement[bool]) -> Customer | None:
    found = connection.scalars(sa.select(customers.c.record).where(condition).limit(2)).all()
    return Customer.model_validate(found[0]) if len(found) == 1 else None


def _scalar(connection: Connection, query: sa.Select[Any], lock: bool) -> Any:
    return connection.scalar(query.with_for_update() if lock else query)


def _searchable(text: str) -> str:
    """Lower case, without accents, single spaces. Raises InvalidInput for a NUL, which not every database can hold."""
    if "\0" in text:
        raise InvalidInput("Text must not hold NUL characters.")
    return " ".join(fold(text).split())


def _json(record: BaseModel) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude_none=True)
