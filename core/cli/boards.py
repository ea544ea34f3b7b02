"""`evenhand leaderboard`, and `evenhand rebuild` of what stands behind it."""

from typing import Annotated

import typer

from core import clock
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.domain.ranking import Band, RankingOptions
from core.domain.words import n
from core.services import columns
from core.services.leaderboards import boards, report, stating, tallies, weighting
from core.services.studies import studies
from core.services.workspace import counts_simulated
from core.storage.engine import reading, write


@app.command()
def leaderboard(
    question: Annotated[str, typer.Option(help="The question's key: tone, safety, send, overall, …")],
    category: Annotated[str | None, typer.Option(help="Only prompts of this category.")] = None,
    study: Annotated[str | None, typer.Option(help="The study; by default the default one, or the demo's.")] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="Fixed-n intervals in place of safe-to-peek ones.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Bradley-Terry with half-win ties and nothing else.")] = False,
    simulated: Annotated[bool | None, typer.Option(help="Count simulated raters; by default as set in Data.")] = None,
    masked: Annotated[bool, typer.Option(help="Count pairs in which something was masked.")] = True,
    judge: Annotated[str | None, typer.Option(help="Narrow the board by what this judge or evaluator prefers.")] = None,
    as_json: AsJson = False,
) -> None:
    """Rank the candidates by what raters answered to one question."""
    options = RankingOptions(plain=plain, band=Band.FIXED if fixed or plain else Band.PEEK)
    with plainly():
        engine = workspace()
        weighting.refresh_stale(engine, now=clock.now(), at_once=True)
        with reading(engine) as session:
            found = studies.named(session, study)
            assert found.id is not None
            asked = studies.question_named(session, found.id, question)
            counted = counts_simulated(session) if simulated is None else simulated
            filters = boards.Filters(category=category, simulated=counted, masked=masked)
            chosen = None if judge is None else stating.named(session, asked.id or 0, judge)
            board = boards.leaderboard(session, asked, filters, options, chosen)
    if as_json:
        print_json(report.leaderboard_object(board, study=found.name))
    else:
        typer.echo(report.leaderboard_text(board, study=found.name))


@app.command()
def rebuild() -> None:
    """Count every tally anew from the votes, and write every run's columns anew from its responses."""
    with plainly():
        engine = workspace()
        write(engine, tallies.rebuild_all)
        weighting.refresh_all(engine, now=clock.now())
        runs = columns.rebuild(engine, now=clock.now())
    typer.echo(f"Every tally was counted anew from the votes, and the columns of {n(runs, 'run')} were written anew.")
