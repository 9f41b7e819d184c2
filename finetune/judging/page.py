"""One self-contained HTML page from sections of figures, tables, pictures and cases; it knows nothing of readers.

The page asks nothing of any other host and runs no script. Text is escaped by the template; only pictures of
`finetune.charts` and marked text made here are taken as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import ClassVar, Literal

HERE = Path(__file__).parent
FEW_SECTIONS = 2
Tone = Literal["", "good", "bad", "quiet", "best"]


@dataclass(frozen=True)
class Tile:
    """One large figure: what it is, its value, and a word on it, such as its interval."""

    label: str
    value: str
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Tiles:
    """Large figures side by side."""

    tiles: Sequence[Tile]
    kind: ClassVar[str] = "tiles"


@dataclass(frozen=True)
class Cell:
    """One cell of a table, with a smaller note under it, and links to cases as (anchor, words)."""

    text: str
    note: str = ""
    tone: Tone = ""
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Table:
    """A table; its first column is text, the others are figures unless `wordy`."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    wordy: bool = False
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Chart:
    """A picture (SVG of `finetune.charts`) with its title and a sentence on how to read it."""

    title: str
    svg: str
    note: str = ""


@dataclass(frozen=True)
class Charts:
    """Pictures side by side, with a legend of (swatch, name) where there is more than one series."""

    charts: Sequence[Chart]
    legend: Sequence[tuple[str, str]] = ()
    kind: ClassVar[str] = "charts"


@dataclass(frozen=True)
class Prose:
    """Paragraphs of text."""

    paragraphs: Sequence[str]
    kind: ClassVar[str] = "prose"


@dataclass(frozen=True)
class Line:
    """One message of a case: who said it, and its text as HTML made by `marked`."""

    role: str
    html: str


@dataclass(frozen=True)
class Case:
    """One conversation, folded up: its title, its messages, and what is to be said of it as a table. A link to its
    `anchor` unfolds it."""

    title: str
    note: str
    lines: Sequence[Line]
    table: Table
    anchor: str = ""


@dataclass(frozen=True)
class Cases:
    """Conversations one below the other."""

    cases: Sequence[Case]
    kind: ClassVar[str] = "cases"


@dataclass(frozen=True)
class Beside:
    """Blocks side by side where there is room."""

    blocks: Sequence[Tiles | Table | Charts | Prose]
    kind: ClassVar[str] = "beside"


Block = Tiles | Table | Charts | Prose | Cases | Beside


@dataclass(frozen=True)
class Section:
    """A part of the page with an anchor. `level` 2 stands in the navigation, 3 is a part of the one above."""

    title: str
    blocks: Sequence[Block]
    lead: str = ""
    level: Literal[2, 3] = 2


@dataclass(frozen=True)
class Page:
    """A whole report: its title, a lead, facts about how it was made as (name, value), and its sections. The navigation
    shows those of level 3 too where `deep` allows it and there are few of level 2."""

    title: str
    lead: str
    sections: Sequence[Section]
    facts: Sequence[tuple[str, str]] = field(default=())
    deep: bool = True


def render(page: Page) -> str:
    """The page as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    few = len([section for section in page.sections if section.level == 2]) <= FEW_SECTIONS
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = (HERE / "page.css").read_text(encoding="utf-8")
    anchors = [f"s{number}-{_anchor(section.title)}" for number, section in enumerate(page.sections, 1)]
    sections = list(zip(anchors, page.sections, strict=True))
    template = environment.get_template("page.html.jinja")
    return template.render(page=page, style=style, sections=sections, deep=page.deep and few)


def marked(text: str, quotes: Iterable[str]) -> str:
    """`text` as HTML with every quote in it marked; of quotes that overlap, the longest."""
    known = sorted({quote for quote in quotes if quote.strip()}, key=len, reverse=True)
    if not known:
        return escape(text)
    pattern = re.compile("|".join(map(re.escape, known)))
    parts: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        parts += [escape(text[at : found.start()]), f"<mark>{escape(found.group())}</mark>"]
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "part"
