"""`evenhand invite`."""

from typing import Annotated

import typer

from core.cli.terminal import AsJson, app, now, plainly, print_json, workspace
from core.domain.people import Role
from core.services import access
from core.settings import get_settings
from core.storage.engine import write


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="The person's name, as the team knows it.")],
    role: Annotated[str, typer.Option(help="rater, analyst or admin.")] = "rater",
    days: Annotated[int, typer.Option(help="For how many days the link works.", min=1, max=365)] = 14,
    as_json: AsJson = False,
) -> None:
    """Invite somebody; prints a join link that works once."""
    with plainly():
        wanted = Role.of(role)
        person, token = write(
            workspace(), lambda session: access.invite(session, name=name, role=wanted, now=now(), days=days)
        )
    link = f"{get_settings().base_url.rstrip('/')}/join/{token}"
    if as_json:
        print_json({"name": person.name, "role": person.role, "link": link})
    else:
        typer.echo(f"{person.name} joins as {person.role} with this link, once, within {days} days:\n{link}")
