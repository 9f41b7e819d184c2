"""Running commands: in this process through the entry point's function, or as a process of their own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.cli import main

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("shopkeeper")


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on standard error of a command that failed with exit code 2."""
        assert self.code == 2, self
        assert self.out == ""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Done:
    """Run `shopkeeper ARGUMENTS` in this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return Done(int(stop.value.code or 0), out, err)


def process(*arguments: str | Path, text: str = "") -> Done:
    """Run `shopkeeper ARGUMENTS` as a process with `text` as its standard input."""
    done = subprocess.run(
        [PROGRAM, *arguments], input=text, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)
