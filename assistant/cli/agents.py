"""`shopkeeper agent add`."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.output import note

app = typer.Typer()
agent = typer.Typer(help="Who may sign in at the agents' desk.", no_args_is_help=True)
app.add_typer(agent, name="agent")


@agent.callback()
def _agent() -> None:
    """Keeps `add` a command of its own, also while it is the only one."""


@agent.command()
def add(
    name: Annotated[str, typer.Argument(help="The name that the agent signs in with; colleagues see it.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for where left out.")
    ],
) -> None:
    """Print the lines that let an agent sign in at /desk, for the configuration; it takes effect at the next start."""
    import json

    from assistant.api.agents import hashed
    from assistant.store.holding import named

    line = f"    {json.dumps(named(name), ensure_ascii=False)}: {hashed(password)}"
    note("Put this into the configuration, beside the agents that are there:")
    typer.echo(f"desk:\n  agents:\n{line}")
