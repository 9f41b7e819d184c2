"""What can go wrong in this package. Every message says what was expected, what was found and what to do."""

from __future__ import annotations


class RetrievalError(Exception):
    """Base of all errors of this package; its message can be shown to the person who runs the program."""


class FeedError(RetrievalError):
    """A product file cannot be read at all, or, in strict mode, holds a bad record."""


class EncoderError(RetrievalError):
    """The encoder or its adapter is missing, damaged or not the one expected."""


class IndexStoreError(RetrievalError):
    """An index directory cannot be written, or does not fit the encoder or the files in it."""
