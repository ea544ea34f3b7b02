"""What every command needs: the app to register on, errors in plain words, the workspace, results on stdout."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from core import clock
from core.errors import EvenhandError
from core.services.studies import studies
from core.storage.engine import get_engine, write
from core.storage.schema import upgrade

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Evenhand: which LLM should your users get?")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def plainly() -> Iterator[None]:
    """Errors fit for a user go to stderr and end with 2."""
    try:
        yield
    except EvenhandError as error:
        typer.echo(f"evenhand: {error}", err=True)
        raise typer.Exit(2) from error
    except BrokenPipeError:
        raise typer.Exit(0) from None


def workspace() -> Engine:
    """The engine on a database that is up to date and has its default study."""
    engine = get_engine()
    upgrade(engine)
    write(engine, lambda session: studies.ensure_default(session, now=clock.now()))
    return engine


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on one line."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))
