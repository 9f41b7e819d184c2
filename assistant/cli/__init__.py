"""The command line: `shopkeeper serve|chat|index|search|read` here; training and judging come from `finetune`."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

from assistant.cli import catalogue, conversation, service

__all__ = ["app", "main"]

GROUP = "shopkeeper.commands"

app = typer.Typer(
    name="shopkeeper",
    help="A shopping assistant for a catalogue of your own. Start with: shopkeeper serve",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(service.app)
app.add_typer(conversation.app)
app.add_typer(catalogue.app)
for extension in entry_points(group=GROUP):
    app.add_typer(extension.load())


def main() -> None:
    """Run the command line: an error is one sentence and exit code 2, an interruption exit code 130."""
    from assistant.cli.output import complain, expected_errors

    try:
        app()
    except KeyboardInterrupt:
        complain("Interrupted.")
        sys.exit(130)
    except expected_errors() as error:
        complain(str(error))
        sys.exit(2)
