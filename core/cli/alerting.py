"""`evenhand alerts`: the inbox, and a test of a destination."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from core import clock
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.domain.alerts import WORDS, AlertKind
from core.domain.words import when
from core.errors import BadInput
from core.services import alerts
from core.services.alerts import AlertState
from core.services.alerts.inbox import Listed
from core.services.alerts.messages import address_in_app
from core.storage.engine import reading, write

commands = typer.Typer(no_args_is_help=True, help="What needs somebody to look, and where that is sent.")
app.add_typer(commands, name="alerts")
_ANY = "all"
OfAlert = Annotated[str, typer.Argument(metavar="ALERT", help="Its id, or how that begins: eight characters at least.")]


@commands.command("list")
def list_alerts(
    state: Annotated[str, typer.Option(help="open, snoozed, acknowledged or all.")] = "open",
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(AlertKind)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest.")] = 200,
    as_json: AsJson = False,
) -> None:
    """The alerts in a state, the newest first."""
    with plainly():
        wanted = None if state == _ANY else _one_of(AlertState, state, "state")
        kinds = None if kind is None else [_one_of(AlertKind, kind, "kind")]
        now = clock.now()
        with reading(workspace()) as session:
            found = alerts.inbox.listing(session, now=now, state=wanted, kinds=kinds, limit=limit)
        if as_json:
            print_json({"alerts": [_record(one) for one in found]})
        elif not found:
            typer.echo("No such alerts." if state != "open" or kind else "Nothing is open.")
        for one in [] if as_json else found:
            typer.echo(_lines(one))


@commands.command()
def acknowledge(alert: OfAlert, as_json: AsJson = False) -> None:
    """Say that somebody has seen to it."""
    with plainly():
        engine, now = workspace(), clock.now()
        write(engine, lambda session: alerts.inbox.acknowledge(session, alert, person_id=None, now=now))
        _say(alert, "acknowledged", as_json)


@commands.command()
def snooze(
    alert: OfAlert,
    hours: Annotated[float, typer.Option(min=0.1, max=8760, help="For how long it is out of sight.")] = 24,
    as_json: AsJson = False,
) -> None:
    """Have it out of sight for a while."""
    with plainly():
        engine, until = workspace(), clock.now() + timedelta(hours=hours)
        write(engine, lambda session: alerts.inbox.snooze(session, alert, until=until))
        _say(alert, f"snoozed until {when(until)} UTC", as_json)


@commands.command()
def test(
    destination: Annotated[str, typer.Argument(help="The destination's name, as on Alerts.")], as_json: AsJson = False
) -> None:
    """Send a test message to a destination now; exit 1 where it was not taken, with the reason."""
    with plainly():
        outcome = alerts.send_test(workspace(), destination)
    if as_json:
        print_json({"destination": destination, "sent": outcome.problem is None, "problem": outcome.problem})
    elif outcome.problem is None:
        typer.echo(f"'{destination}' took it.")
    else:
        typer.echo(f"'{destination}' did not take it. {outcome.problem}", err=True)
    if outcome.problem is not None:
        raise typer.Exit(1)


def _one_of(words: Any, given: str, what: str) -> Any:
    try:
        return words(given.strip().lower())
    except ValueError as error:
        raise BadInput(f"There is no {what} '{given}'. Use one of {', '.join(words)}.") from error


def _say(alert: str, became: str, as_json: bool) -> None:
    if as_json:
        print_json({"alert": alert, "state": became.split(" ", maxsplit=1)[0]})
    else:
        typer.echo(f"{alert} is {became}.")


def _record(one: Listed) -> dict[str, Any]:
    alert = one.alert
    return {
        "alert": alert.public_id,
        "kind": alert.kind,
        "severity": alert.severity,
        "state": one.state,
        "title": alert.title,
        "text": alert.text,
        "link": address_in_app(alert.link),
        "data": alert.data,
        "created_at": alert.created_at.isoformat(),
        "acknowledged_by": one.acknowledged_by,
        "snoozed_until": None if alert.snoozed_until is None else alert.snoozed_until.isoformat(),
        "deliveries": [
            {"destination": each.destination, "state": each.state, "attempts": each.attempts, "problem": each.problem}
            for each in one.deliveries
        ],
    }


def _lines(one: Listed) -> str:
    alert = one.alert
    head = f"{alert.public_id[:8]}  {when(alert.created_at)}  {WORDS[AlertKind(alert.kind)].title} ({alert.severity})"
    return f"{head}\n          {alert.title}\n          {address_in_app(alert.link)}"
