"""The connection: one engine, short transactions, SQLite and PostgreSQL made to behave alike, errors in words.

Writing transactions never overlap on one record. SQLite takes its one write lock at BEGIN IMMEDIATE and others wait
for it up to `timeout`; on PostgreSQL the session's row is locked (`SELECT ... FOR UPDATE` in the stores).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from assistant.errors import InvalidInput, ShopkeeperError

_POOL = {"pool_size": 5, "max_overflow": 60}
_ADVISORY_LOCK = 7_305_031  # any constant: what two programs that start at once do, they do one after the other


class StoreError(ShopkeeperError):
    """The database cannot be used or written. The message says why and what to do."""


class ConflictError(ShopkeeperError):
    """Somebody else changed the session in between. Load it again and repeat."""


@dataclass(frozen=True)
class Schema:
    """The tables of one purpose. `version_table` holds the `version` that a database has; `upgrades` lead from an
    older one to the next, keyed by the older."""

    metadata: sa.MetaData
    version_table: sa.Table
    version: int
    upgrades: Mapping[int, Callable[[Connection], None]] = field(default_factory=dict)


class Database:
    """Opens the database at `url`, creating file and tables where there are none, and brings older tables up to date.

    Raises StoreError where it cannot be opened, is not a Shopkeeper database, or has a schema version that this
    program does not know.
    """

    def __init__(self, url: str, timeout: float, schema: Schema) -> None:
        self.schema = schema
        self.url = _parse(url)
        self.name = self.url.render_as_string(hide_password=True)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url, timeout) if self.sqlite else _postgresql(self.url, timeout)
        try:
            with self.write(alone=True) as connection:
                self._prepare(connection)
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def write(self, *, alone: bool = False) -> Iterator[Connection]:
        """One transaction: all of it is on disk after the block, or none of it. `alone`: no other such at a time."""
        with self._translated(), self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            if alone and not self.sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A view of the database at one moment, which writers do not wait for."""
        level = "SERIALIZABLE" if self.sqlite else "REPEATABLE READ"
        options = {} if self.sqlite else {"isolation_level": level}
        with self._translated(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def _prepare(self, connection: Connection) -> None:
        schema = self.schema
        tables = set(sa.inspect(connection).get_table_names())
        if schema.version_table.name not in tables:
            if foreign := sorted(tables & set(schema.metadata.tables)):
                raise StoreError(
                    f"{self.name} already has tables of another program ({', '.join(foreign)}) and no "
                    f"{schema.version_table.name}: give Shopkeeper a database of its own."
                )
            schema.metadata.create_all(connection)
            connection.execute(sa.insert(schema.version_table).values(version=schema.version))
            return
        found = connection.scalar(sa.select(schema.version_table.c.version))
        while (upgrade := schema.upgrades.get(found or 0)) is not None:
            upgrade(connection)
            found = (found or 0) + 1
            connection.execute(sa.update(schema.version_table).values(version=found))
        if found != schema.version:
            raise StoreError(
                f"{self.name} has schema version {found}, this program needs {schema.version}: run the version "
                "of Shopkeeper that wrote it, or name a new database under store.url."
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(self._sentence(error)) from error
        except sa.exc.StatementError as error:  # what `_dumps` refused, wrapped on the way through SQLAlchemy
            raise InvalidInput(str(error.orig)) from error
        except UnicodeEncodeError as error:
            raise InvalidInput(f"This text is not valid Unicode and cannot be stored: {error.reason}.") from error
        except sa.exc.TimeoutError as error:
            raise StoreError(f"Too many requests at once for the database {self.name}: try again.") from error

    def _sentence(self, error: DBAPIError) -> str:
        code = getattr(error.orig, "sqlite_errorname", "")
        for start, advice in _SQLITE_ADVICE.items():
            if code.startswith(start):
                return f"The database {self.name} {advice}"
        if isinstance(error, OperationalError) and not self.sqlite:
            return f"The database {self.name} cannot be used: {_line(error)}. Is it running, is store.url right?"
        return f"The database {self.name} refused: {_line(error)}."


_SQLITE_ADVICE = {
    "SQLITE_FULL": "cannot be written: the disk is full. Free some space and try again; nothing was half saved.",
    "SQLITE_IOERR": "cannot be written or read: the disk reports an error or is full. Nothing was half saved.",
    "SQLITE_READONLY": "is read-only: give this program the right to write the file and its directory.",
    "SQLITE_BUSY": "is busy: another program held it for too long. Try again, or stop that program.",
    "SQLITE_LOCKED": "is busy: another program held it for too long. Try again, or stop that program.",
    "SQLITE_CANTOPEN": "cannot be opened: check that the directory exists and that this program may write in it.",
    "SQLITE_NOTADB": "is not a SQLite database: name another file under store.url.",
    "SQLITE_CORRUPT": "is damaged: restore it from a backup, or name another file under store.url.",
}


def _line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0].rstrip(".") if str(error.orig).strip() else type(error.orig).__name__


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(f"{url!r} is no database URL: expected sqlite:///FILE or postgresql://HOST/NAME.") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"Shopkeeper stores sessions in SQLite or PostgreSQL, not in {parsed.get_backend_name()}.")
    return parsed


def _dumps(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"This cannot be stored: {error}. Send finite numbers and JSON values only.") from error


def _sqlite(url: URL, timeout: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreError("SQLite needs a file here: write store.url as sqlite:///FILE, not as a database in memory.")
    try:
        if not url.database.startswith("file:"):
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The directory of {url.database} cannot be made: {error.strerror}.") from error
    engine = sa.create_engine(url, json_serializer=_dumps, connect_args={"timeout": timeout}, **_POOL)

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # BEGIN is written below, not by the driver
        connection.execute(f"PRAGMA busy_timeout = {int(timeout * 1000)}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StoreError(f"{url.database} cannot use WAL mode (it is {mode!r}): name a file on a local disk.")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL, timeout: float) -> Engine:
    try:
        return sa.create_engine(
            url,
            json_serializer=_dumps,
            pool_pre_ping=True,
            connect_args={"connect_timeout": max(2, int(timeout)), "options": f"-c lock_timeout={int(timeout * 1000)}"},
            **_POOL,
        )
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs the driver psycopg: pip install 'psycopg[binary]'.") from error
