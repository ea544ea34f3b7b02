"""Import of prompts, responses, votes and candidates: all of a file or nothing of it, and twice is once."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from core.services.importing.formats import FORMATS
from core.services.importing.intake import Check, Intake
from core.services.importing.query import queried
from core.services.importing.records import Format, ImportSummary, Kind, OnProgress
from core.services.importing.source import Source
from core.services.importing.staging import sweep

__all__ = ["FORMATS", "Format", "ImportSummary", "Kind", "OnProgress", "import_file", "import_query", "sweep"]


def import_file(
    engine: Engine,
    path: Path | BinaryIO,
    kind: Kind,
    *,
    name: str | None = None,
    dataset: str | None = None,
    study: str | None = None,
    question: str = "overall",
    format: str = "auto",
    columns: Mapping[str, str] | None = None,
    now: datetime,
    on_progress: OnProgress | None = None,
    check: Check | None = None,
) -> ImportSummary:
    """Import a file (plain or gzip; JSONL, a JSON array or CSV): read to its end first, then taken in at once.

    ``name``: what messages call the file, and what a new dataset is named after; by default its own.
    ``dataset``: where it goes; by default the newest one that holds the first record's prompt, else one named
    after the file. ``study`` and ``question``: for votes; by default the default study, and the question for
    votes that name none; a study that does not exist is made. ``columns``: our field -> the file's column.
    ``on_progress``: fraction read, records. ``check``: called in the transaction that writes, to refuse by raising.

    Raises errors.BadFile, naming file, line and field, and BadInput or NotFound for wrong arguments; then the
    database is as it was.
    """
    with Source(path, name) as source:
        intake = Intake(source, Kind(kind), now, dataset, study, question, format, dict(columns or {}), on_progress)
        return intake.run(engine, check)


def import_query(
    engine: Engine,
    url: str,
    query: str,
    kind: Kind,
    *,
    name: str | None = None,
    dataset: str | None = None,
    study: str | None = None,
    question: str = "overall",
    format: str = "auto",
    columns: Mapping[str, str] | None = None,
    now: datetime,
    on_progress: OnProgress | None = None,
    check: Check | None = None,
) -> ImportSummary:
    """Import what ``query`` gives on the SQL database at ``url``; its columns are read like those of a CSV file.

    Nothing is written there, and outside local mode it must be among EVENHAND_SQL_SOURCES. The other arguments are
    those of ``import_file``; ``line`` in an error is the row.
    """
    called = name or "query"
    with queried(url, query, called) as rows, Source(rows, called) as source:
        intake = Intake(
            source, Kind(kind), now, dataset, study, question, format, dict(columns or {}), on_progress, cells=True
        )
        return intake.run(engine, check)
