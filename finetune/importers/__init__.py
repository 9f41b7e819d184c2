"""Chat logs and public sets in the layout of conversations, with labels as far as a set's own honestly say what ours
would.

Each importer's module says how it maps. Labels are partial: they hold only the keys of a State that the set tells, and
only those are scored and trained. Of PSCon and ShoppingBench a fifth of the conversations is never trained on; Bitext
comes as one file to train on and others to judge by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.records import Conversation
from finetune.conversations import Problem, chains, split
from finetune.importers.mgshopdial import import_mgshopdial
from finetune.importers.openai import import_openai
from finetune.importers.pscon import import_pscon
from finetune.importers.service import import_bitext, import_clinc150, import_multidogo
from finetune.importers.sgd import import_sgd
from finetune.importers.shoppingbench import import_shoppingbench

__all__ = [
    "IMPORTERS",
    "heldout",
    "import_bitext",
    "import_clinc150",
    "import_mgshopdial",
    "import_multidogo",
    "import_openai",
    "import_pscon",
    "import_sgd",
    "import_shoppingbench",
    "training",
]

IMPORTERS: dict[str, Callable[[Path], Iterator[Conversation | Problem]]] = {
    "openai": import_openai,
    "bitext": import_bitext,
    "clinc150": import_clinc150,
    "mgshopdial": import_mgshopdial,
    "multidogo": import_multidogo,
    "pscon": import_pscon,
    "sgd": import_sgd,
    "shoppingbench": import_shoppingbench,
}
"""Format -> what reads a file of it. Those of public sets expect the files of the set as they are."""

SPLIT: dict[str, Callable[[Path], Iterator[Conversation]]] = {
    "pscon": import_pscon,
    "shoppingbench": import_shoppingbench,
}
FRACTIONS = {"training": 0.8, "heldout": 0.2}


def heldout(name: str, path: Path) -> list[Conversation]:
    """The conversations of a set (`pscon` with its file, `shoppingbench` with its folder) that are only judged by.

    Each is there once, in its full length. Which they are depends on their ids alone. `ValueError` for another name.
    """
    return [chain[-1] for chain in chains(_part(name, path, "heldout"))]


def training(name: str, path: Path) -> list[Conversation]:
    """The conversations of a set that may be trained on, with all their prefixes."""
    if name == "bitext":
        return list(import_bitext(path))
    return _part(name, path, "training")


def _part(name: str, path: Path, part: str) -> list[Conversation]:
    if name not in SPLIT:
        raise ValueError(f"expected one of {sorted([*SPLIT, 'bitext'])}, found {name!r}")
    return split(SPLIT[name](path), FRACTIONS, seed=0)[part]
