"""`evenhand …`: what a terminal can do. Exit 0: done; 1: a check failed; 2: bad input, with what, where and how."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine

from core.domain.people import Role
from core.domain.ranking import Band, RankingOptions
from core.errors import BadInput, EvenhandError
from core.services import access, boards, exporting, importing, reports, studies, tallies, weighting
from core.services.importing import ImportSummary, Kind
from core.services.loopback import is_loopback_host
from core.services.workspace_settings import counts_simulated
from core.settings import PROJECT_ROOT, AuthMode, get_settings, server_environment
from core.storage.engine import get_engine, reading, write
from core.storage.schema import upgrade

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Evenhand: which LLM should your users get?")
export = typer.Typer(no_args_is_help=True, help="Write votes, responses or a leaderboard to a file or to the terminal.")
app.add_typer(export, name="export")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def _plainly() -> Iterator[None]:
    """Errors fit for a user go to stderr and end with 2."""
    try:
        yield
    except EvenhandError as error:
        typer.echo(f"evenhand: {error}", err=True)
        raise typer.Exit(2) from error
    except BrokenPipeError:
        raise typer.Exit(0) from None


def _now() -> datetime:
    return datetime.now(UTC)


def _workspace() -> Engine:
    """The engine on a database that is up to date and has its default study."""
    engine = get_engine()
    upgrade(engine)
    write(engine, lambda session: studies.ensure_default(session, now=_now()))
    return engine


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8501,
    host: Annotated[
        str, typer.Option(help="The address to listen on; with EVENHAND_AUTH=local only loopback.")
    ] = "127.0.0.1",
) -> None:
    """Start the app and stay until it is stopped."""
    with _plainly():
        if get_settings().auth is AuthMode.LOCAL and not is_loopback_host(host):
            raise BadInput(
                f"With EVENHAND_AUTH=local Evenhand listens on this machine only, not on {host}. "
                "To let others in, set EVENHAND_AUTH=link."
            )
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    env = server_environment(host=host, port=port)
    options = ["--server.port", str(port), "--server.address", host]
    raise typer.Exit(subprocess.run([*command, *options], cwd=PROJECT_ROOT, env=env, check=False).returncode)  # noqa: S603


@app.command("import")
def import_(
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    file: Annotated[str, typer.Argument(help="A file (JSONL, JSON, CSV, each also as .gz), or a database's URL.")],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset; by default named after the file or found by its prompts.")
    ] = None,
    study: Annotated[str | None, typer.Option(help="Votes: the study; by default the default one.")] = None,
    question: Annotated[str, typer.Option(help="Votes: the question for votes that name none.")] = "overall",
    format: Annotated[str, typer.Option(help="auto, or one of: " + ", ".join(importing.FORMATS))] = "auto",
    column: Annotated[
        list[str] | None, typer.Option(help="CSV or SQL: our_field=their_column. May be repeated.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="With a database's URL: the SELECT to run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import a file: all of it or nothing; the same content again changes nothing."""
    where: dict[str, Any] = {"dataset": dataset, "study": study, "question": question, "format": format}
    with _plainly(), _bar(hidden=as_json or not sys.stderr.isatty()) as on_progress:
        columns = dict(pair.partition("=")[::2] for pair in column or ())
        options = where | {"columns": columns or None, "now": _now(), "on_progress": on_progress}
        if query is not None:
            summary = importing.import_query(_workspace(), file, query, kind, **options)
        else:
            summary = importing.import_file(_workspace(), Path(file), kind, **options)
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
        _print_json({**vars(summary), "kind": summary.kind.value, "notes": list(summary.notes)})
        return
    place = f" into '{summary.dataset}'" if summary.dataset else ""
    if summary.already_imported:
        typer.echo(f"These {summary.kind.value} were imported{place} before. Nothing changed.")
    else:
        same = f", {summary.unchanged:,} were there already" if summary.unchanged else ""
        typer.echo(f"Imported {summary.created:,} of {summary.records:,} {summary.kind.value}{place}{same}.")
    for note in summary.notes:
        typer.echo(f"Note: {note}")


