"""`evenhand invite`."""

from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from core import clock
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.domain.people import Role
from core.errors import BadInput
from core.services.studies import inviting, studies
from core.services.studies.inviting import Invited
from core.settings import AuthMode, get_settings
from core.storage.engine import write

_NOBODY_CAN_JOIN = "Nobody can join yet: Evenhand runs for you alone (EVENHAND_AUTH=local). Start it with link or oidc."


@app.command()
def invite(
    name: Annotated[str | None, typer.Argument(help="The person's name, as the team knows it.")] = None,
    role: Annotated[str, typer.Option(help="rater, analyst or admin.")] = "rater",
    study: Annotated[str | None, typer.Option(help="The study that they are to rate, and land in.")] = None,
    email: Annotated[str | None, typer.Option(help="Their e-mail address, needed with EVENHAND_AUTH=oidc.")] = None,
    people: Annotated[
        Path | None, typer.Option("--list", help="A file of names or addresses, one a line, in place of NAME.")
    ] = None,
    days: Annotated[int, typer.Option(help="For how many days a link works.", min=1, max=365)] = inviting.LINK_DAYS,
    as_json: AsJson = False,
) -> None:
    """Invite somebody; prints a join link that works once. With --list, a CSV with link and message for each."""
    settings = get_settings()

    def work(session: Session, text: str | None) -> list[Invited]:
        what, by_address = Role.of(role), settings.auth is AuthMode.OIDC
        study_id = None if study is None else studies.named(session, study).id
        terms = inviting.Terms(what, study_id, settings.base_url, by_address, days)
        if text is not None:
            return inviting.invite_all(session, text, terms, now=clock.now())
        return [inviting.invite_one(session, terms, name=name or "", email=email, now=clock.now())]

    with plainly():
        if (name is None) == (people is None):
            raise BadInput("Give either the NAME of one person or --list FILE.")
        # Read before anything is locked: it may be a pipe that somebody still types into.
        text = None if people is None else _text_of(people)
        made = write(workspace(), lambda session: work(session, text))
    if settings.auth is AuthMode.LOCAL:
        typer.echo(_NOBODY_CAN_JOIN, err=True)
    if as_json:
        records = [_record(each) for each in made]
        print_json({"people": records} if people is not None else records[0])
    elif people is not None:
        typer.echo(inviting.as_csv(made).decode("utf-8-sig"), nl=False)
    else:
        typer.echo(_sentence(made[0], days))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as text ({error}). Nobody was invited.") from error


def _record(made: Invited) -> dict[str, object]:
    return {
        "name": made.name,
        "email": made.email,
        "role": made.role.word,
        "study": made.study,
        "link": made.link,
        "message": made.message,
    }


def _sentence(made: Invited, days: int) -> str:
    to = f" to '{made.study}'" if made.study else ""
    if made.link is None:
        return f"{made.name} can sign in as {made.role.word}{to} with {made.email} now:\n{get_settings().base_url}"
    return f"{made.name} joins{to} as {made.role.word} with this link, once, within {days} days:\n{made.link}"
