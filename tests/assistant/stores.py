"""Databases for the tests of the store: a SQLite file and, where one can be started, a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.records import Constraint, Message, Need, Pick, Reply, State
from assistant.store import Store
from tests.assistant.postgres import NoPostgresError, server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    try:
        with server() as url:
            yield url
    except NoPostgresError as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shop.db'}"
    server_url: str = request.getfixturevalue("postgresql")
    engine = sa.create_engine(server_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return server_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    yield store
    store.close()


def user(content: str) -> Message:
    return Message(role="user", content=content)


def state(product: str, *values: str) -> State:
    constraints = tuple(Constraint(attribute="feature", op="is", value=value) for value in values)
    return State(needs=(Need(product=product, active=True, constraints=constraints),))


def reply(text: str, product: str = "tent", *picks: str) -> Reply:
    chosen = tuple(Pick(id=id, rank=rank, score=1 / rank) for rank, id in enumerate(picks, 1))
    return Reply(text=text, state=state(product), picks=chosen)
