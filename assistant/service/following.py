"""How a desk follows the records that a shop keeps elsewhere, such as its file of orders, from one start to the next.

Customers and orders that are new are added, and those on which nothing was done at this desk are as the shop has them.
What was done here stays, and nothing is forgotten. Products are the shop's: what it no longer sells cannot be had in
exchange.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from assistant.service import rows
from assistant.service.records import Customer, DeskData
from assistant.service.schema import audit, customers, orders, products

Row = dict[str, Any]


def follow(connection: Connection, data: DeskData) -> None:
    """Writes what has changed in `data` since it was last followed. Both tables stay locked until the transaction ends.
    """
    known = _held(connection, customers)
    placed = _held(connection, orders)
    done = _done(connection)
    by_id = {customer.id: customer for customer in data.customers}
    changed = {id: _kept(known[id], by_id[id]) for id in done["customer"] & known.keys() & by_id.keys()}
    people = {customer.id: rows.customer_row(changed.get(customer.id, customer)) for customer in data.customers}
    bought = {order.id: {"place": i, **rows.order_row(order)} for i, order in enumerate(data.orders)}
    _write(connection, customers, known, people)
    _write(connection, orders, placed, bought, untouched=done["order"])
    _mirror(connection, {product.id: rows.product_row(product) for product in data.products})


def _held(connection: Connection, table: sa.Table) -> dict[str, Row]:
    found = connection.execute(sa.select(table).with_for_update())
    return {row.id: {name: value for name, value in row._mapping.items() if name != "id"} for row in found}


def _done(connection: Connection) -> dict[str, set[str]]:
    """The ids of the customers and orders that actions at this desk have changed."""
    done: dict[str, set[str]] = {"customer": set(), "order": set()}
    for entry in connection.scalars(sa.select(audit.c.entry)):
        for kind, ids in done.items():
            if entry["event"] == "done" and (record := entry.get("after", {}).get(kind)) is not None:
                ids.add(record["id"])
    return done


def _kept(row: Row, now: Customer) -> Customer:
    """A customer whom an action has changed: as they are here, with what they ordered and paid with since."""
    held = Customer.model_validate(row["record"])
    more = (method for method in now.payment_methods if held.payment_method(method.id) is None)
    ordered = dict.fromkeys((*held.order_ids, *now.order_ids))
    methods = (*held.payment_methods, *more)
    return held.model_copy(update={"order_ids": tuple(ordered), "payment_methods": methods})


def _write(
    connection: Connection, table: sa.Table, held: Mapping[str, Row], wanted: Mapping[str, Row],
    untouched: Collection[str] = (),
) -> None:  # fmt: skip
    new = [{"id": id, **row} for id, row in wanted.items() if id not in held]
    if new:
        connection.execute(sa.insert(table), new)
    for id, row in wanted.items():
        if id in held and id not in untouched and held[id] != row:
            connection.execute(sa.update(table).where(table.c.id == id).values(row))


def _mirror(connection: Connection, wanted: Mapping[str, Row]) -> None:
    held = _held(connection, products)
    _write(connection, products, held, wanted)
    if gone := [{"gone": id} for id in held.keys() - wanted.keys()]:
        connection.execute(sa.delete(products).where(products.c.id == sa.bindparam("gone")), gone)
