"""The embedded desk's tables. Records are kept whole as JSON; what is looked up by has a column of its own."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, MetaData, String, Table, Text, func
from sqlalchemy.engine import Connection

from assistant.store.database import Schema

metadata = MetaData()

desk_version = Table("desk_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

customers = Table(
    "desk_customers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("zip", Text, nullable=False),
    Column("record", JSON, nullable=False),
    Index("desk_customers_by_name", "zip", "name"),
)

orders = Table(
    "desk_orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("record", JSON, nullable=False),
)

ORDER_NUMBER = func.lower(orders.c.id)
_by_number = Index("desk_orders_by_number", ORDER_NUMBER)

products = Table(
    "desk_products",
    metadata,
    Column("id", Text, primary_key=True),
    Column("record", JSON, nullable=False),
)

proposals = Table(
    "desk_proposals",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("idempotency_key", Text, unique=True),
    Column("customer_id", Text, nullable=False),
    Column("actor", JSON, nullable=False),
    Column("why", Text, nullable=False),
    Column("proposal", JSON, nullable=False),
    Column("expires", String(40), nullable=False),
    Column("outcome", JSON(none_as_null=True)),
)

audit = Table(
    "desk_audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String(40), nullable=False),
    Column("customer_id", Text, nullable=False, index=True),
    Column("order_id", Text, index=True),
    Column("entry", JSON, nullable=False),
)


def _numbered(connection: Connection) -> None:
    """From version 1: orders are found by their numbers in any case of letters."""
    _by_number.create(connection)


DESK_TABLES = Schema(metadata, desk_version, 2, {1: _numbered})
