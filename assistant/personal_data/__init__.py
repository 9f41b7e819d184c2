"""Personal data in what people write to a shop. Who finds some decides what to put in its place."""

from assistant.personal_data.find import KINDS, Kind, Span, candidates, find
from assistant.personal_data.numbers import luhn

__all__ = ["KINDS", "Kind", "Span", "candidates", "find", "luhn"]
