"""`evenhand import`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core import clock
from core.cli.terminal import AsJson, app, plainly, print_json, workspace
from core.services import importing
from core.services.importing import ImportSummary, Kind


@app.command("import")
def import_(
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    file: Annotated[str, typer.Argument(help="A file (JSONL, JSON, CSV, each also as .gz), or a database's URL.")],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset; by default named after the file or found by its prompts.")
    ] = None,
    study: Annotated[
        str | None, typer.Option(help="Votes: the study, made where it is missing; by default the default one.")
    ] = None,
    question: Annotated[str, typer.Option(help="Votes: the question for votes that name none.")] = "overall",
    format: Annotated[str, typer.Option(help="auto, or one of: " + ", ".join(importing.FORMATS))] = "auto",
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="our_field=their_column, such as turns=Question or answer:NAME=their_column. May be repeated."
        ),
    ] = None,
    query: Annotated[str | None, typer.Option(help="With a database's URL: the SELECT to run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import a file: all of it or nothing; the same content again changes nothing."""
    where: dict[str, Any] = {"dataset": dataset, "study": study, "question": question, "format": format}
    with plainly(), _bar(hidden=as_json or not sys.stderr.isatty()) as on_progress:
        columns = dict(pair.partition("=")[::2] for pair in column or ())
        options = where | {"columns": columns or None, "now": clock.now(), "on_progress": on_progress}
        if query is not None:
            summary = importing.import_query(workspace(), file, query, kind, **options)
        else:
            summary = importing.import_file(workspace(), Path(file), kind, **options)
    _print_summary(summary, as_json=as_json)


@contextmanager
def _bar(*, hidden: bool) -> Iterator[Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=hidden, transient=True) as progress:
        task = progress.add_task("Importing", total=None)

        def advance(fraction: float | None, records: int) -> None:
            total = records / fraction if fraction else None
            progress.update(task, completed=records, total=total)

        yield advance


def _print_summary(summary: ImportSummary, *, as_json: bool) -> None:
    if as_json:
        print_json({**vars(summary), "kind": summary.kind.value, "notes": list(summary.notes)})
        return
    place = f" into '{summary.dataset}'" if summary.dataset else ""
    if summary.already_imported:
        typer.echo(f"These {summary.kind.value} were imported{place} before. Nothing changed.")
    else:
        same = f", {summary.unchanged:,} were there already" if summary.unchanged else ""
        left = f", {summary.left_out:,} left out" if summary.left_out else ""
        typer.echo(f"Imported {summary.created:,} of {summary.records:,} {summary.kind.value}{place}{same}{left}.")
    for note in summary.notes:
        typer.echo(f"Note: {note}")
