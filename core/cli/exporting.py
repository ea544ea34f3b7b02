"""`evenhand export`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from sqlmodel import Session

from core import clock
from core.cli.out_file import sink
from core.cli.terminal import app, plainly, workspace
from core.domain.ranking import RankingOptions
from core.services import routing
from core.services.datasets import datasets, exporting, exporting_facts
from core.services.leaderboards import boards, report, weighting
from core.services.studies import studies
from core.services.workspace import counts_simulated
from core.storage.engine import reading
from core.storage.tables import Dataset

OfDataset = Annotated[str | None, typer.Option(help="The dataset; by default the newest.")]

export = typer.Typer(
    no_args_is_help=True,
    help="Write facts (votes, responses, scores …), a leaderboard or routes to a file or to the terminal.",
)
app.add_typer(export, name="export")


@export.command("votes")
def export_votes(
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    study: Annotated[str | None, typer.Option(help="The study.")] = None,
    simulated: Annotated[bool, typer.Option(help="With the votes of simulated raters.")] = True,
) -> None:
    """Every standing vote of a study."""
    with plainly(), reading(workspace()) as session:
        exporting.check_format(format)
        found = studies.named(session, study)
        with sink(out) as file:
            exporting.export_votes(session, found, format, file, include_simulated=simulated)


@export.command("responses")
def export_responses(
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    study: Annotated[str | None, typer.Option(help="The study.")] = None,
) -> None:
    """Every response that a study pairs."""
    with plainly(), reading(workspace()) as session:
        exporting.check_format(format)
        found = studies.named(session, study)
        with sink(out) as file:
            exporting.export_responses(session, found, format, file)


@export.command("scores")
def export_scores(
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    dataset: OfDataset = None,
) -> None:
    """Every score of a dataset's responses."""
    _facts(exporting_facts.export_scores, dataset, format, out)


@export.command("attempts")
def export_attempts(
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    dataset: OfDataset = None,
) -> None:
    """Every call made to a model about a dataset's prompts, failed ones too, with what it cost."""
    _facts(exporting_facts.export_attempts, dataset, format, out)


@export.command("preferences")
def export_preferences(
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    dataset: OfDataset = None,
) -> None:
    """Which of two responses judges of pairs prefer, as votes."""
    _facts(exporting_facts.export_preferences, dataset, format, out)


@export.command("judge-calls")
def export_judge_calls(
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    dataset: OfDataset = None,
) -> None:
    """Every call made to a judge about a dataset's responses, failed ones too, with what it cost."""
    _facts(exporting_facts.export_judge_calls, dataset, format, out)


def _facts(
    write: Callable[[Session, Dataset, str, BinaryIO], int], dataset: str | None, format: str, out: Path | None
) -> None:
    with plainly(), reading(workspace()) as session:
        exporting.check_format(format)
        found = datasets.named(session, dataset)
        with sink(out) as file:
            write(session, found, format, file)


@export.command("leaderboard")
def export_leaderboard(
    question: Annotated[str, typer.Option(help="The question's key.")],
    format: Annotated[str, typer.Option(help="csv, jsonl or parquet.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    study: Annotated[str | None, typer.Option(help="The study.")] = None,
    category: Annotated[str | None, typer.Option(help="Only prompts of this category.")] = None,
) -> None:
    """One board as a table."""
    with plainly():
        exporting.check_format(format)
        engine = workspace()
        weighting.refresh_stale(engine, now=clock.now(), at_once=True)
        with reading(engine) as session:
            found = studies.named(session, study)
            asked = studies.question_named(session, found.id or 0, question)
            board = boards.leaderboard(
                session, asked, boards.Filters(category, counts_simulated(session)), RankingOptions()
            )
            with sink(out) as file:
                exporting.export_table(report.leaderboard_rows(board), format, file)


@export.command("routes")
def export_routes(
    format: Annotated[str, typer.Option(help="json, litellm (YAML of its router) or portkey (JSON config).")] = "json",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Whose table; by default the one that was accepted last, else the newest dataset's."),
    ] = None,
) -> None:
    """The routing table in force; while nobody has accepted one, that the champion answers everything."""
    with plainly(), reading(workspace()) as session:
        text = routing.exported(session, format, dataset)
        with sink(out) as file:
            file.write(text.encode())
