"""`shopkeeper agent add`, and the agent that the demo shop has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.output import note

if TYPE_CHECKING:
    from assistant.config import Settings

DEMO_AGENT = "demo"

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


def with_demo_agent(settings: Settings) -> tuple[Settings, str | None]:
    """The demo shop's settings with an agent whose password is made anew, and that password; the settings as they are
    and `None` for any other shop, and where agents are named already."""
    import secrets

    from assistant.api.agents import hashed

    if settings.shop.demo_seed is None or settings.desk.agents:
        return settings, None
    password = secrets.token_urlsafe(12)
    desk = settings.desk.model_copy(update={"agents": {DEMO_AGENT: hashed(password)}})
    return settings.model_copy(update={"desk": desk}), password
