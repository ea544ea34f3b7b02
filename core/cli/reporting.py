"""`evenhand report`: what an evaluation came to; and `evenhand rescore`, where evaluators or gates have changed."""

from typing import Annotated

import typer
from sqlalchemy import Engine

from core import clock
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.services import scoring
from core.services.datasets import datasets
from core.services.judging.favouritism import favouritism_object
from core.services.quality import text
from core.storage.engine import reading
from core.storage.tables import Dataset

OfDataset = Annotated[str | None, typer.Option(help="The dataset; by default the newest.")]


@app.command()
def report(
    dataset: OfDataset = None,
    run: Annotated[
        int | None, typer.Option(help="Only this run; by default the champion's prompts, each in its newest run.")
    ] = None,
    shared: Annotated[bool, typer.Option("--shared", help="Only the prompts that every candidate was asked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Per candidate and category: latency, tokens, cost, scores, share acceptable, cost per acceptable response."""
    with plainly():
        engine = workspace()
        scoring.ensure_defaults(engine, now=clock.now())
        found = _named(engine, dataset)
        scoring.score_missing(engine, dataset_id=found.id, run_id=run, now=clock.now())
        with reading(engine) as session:
            if as_json:
                told = text.report_object(session, found, run_id=run, shared=shared)
                print_json(told | {"favouritism": favouritism_object(session)})
            else:
                typer.echo(text.report_text(session, found, run_id=run, shared=shared))


@app.command()
def rescore(dataset: OfDataset = None) -> None:
    """Score responses anew, without asking any model."""
    with plainly():
        engine = workspace()
        scoring.ensure_defaults(engine, now=clock.now())
        found = _named(engine, dataset)
        written = scoring.rescore(engine, dataset_id=found.id, now=clock.now())
    typer.echo(f"Wrote {written:,} scores of the responses to '{found.name}'.")


def _named(engine: Engine, dataset: str | None) -> Dataset:
    with reading(engine) as session:
        return datasets.named(session, dataset)


def scored(engine: Engine, dataset: str | None) -> str:
    """The dataset's name; what is not scored yet in any of its versions is scored first."""
    scoring.ensure_defaults(engine, now=clock.now())
    with reading(engine) as session:
        name = datasets.named(session, dataset).name
        versions = datasets.versions(session, name)
    for dataset_id in versions:
        scoring.score_missing(engine, dataset_id=dataset_id, run_id=None, now=clock.now())
    return name
