"""`evenhand invite`."""

from typing import Annotated

import typer
from sqlmodel import Session

from core.cli.terminal import AsJson, app, now, plainly, print_json, workspace
from core.domain.people import Role
from core.services import inviting, studies
from core.services.inviting import Invited
from core.settings import AuthMode, get_settings
from core.storage.engine import write

_NOBODY_CAN_JOIN = "Nobody can join yet: Evenhand runs for you alone (EVENHAND_AUTH=local). Start it with link or oidc."


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="The person's name, as the team knows it.")],
    role: Annotated[str, typer.Option(help="rater, analyst or admin.")] = "rater",
    study: Annotated[str | None, typer.Option(help="The study that they are to rate, and land in.")] = None,
    email: Annotated[str | None, typer.Option(help="Their e-mail address, needed with EVENHAND_AUTH=oidc.")] = None,
    days: Annotated[int, typer.Option(help="For how many days the link works.", min=1, max=365)] = 14,
    as_json: AsJson = False,
) -> None:
    """Invite somebody; prints a join link that works once."""
    settings = get_settings()

    def work(session: Session) -> Invited:
        return inviting.invite_one(
            session,
            name=name,
            email=email,
            role=Role.of(role),
            study_id=None if study is None else studies.named(session, study).id,
            base_url=settings.base_url,
            by_address=settings.auth is AuthMode.OIDC,
            now=now(),
            days=days,
        )

    with plainly():
        made = write(workspace(), work)
    if settings.auth is AuthMode.LOCAL:
        typer.echo(_NOBODY_CAN_JOIN, err=True)
    if as_json:
        print_json({"name": made.name, "role": made.role.word, "study": made.study, "link": made.link})
        return
    to = f" to '{made.study}'" if made.study else ""
    if made.link is None:
        typer.echo(f"{made.name} can sign in as {made.role.word}{to} with {made.email} now:\n{settings.base_url}")
    else:
        typer.echo(f"{made.name} joins{to} as {made.role.word} with this link, once, within {days} days:\n{made.link}")
