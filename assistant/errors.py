"""What can go wrong, in words that say what to do. API, web and command line turn these into their own answers."""

from __future__ import annotations


class ShopkeeperError(Exception):
    """Base of all errors that a person can act on: the message says what was expected, found, and what to do."""


class InvalidInput(ShopkeeperError):
    """What came in cannot be used: an empty or too long message, a malformed event, an edit that fits nothing."""


class UnknownSession(ShopkeeperError):
    """No session has this id."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"No session {session_id[:64]!r}: it was deleted or never begun. Start a new session.")


class UnknownProduct(ShopkeeperError):
    """No product of the catalogue has this id."""

    def __init__(self, product_id: str) -> None:
        found = f"No product {product_id[:64]!r} in this catalogue."
        super().__init__(f"{found} Use an id that a search or a pick returned.")


class ConfigError(ShopkeeperError):
    """A configuration file is missing, unreadable or says something that is not understood."""


class ModelError(ShopkeeperError):
    """A model's files are missing or do not fit, or it failed while running."""
