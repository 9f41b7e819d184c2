"""Sessions on disk: SQLite in WAL mode, or PostgreSQL by URL with the same code."""

from assistant.store.database import ConflictError, StoreError
from assistant.store.records import Feedback, StateEntry, StoredSession
from assistant.store.store import Store

__all__ = ["ConflictError", "Feedback", "StateEntry", "Store", "StoreError", "StoredSession"]
