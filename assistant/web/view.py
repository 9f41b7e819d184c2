"""What one open page shows beside its session: which sheet is open, what is being edited or compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Panel = Literal["needs", "basket"]
MOST_COMPARED = 4


@dataclass(frozen=True)
class Editing:
    """The part of the need card that is open for editing. `constraint` is `None` where the need itself is."""

    need: int
    constraint: int | None = None
    what: Literal["change", "add", "rename"] = "change"


@dataclass(frozen=True)
class Browsing:
    """Where in the catalogue the shopper is. `path` is a prefix of the category path, `page` counts from 1."""

    path: tuple[str, ...] = ()
    query: str = ""
    page: int = 1


@dataclass(frozen=True)
class View:
    """One open page. It lives on the server beside the page, is replaced as a whole and never shared.

    `notice` is said once and fades; `problem` stays in the need card; `actions` counts what was done so far.
    """

    session_id: str = ""
    staff: bool = False
    product: str | None = None
    comparing: bool = False
    compared: tuple[str, ...] = ()
    editing: Editing | None = None
    browsing: Browsing = Browsing()
    open_panels: frozenset[Panel] = frozenset()
    notice: str = ""
    problem: str = ""
    actions: int = 0
