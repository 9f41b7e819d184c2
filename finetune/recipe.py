"""What all training recipes share: a frozen record read from a YAML file, whose every setting is known and typed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class YamlRecipe:
    """Base of the recipes; a subclass is a frozen dataclass with its settings as fields."""

    @classmethod
    def from_yaml(cls, path: str | Path, **overrides: Any) -> Self:
        """Reads a recipe, `overrides` in place of its own settings.

        Raises `ValueError` for a setting that does not exist (naming those that do), that is missing, or whose value
        is none of its type, and `OSError` for a file that cannot be read.
        """
        import yaml
        from pydantic import TypeAdapter, ValidationError

        read = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        if not isinstance(read, dict):
            raise ValueError(f"{path}: expected the settings of a recipe as KEY: VALUE lines, found {read!r:.60}")
        values = read | overrides
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(values) - known, key=str):
            near = get_close_matches(str(unknown[0]), known, 1)
            meant = f"did you mean {near[0]}? Known" if near else "known"
            raise ValueError(f"{path}: unknown setting {unknown[0]!r}; {meant} are {', '.join(sorted(known))}")
        try:
            return TypeAdapter(cls).validate_python(values)
        except ValidationError as error:
            raise ValueError(f"{path}: {_first(error.errors()[0])}") from error


def _first(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    where = ".".join(map(str, error["loc"]))
    return f"{where}: {message}, found {error['input']!r:.60}" if where else message
