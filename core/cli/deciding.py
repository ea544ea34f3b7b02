"""`evenhand decide`: what the evidence allows; and `evenhand gate`, a check for CI."""

from typing import Annotated

import typer

from core.cli.reporting import OfDataset, scored
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.services import deciding, overview
from core.services.deciding import ReleaseCheck
from core.services.deciding.taken import outcomes_object
from core.storage.engine import reading


@app.command()
def decide(dataset: OfDataset = None, as_json: AsJson = False) -> None:
    """Champion against challengers, overall and by category: switch, keep, practically equal, or not enough."""
    with plainly():
        engine = workspace()
        name = scored(engine, dataset)
        with reading(engine) as session:
            found = deciding.verdicts(session, name)
            if as_json:
                print_json(
                    deciding.verdicts_object(found)
                    | {"costs": overview.costs_object(session, found), "decisions": outcomes_object(session, name)}
                )
            else:
                typer.echo(deciding.verdicts_text(found, overview.routed(session, name, found.champion)))


@app.command()
def gate(
    candidate: Annotated[str, typer.Option(help="The candidate that may go into production.")],
    against: Annotated[str, typer.Option(help="A candidate's name, or 'champion'.")] = "champion",
    max_drop: Annotated[float, typer.Option(min=0, max=100, help="The loss of quality allowed, in points.")] = 5.0,
    max_cost: Annotated[
        float, typer.Option(min=0, help="The rise of cost per acceptable response allowed, in per cent.")
    ] = 10.0,
    require_proof: Annotated[
        bool, typer.Option("--require-proof", help="Fail also where it is not proven that it stays within the limits.")
    ] = False,
    dataset: OfDataset = None,
    category: Annotated[str | None, typer.Option(help="Only prompts of this category.")] = None,
    as_json: AsJson = False,
) -> None:
    """Exit 1 where a drop of quality or a rise of cost beyond the limit is proven; the reason in one line."""
    with plainly():
        engine = workspace()
        name = scored(engine, dataset)
        asked = ReleaseCheck(candidate, against, max_drop / 100, max_cost / 100, require_proof, category)
        with reading(engine) as session:
            found = deciding.check_release(session, name, asked)
    if as_json:
        print_json(deciding.release_object(found))
    else:
        typer.echo(found.reason)
    if not found.passed:
        raise typer.Exit(1)
