"""Every word that the phrase tables can say: what the compact writer may use without a fact behind it."""

from __future__ import annotations

import re

from assistant.facts import PLACEHOLDER
from assistant.verify import words
from finetune.replies.tables import tables

_MARKS = re.compile(r"\$[a-z]|[\[\]|~^]")


def vocabulary() -> list[str]:
    """The words of all lines, lower case, sorted."""
    lines = [line for name in ("finding", "service") for line in tables(name).all_lines()]
    return sorted({word for line in lines for word in words(_MARKS.sub(" ", PLACEHOLDER.sub(" ", line)))})
