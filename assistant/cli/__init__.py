"""The command line: `shopkeeper serve|chat|index|search|read|mcp` here; training and judging come from `finetune`."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import entry_points

import typer

from assistant.cli import agents, catalogue, conversation, mcp, service

__all__ = ["app", "main"]

GROUP = "shopkeeper.commands"
INTERRUPTED, CLOSED_PIPE = 130, 1

app = typer.Typer(
    name="shopkeeper",
    help="A shopping assistant for a catalogue of your own.\n\nStart with: shopkeeper serve",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(service.app)
app.add_typer(conversation.app)
app.add_typer(catalogue.app)
app.add_typer(agents.app)
app.add_typer(mcp.app)
for extension in entry_points(group=GROUP):
    app.add_typer(extension.load())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line on `arguments` (those of the process where left out) and exit.

    0: done. 1: a check that was asked for did not hold, or whoever read the output stopped reading (`| head`).
    2: an error, told in one sentence on standard error. 130: interrupted.
    """
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    from assistant.cli.output import complain, expected_errors, sentence
    from assistant.threads import sleep_while_waiting

    sleep_while_waiting()
    _quieten_libraries()
    try:
        code = app(arguments, prog_name="shopkeeper", standalone_mode=False) or 0
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except expected_errors() as error:
        complain(sentence(error))
        return 2
    if code == INTERRUPTED:
        complain("Interrupted.")
    return int(code)


def _quieten_libraries() -> None:
    """Keep what libraries tell their developers off the terminal; `python -W` and the environment still decide."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if not sys.warnoptions:
        warnings.simplefilter("ignore", FutureWarning)
