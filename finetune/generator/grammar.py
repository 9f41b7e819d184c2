"""Phrase tables: groups of patterns with choices, read from text files and expanded at random.

`(a|b|)` is a choice (the last one here is empty) and may hold choices itself. A leading `~` keeps a pattern to casual
voices, `^` to formal ones, `%` to speakers of another first language.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

REGISTERS = {"~": "casual", "^": "formal", "%": "foreign"}

Node = str | tuple[tuple["Node", ...], ...]


@dataclass(frozen=True)
class Pattern:
    """One pattern, parsed: a sequence of text and choices. `register` is empty where every voice may use it."""

    register: str
    nodes: tuple[Node, ...]

    def expand(self, rng: random.Random) -> str:
        """One wording of the pattern, its placeholders still in it."""
        return " ".join(_expand(self.nodes, rng).split())


class Phrases:
    """Groups of patterns by name."""

    def __init__(self, groups: dict[str, list[Pattern]]) -> None:
        self.groups = groups
        self._allowed: dict[tuple[str, str], list[Pattern]] = {}

    def pick(self, group: str, rng: random.Random, register: str = "") -> str:
        """One wording of a group in a register; patterns of the voice's own register come up more often."""
        return rng.choice(self._patterns(group, register)).expand(rng)

    def _patterns(self, group: str, register: str) -> list[Pattern]:
        key = group, register
        if key not in self._allowed:
            common = [p for p in self.groups[group] if not p.register]
            own = [p for p in self.groups[group] if register and p.register == register]
            weight = max(1, round(0.6 * len(common) / len(own))) if own else 1
            self._allowed[key] = common + own * weight or list(self.groups[group])
        return self._allowed[key]

    def __contains__(self, group: str) -> bool:
        return group in self.groups


def parse(text: str) -> Pattern:
    """Parses one line of a phrase table. `ValueError` where its brackets do not match."""
    register = REGISTERS.get(text[:1], "")
    nodes, end = _parse(text[1:] if register else text, 0, depth=0)
    if end != len(text) - bool(register):
        raise ValueError(f"expected matching ( ) in {text!r}")
    return Pattern(register, nodes)


@cache
def phrases(name: str) -> Phrases:
    """The phrase table `tables/<name>.txt` of this package."""
    groups: dict[str, list[Pattern]] = {}
    group: list[Pattern] = []
    for line in table_lines(name):
        if line.startswith("[") and line.endswith("]") and "{" not in line:
            group = groups.setdefault(line[1:-1], [])
        else:
            group.append(parse(line))
    return Phrases(groups)


def table_lines(name: str) -> list[str]:
    """The lines of a table of this package, without comments and blank ones."""
    text = (files(__package__) / "tables" / f"{name}.txt").read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("# ")]


def _parse(text: str, start: int, depth: int) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    position = start
    while position < len(text):
        char = text[position]
        if char == "(":
            options, position = _options(text, position + 1, depth + 1)
            nodes.append(options)
        elif depth and char in "|)":
            break
        else:
            stop = position
            while stop < len(text) and text[stop] not in ("(|)" if depth else "("):
                stop += 1
            nodes.append(text[position:stop])
            position = stop
    return tuple(nodes), position


def _options(text: str, position: int, depth: int) -> tuple[tuple[tuple[Node, ...], ...], int]:
    options: list[tuple[Node, ...]] = []
    while True:
        nodes, position = _parse(text, position, depth)
        options.append(nodes)
        if position >= len(text):
            raise ValueError(f"expected ) in {text!r}")
        position += 1
        if text[position - 1] == ")":
            return tuple(options), position


def _expand(nodes: tuple[Node, ...], rng: random.Random) -> str:
    return "".join(node if isinstance(node, str) else _expand(rng.choice(node), rng) for node in nodes)
