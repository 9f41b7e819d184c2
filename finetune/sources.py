"""Where labelled conversations to train on come from, as a recipe names them: files, and this project's own.

`FILE` is JSON Lines in FORMATS.md's layout, `annotated:` the conversations annotated in `finetune/annotated`, and
`annotated:PATH` another file or folder (`*.txt`) in that notation (finetune/annotation.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.records import Conversation
from finetune.annotation import read_annotated
from finetune.conversations import Problem, read_conversations

ANNOTATED = "annotated:"


def read_sources(names: Sequence[str | Path]) -> tuple[list[Conversation], list[Problem]]:
    """All conversations of the named sources, every prefix of its own, and what was wrong with lines of files.

    Raises `AnnotationError` for a fault of an annotated conversation and `OSError` for a file that cannot be read.
    """
    files = [Path(name) for name in names if not is_annotated(name)]
    conversations, problems = read_conversations(files)
    return [*conversations, *(c for name in names if is_annotated(name) for c in annotated(str(name)))], problems


def is_annotated(name: str | Path) -> bool:
    """Whether a source is named in the way of annotated conversations."""
    return str(name).startswith(ANNOTATED)


def annotated(name: str) -> list[Conversation]:
    """The conversations of `annotated:` or `annotated:PATH`, every prefix of its own, in order."""
    path = name.removeprefix(ANNOTATED)
    where = Path(path)
    paths = [] if not path else sorted(where.glob("*.txt")) if where.is_dir() else [where]
    if path and not paths:
        raise ValueError(f"{name}: expected a file or a folder of *.txt, found no *.txt in {where}")
    return [conversation for chain in read_annotated(paths) for conversation in chain]
