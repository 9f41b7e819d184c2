"""Sessions on disk: SQLite in WAL mode, or PostgreSQL by URL with the same code."""

from assistant.store.database import ConflictError, StoreError
from assistant.store.holding import HeldError
from assistant.store.records import Feedback, Handover, Note, Overview, StateEntry, StoredSession
from assistant.store.store import Store

__all__ = [
    "ConflictError", "Feedback", "Handover", "HeldError", "Note", "Overview", "StateEntry", "Store", "StoreError",
    "StoredSession",
]