@app.command()
def leaderboard(
    question: Annotated[str, typer.Option(help="The question's key: tone, safety, send, overall, …")],
    category: Annotated[str | None, typer.Option(help="Only prompts of this category.")] = None,
    study: Annotated[str | None, typer.Option(help="The study; by default the default one, or the demo's.")] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="Fixed-n intervals in place of safe-to-peek ones.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Bradley-Terry with half-win ties and nothing else.")] = False,
    simulated: Annotated[bool | None, typer.Option(help="Count simulated raters; by default as set in Data.")] = None,
    masked: Annotated[bool, typer.Option(help="Count pairs in which something was masked.")] = True,
    as_json: AsJson = False,
) -> None:
    """Rank the candidates by what raters answered to one question."""
    options = RankingOptions(plain=plain, band=Band.FIXED if fixed or plain else Band.PEEK)
    with _plainly():
        engine = _workspace()
        weighting.refresh_stale(engine, now=_now(), at_once=True)
        with reading(engine) as session:
            found = studies.named(session, study)
            assert found.id is not None
            asked = studies.question_named(session, found.id, question)
            counted = counts_simulated(session) if simulated is None else simulated
            filters = boards.Filters(category=category, simulated=counted, masked=masked)
            board = boards.leaderboard(session, asked, filters, options)
    if as_json:
        _print_json(reports.leaderboard_object(board, study=found.name))
    else:
        typer.echo(reports.leaderboard_text(board, study=found.name))


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="The person's name, as the team knows it.")],
    role: Annotated[str, typer.Option(help="rater, analyst or admin.")] = "rater",
    days: Annotated[int, typer.Option(help="For how many days the link works.", min=1, max=365)] = 14,
    as_json: AsJson = False,
) -> None:
    """Invite somebody; prints a join link that works once."""
    with _plainly():
        wanted = Role.of(role)
        person, token = write(
            _workspace(), lambda session: access.invite(session, name=name, role=wanted, now=_now(), days=days)
        )
    link = f"{get_settings().base_url.rstrip('/')}/join/{token}"
    if as_json:
        _print_json({"name": person.name, "role": person.role, "link": link})
    else:
        typer.echo(f"{person.name} joins as {person.role} with this link, once, within {days} days:\n{link}")


@app.command()
def rebuild() -> None:
    """Count every tally anew from the votes, and the rater-weighted ones too."""
    with _plainly():
        engine = _workspace()
        write(engine, tallies.rebuild_all)
        weighting.refresh_all(engine, now=_now())
    typer.echo("Every tally was counted anew from the votes.")


@export.command("votes")
def export_votes(
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    study: Annotated[str | None, typer.Option(help="The study.")] = None,
    simulated: Annotated[bool, typer.Option(help="With the votes of simulated raters.")] = True,
) -> None:
    """Every standing vote of a study."""
    with _plainly(), reading(_workspace()) as session, _sink(out) as sink:
        exporting.export_votes(session, studies.named(session, study), format, sink, include_simulated=simulated)


@export.command("responses")
def export_responses(
    format: Annotated[str, typer.Option(help="jsonl, csv or parquet.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    study: Annotated[str | None, typer.Option(help="The study.")] = None,
) -> None:
    """Every response that a study pairs."""
    with _plainly(), reading(_workspace()) as session, _sink(out) as sink:
        exporting.export_responses(session, studies.named(session, study), format, sink)


@export.command("leaderboard")
def export_leaderboard(
    question: Annotated[str, typer.Option(help="The question's key.")],
    format: Annotated[str, typer.Option(help="csv, jsonl or parquet.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal by default.")] = None,
    study: Annotated[str | None, typer.Option(help="The study.")] = None,
    category: Annotated[str | None, typer.Option(help="Only prompts of this category.")] = None,
) -> None:
    """One board as a table."""
    with _plainly():
        engine = _workspace()
        weighting.refresh_stale(engine, now=_now(), at_once=True)
        with reading(engine) as session, _sink(out) as sink:
            found = studies.named(session, study)
            asked = studies.question_named(session, found.id or 0, question)
            board = boards.leaderboard(
                session, asked, boards.Filters(category, counts_simulated(session)), RankingOptions()
            )
            exporting.export_table(reports.leaderboard_rows(board), format, sink)


@contextmanager
def _sink(out: Path | None) -> Iterator[Any]:
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with out.open("wb") as sink:
        yield sink


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))
