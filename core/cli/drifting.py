"""`evenhand drift`: what changed since the baseline; and `evenhand drift pin`, which moves it."""

from typing import Annotated

import typer

from core import clock
from core.cli.reporting import OfDataset, scored
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.domain.drift import Tier
from core.errors import BadInput
from core.services.watching import drift
from core.storage.engine import reading, write
from core.storage.tables import Dataset, Run

command = typer.Typer(help="What changed since the baseline, and why; and moving the baseline.")
app.add_typer(command, name="drift")


@command.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    dataset: OfDataset = None,
    fail_on_alarm: Annotated[bool, typer.Option("--fail-on-alarm", help="Exit 1 while an alarm is open.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check what ended since, then print what is open: alarms, the watch list, and what can be seen at all."""
    if context.invoked_subcommand is not None:
        return
    with plainly():
        engine = workspace()
        name = scored(engine, dataset)
        drift.check_dataset(engine, name, now=clock.now())
        with reading(engine) as session:
            found = drift.state(session, name)
    if as_json:
        print_json(drift.drift_object(found))
    else:
        typer.echo(drift.drift_text(found))
    if fail_on_alarm and any(one.tier is Tier.ALARM for one in found.findings):
        raise typer.Exit(1)


@command.command()
def pin(
    runs: Annotated[list[int], typer.Argument(help="The runs that later ones are compared with.")],
    why: Annotated[str, typer.Option(help="Why, for whoever asks later.")] = "",
) -> None:
    """Compare later runs with these; what was pinned before stays on record."""
    with plainly():
        engine = workspace()
        with reading(engine) as session:
            first = session.get(Run, runs[0])
            if first is None:
                raise BadInput(f"There is no run {runs[0]}.")
            name = session.get_one(Dataset, first.dataset_id).name
        write(
            engine,
            lambda session: drift.pin(session, name, runs, person_id=None, why=why, now=clock.now()),
        )
        drift.check_dataset(engine, name, now=clock.now())
    typer.echo(f"Later runs of '{name}' are compared with {_named(runs)}.")


def _named(runs: list[int]) -> str:
    *most, last = [str(run) for run in sorted(set(runs))]
    return f"runs {', '.join(most)} and {last}" if most else f"run {last}"
