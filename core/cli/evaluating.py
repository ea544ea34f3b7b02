"""`evenhand run` and `resume`: put a dataset before candidates."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine
from sqlmodel import Session

from core import clock
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.errors import BadInput
from core.services import runs, scoring
from core.services.candidates import candidates
from core.services.datasets import datasets
from core.services.runs import RunOrder
from core.services.runs.runner import OnProgress
from core.storage.engine import write
from core.storage.tables import Dataset

AtOnce = Annotated[int | None, typer.Option(min=1, help="The most calls in flight at one endpoint.")]
Cap = Annotated[float | None, typer.Option(help="Stop before more than this is spent, in US dollars.")]


@app.command("run")
def run_(
    dataset: Annotated[str, typer.Option(help="The dataset to answer; its newest version.")],
    candidate: Annotated[list[str] | None, typer.Option(help="A candidate; may be repeated. By default all.")] = None,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="How often each prompt is answered.")] = 1,
    spread_hours: Annotated[float, typer.Option(min=0, help="Hours between one repetition and the next.")] = 0,
    prompts: Annotated[int | None, typer.Option(min=1, help="Only so many prompts, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(help="Of the draw: the same seed and number take the same prompts.")] = 0,
    category: Annotated[list[str] | None, typer.Option(help="Only this category; may be repeated.")] = None,
    max_usd: Cap = None,
    concurrency: AtOnce = None,
    as_json: AsJson = False,
) -> None:
    """Answer a dataset with candidates. Prints the run's id first; ends with 1 where the run could not finish."""
    with plainly():
        engine = workspace()
        scoring.ensure_defaults(engine, now=clock.now())
        spread = [3600 * spread_hours * number for number in range(repeats)] if spread_hours else None

        def planned(session: Session) -> int:
            found = datasets.named(session, dataset)
            assert found.id is not None
            order = RunOrder(
                dataset_id=found.id,
                candidate_ids=candidates.ids_named(session, candidate or ()),
                prompt_ids=_slice(session, found, category or (), prompts, seed),
                repetitions=repeats,
                spread_s=spread,
                max_usd=max_usd,
                concurrency=concurrency,
            )
            made = runs.plan(session, order, now=clock.now(), for_here=True)
            assert made.id is not None
            return made.id

        run_id = write(engine, planned)
        _carry_out(engine, run_id, as_json=as_json)


@app.command()
def resume(
    run: Annotated[int, typer.Argument(help="The run's id.")],
    max_usd: Annotated[
        float | None, typer.Option(help="A new spending cap for the whole run, in US dollars; else it stays as it is.")
    ] = None,
    no_cap: Annotated[bool, typer.Option("--no-cap", help="Take the spending cap away.")] = False,
    retry_failed: Annotated[bool, typer.Option(help="Try again what was given up.")] = True,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was cancelled, stopped or cut off; nothing is asked twice, nothing left out."""
    with plainly():
        if no_cap and max_usd is not None:
            raise BadInput("--max-usd sets a spending cap and --no-cap takes it away: give one of them.")
        cap = None if no_cap else runs.Cap.KEPT if max_usd is None else max_usd
        engine = workspace()
        runs.resume(engine, run, now=clock.now(), retry_failed=retry_failed, max_usd=cap, for_here=True)
        _carry_out(engine, run, as_json=as_json)


def _slice(
    session: Session, dataset: Dataset, categories: Sequence[str], prompts: int | None, seed: int
) -> list[int] | None:
    """The ids of the prompts wanted, None for all."""
    if not categories and prompts is None:
        return None
    assert dataset.id is not None
    there = datasets.categories(session, dataset.id)
    for category in categories:
        if category not in there:
            raise BadInput(
                f"The dataset '{dataset.name}' has no prompt in {category}. Its categories: {', '.join(there)}."
            )
    return runs.drawn(session, dataset.id, size=prompts, seed=seed, categories=categories)


def _carry_out(engine: Engine, run_id: int, *, as_json: bool) -> None:
    typer.echo(str(run_id) if as_json else f"Run {run_id}")
    sys.stdout.flush()
    with _bar(hidden=not sys.stderr.isatty()) as on_progress:
        ended = runs.carry_out(engine, run_id, on_progress=on_progress)
    cost_usd = None if ended.unpriced else ended.cost_usd
    result = {
        "run": run_id,
        "status": ended.state,
        "responses": ended.responses,
        "attempts": ended.attempts,
        "failed": ended.failed,
        "cost_usd": cost_usd,
    }
    if as_json:
        print_json(result)
    else:
        cost = "cost unknown" if cost_usd is None else f"${cost_usd:.6f}"
        came = f"{ended.responses:,} responses in {ended.attempts:,} attempts, {ended.failed:,} failed"
        typer.echo(f"{ended.state}: {came}, {cost}.")
        if ended.problem:
            typer.echo(ended.problem)
    if ended.state != "done":
        raise typer.Exit(1)


@contextmanager
def _bar(*, hidden: bool) -> Iterator[OnProgress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=hidden, transient=True) as progress:
        task = progress.add_task("Answering", total=None)

        def advance(done: runs.RunProgress) -> None:
            progress.update(task, completed=done.responses + done.failed, total=done.planned)

        yield advance
